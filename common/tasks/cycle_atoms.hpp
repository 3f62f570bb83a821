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

// Returns which replica a full update replaces by which, as the agreements have it; empty for another cycle, and when
// nothing tells.
std::string direction(const ServerFacts& server, const AreaFacts& area, const ldup::TriggerReplicationRequest& request);

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
