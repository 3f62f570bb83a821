// Connections to other replicas.
#pragma once

#include <atomic>
#include <string>
#include <vector>

#include "common/base/cancel.hpp"
#include "common/ldap/connection.hpp"
#include "common/ldap/extended.hpp"
#include "common/ldup/agreement.hpp"
#include "common/ldup/session.hpp"
#include "tests/refserver/exchange/core.hpp"
#include "tests/refserver/exchange/supplier.hpp"

namespace replkit::refserver::exchange {

// Returns how to bind to the partner: as the credentials say that the agreement names, or else as the configuration
// does. Throws Error when they cannot be used; the message says why, without any password.
ldup::Credentials credentials_for(Core& core, const Partner& partner);

// Connects and binds to the first of the replica's servers that answers: replicaURI, then replicaSecondaryURI. Throws
// Error: why none did.
ldap::Connection connect(Core& core, const Partner& partner, const std::vector<std::string>& servers,
                         const CancelToken& cancel);

// Asks the partner to supply this replica (draft-ietf-ldup-protocol-05 4.1.2), at the first of these servers that
// answers. Returns a success when it will, or else why not. Throws as connect() does.
SupplierOutcome ask_to_supply(Core& core, const Partner& partner, const std::vector<std::string>& servers, bool full,
                              const CancelToken& cancel);

// A consumer at the other end of a connection.
class ConnectedConsumer : public ConsumerPort {
 public:
  explicit ConnectedConsumer(ldap::Connection& connection) : calls_(connection) {}

  int send(std::string_view oid, const std::string& value, const std::string& cookie) override;
  std::optional<Message> receive(std::chrono::milliseconds patience) override;

 private:
  ldap::ExtendedCalls calls_;
};

// A session over a connection, as the configuration has it; `stop` as SupplierSession takes it.
struct ConnectedSession {
  ConnectedSession(const Core& core, ldap::Connection& connection, const std::atomic<bool>& stop);

  ConnectedConsumer port;
  const SupplierOptions options;
  SupplierSession session;
};

// Returns the request that begins a session with the partner.
ldup::CreateReplGroupRequest request_for(const Core& core, const Partner& partner, bool full,
                                         ldup::Initiator initiator);

}  // namespace replkit::refserver::exchange
