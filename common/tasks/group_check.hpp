// What is wrong with how the servers of a group are set up for an area (draft-ietf-ldup-mrm-02 4.2, 4.9).
#pragma once

#include <string>
#include <vector>

#include "common/ldup/finding.hpp"
#include "common/tasks/facts.hpp"

namespace replkit::tasks {

// What one server tells of the area.
struct AreaOnServer {
  const ServerFacts* server = nullptr;
  const AreaFacts* area = nullptr;
};

struct GroupFinding {
  ldup::Finding finding;
  std::vector<std::string> servers;  // by whose copy it is so: their names
};

// Returns what is wrong, errors first: with the copy of each server, as ldup::check_topology() and the readers of
// entries find it, and between the copies. Besides theirs the codes are:
//   replica-list     servers know other replicas of the area
//   agreement-list   servers know other agreements
//   two-entries      what should be one entry has another entryUUID on another server
//   no-own-replica   a server does not tell which replica it is
//   suspended        a server holds the replica as suspended, in place of what follows from that
//   name-conflict    a replica was created twice and is two entries
//   not-marked       there are replicas below what is no area of replication
//   closed           the server refers to others, as when it waits for a full update
//   nested-area      an area within this one is not known to a server, which takes it for a part of this one
//   no-area          the server of a replica has no such area
//   not-its-own      a server does not take the replica with its URI for its own
//   same-own         two servers say that they are the same replica
//   session-failed   the last session under an agreement of the server's own
//   agreement-schedule   an agreement names a schedule that is none
//   agreement-mechanism  an agreement has a mechanism that is not known, and is ignored
// (repctl status has two more, for which it asks again: tools/repctl/behind.hpp.)
// Each text says what is wrong, and what to do next: mostly a command of repctl.
// `without` are the servers that were asked and have no copy.
std::vector<GroupFinding> check_group(const std::vector<AreaOnServer>& copies,
                                      const std::vector<const ServerFacts*>& without = {});

// Whether one of them is more than a note.
bool any_wrong(const std::vector<GroupFinding>& findings);

}  // namespace replkit::tasks
