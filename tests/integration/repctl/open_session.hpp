// A supplier that begins a session and sends nothing.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/cancel.hpp"
#include "common/ldap/extended.hpp"
#include "common/ldup/grouping.hpp"
#include "common/ldup/oids.hpp"
#include "common/ldup/session.hpp"
#include "tests/integration/replication/group.hpp"
#include "tests/support/process.hpp"

namespace replkit::replication_test {

// A session that somebody has opened as a supplier, and does nothing with, until it is closed.
class OpenSession {
 public:
  OpenSession(Group& group, const std::string& at, const std::string& supplier,
              std::string_view protocol = ldup::oid::incremental_update_protocol) {
    ldap::ConnectionOptions options;
    options.uri = group[at].uri();
    options.bind.method = ldap::BindMethod::simple;
    options.bind.dn = group.root_dn();
    options.bind.password = Secret("secret");
    connection_.emplace(ldap::Connection::open(options, cancel_));
    const ldup::CreateReplGroupRequest request{suffix, supplier, std::string(protocol), ldup::Initiator::supplier,
                                               std::nullopt};
    const auto answer = ldap::ExtendedCalls(*connection_)
                            .call({std::string(ldup::oid::create_grouping),
                                   ldup::encode(ldup::CreateGroupingRequest{
                                       std::string(ldup::oid::replication_grouping), ldup::encode(request)}),
                                   {}});
    begun_ = answer.code == ldap::ResultCode::success;
  }
  bool begun() const { return begun_; }

 private:
  CancelToken cancel_;
  std::optional<ldap::Connection> connection_;
  bool begun_ = false;
};

// Begins one as soon as no other is under way there. Returns null after a while.
inline std::unique_ptr<OpenSession> open_session(Group& group, const std::string& at, const std::string& supplier,
                                                 std::string_view protocol = ldup::oid::incremental_update_protocol) {
  std::unique_ptr<OpenSession> session;
  const bool begun = support::eventually(std::chrono::seconds(60), [&] {
    session = std::make_unique<OpenSession>(group, at, supplier, protocol);
    return session->begun();
  });
  return begun ? std::move(session) : nullptr;
}

}  // namespace replkit::replication_test
