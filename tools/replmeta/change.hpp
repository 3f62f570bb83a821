// How replmeta changes something: read, show, ask, save, do, report.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "common/metadata/operations.hpp"
#include "tools/replmeta/servers.hpp"

namespace replkit::tools::replmeta {

// One operation that is to be sent.
struct Change {
  std::string what;            // "delete with meta-data, leaving no record"
  model::ChangeRecord record;  // for people and the audit file, meta-data as options
  metadata::Verb verb = metadata::Verb::add;
  std::string saved;  // LDIF for replmeta add or modify that puts back what it removes; empty: nothing is
  std::function<metadata::UpdateOutcome(ldap::Connection&)> send;
};

struct Changes {
  std::vector<Change> list;
  std::vector<std::string> skipped;  // why nothing is sent for a record
};

// Sends them in order to the server, unless it is a dry run or the answer is no; after a failure only with
// --continue. `command` is "add".
ExitStatus send_changes(const ReplmetaSettings& settings, const std::string& command, Server& server,
                        const Changes& changes);

}  // namespace replkit::tools::replmeta
