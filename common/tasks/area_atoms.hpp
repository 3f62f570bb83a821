// Areas of replication on one server (draft-ietf-ldup-mrm-02 3.1 - 3.3), as plans.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/tasks/facts.hpp"
#include "common/tasks/plan.hpp"

namespace replkit::tasks {

// Each throws Precondition, or UsageError for arguments that can never work.

// 3.1: marks the entry as the top of an area; the server records changes from then on. When there is no such entry and
// it may `create` one, it adds it, of the class that its name says: dc=, o=, ou=, l= or c=.
Plan add_area(const ServerFacts& server, const AreaFacts& area, bool create = false);

// Returns what is to be said about servers whose top entry is another one than the first server's.
std::vector<Remark> uuid_remarks(const std::vector<ServerFacts>& servers, const std::vector<AreaFacts>& areas);

struct DeleteArea {
  std::string replica;  // the ID of the server's own replica; empty: the server tells, or its URI does
  bool all = false;     // the replicas of other servers too, from this server's copy only
};

// 3.2: removes the server's own replica (and what is below it), so that it no longer replicates the area. When no
// replica is left the entry stops being an area, too.
Plan delete_area(const ServerFacts& server, const AreaFacts& area, const DeleteArea& options);

// 3.3: takes the area's top entry over from `source_root`, entryUUID included.
Plan copy_base(const ServerFacts& source, const AreaFacts& source_area, const ServerFacts& target,
               const AreaFacts& target_area);

}  // namespace replkit::tasks
