// What the commands of repctl that only read have in common.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "common/tasks/facts.hpp"
#include "tools/repctl/servers.hpp"

namespace replkit::tools::repctl {

// Areas as each server has them.
struct ReadAreas {
  std::vector<Server> servers;
  std::vector<std::pair<const Server*, tasks::AreaFacts>>
      rows;  // in the order of the servers; those that could be read
};

// Reads the area of -b (or all areas, where `all` says so and there is no -b) from every server.
ReadAreas read_areas(RepctlSettings& settings, bool all = false);

// Prints what was read ("schema": "repctl/1").
// `more`: members besides.
void print_areas_json(const std::string& command, const ReadAreas& read, const nlohmann::json& more = {});

// Tells the problems of servers (in text), and returns the status of the run.
ExitStatus finish(const RepctlSettings& settings, const ReadAreas& read);

// "yes" or "no", "-" when the entry does not say.
std::string online_text(const model::Entry& replica);
// "all", "all but cn mail" or "cn mail".
std::string filter_text(const model::Entry& replica);
// The ID of the agreement's consumer, its DN when that is no replica of the area, "-" without.
std::string consumer_text(const tasks::AreaFacts& area, const model::Entry& agreement);

// When the last session under an agreement ended, and whether it failed, by its replicationStatus; "-" when there was
// none. `reason`: tells why, too.
std::string session_text(const std::string& status, bool reason);

}  // namespace replkit::tools::repctl
