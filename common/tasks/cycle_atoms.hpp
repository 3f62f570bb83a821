// Starting and ending replication cycles (draft-ietf-ldup-mrm-02 3.12, 3.13; their encoding is that of ldup-mrm(7)).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/ldap/connection.hpp"
#include "common/ldap/write.hpp"
#include "common/ldup/cycle.hpp"
#include "common/tasks/facts.hpp"

namespace replkit::tasks {

// What a cycle is to be with.
struct CycleTarget {
  std::string replica;  // its ID
  std::string uri;      // one of its URIs; empty: the first
};

// Return the request. Throw Precondition when the server cannot do it at all: it does not offer the operation, there is
// no such replica, it has no such URI, or is the wrong one for the mode (reading a file is for the server's own, all
// else for another).
ldup::TriggerReplicationRequest trigger_request(const ServerFacts& server, const AreaFacts& area,
                                                const CycleTarget& target,
                                                ldup::TriggerReplicationRequest::Update update,
                                                ldup::TriggerReplicationRequest::Mode mode,
                                                const std::optional<std::string>& file);
ldup::TerminateReplicationRequest terminate_request(const ServerFacts& server, const AreaFacts& area,
                                                    const CycleTarget& target);

// Returns what is set up so that the server can be expected to refuse the cycle, each with what to do about it: no
// agreement either way, a suspended replica.
std::vector<std::string> obstacles(const ServerFacts& server, const AreaFacts& area,
                                   const ldup::TriggerReplicationRequest& request);

// Who replaces whose entries.
struct FullUpdate {
  std::string supplier;   // the ID of a replica, or "the file"
  std::string consumer;   // the replica that loses all it has
  bool consumer_is_here;  // it is the server's own
};

// Returns what a full update that the request asks for does, as the agreements have it: the server sends where it
// supplies the target, else it gets. Nothing for another cycle, and when no agreement leads either way. Throws
// Precondition when it cannot be told.
std::optional<FullUpdate> full_update(const ServerFacts& server, const AreaFacts& area,
                                      const ldup::TriggerReplicationRequest& request);

struct TriggerOutcome {
  ldap::WriteOutcome result;
  ldup::TriggerReplicationResponse response;
};
struct TerminateOutcome {
  ldap::WriteOutcome result;
  ldup::TerminateReplicationResponse response;
};

// Send the request. Throw LdapError when nobody knows what came of it.
TriggerOutcome trigger(ldap::Connection& connection, const ldup::TriggerReplicationRequest& request);
TerminateOutcome terminate(ldap::Connection& connection, const ldup::TerminateReplicationRequest& request);

// Returns what a refusal means and what to do next.
std::string explain(const ServerFacts& server, const AreaFacts& area, const ldup::TriggerReplicationRequest& request,
                    const ldap::WriteOutcome& outcome);
std::string explain(const ServerFacts& server, const AreaFacts& area, const ldup::TerminateReplicationRequest& request,
                    const ldap::WriteOutcome& outcome);

}  // namespace replkit::tasks
