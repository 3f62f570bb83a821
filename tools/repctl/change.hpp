// How every command of repctl changes something: plan, show, ask, save, do, report.
#pragma once

#include <functional>
#include <string>

#include "common/tasks/facts.hpp"
#include "common/tasks/plan.hpp"
#include "tools/repctl/servers.hpp"

namespace replkit::tools::repctl {

// Returns the plan for one server. Errors it throws are that server's problem.
using MakePlan = std::function<tasks::Plan(Server&)>;

// Makes the plan of each server. When one cannot be made nothing is sent to any, unless --skip-unreachable forgives it.
// `command` is the name of the command: "replica create".
ExitStatus change_servers(RepctlSettings& settings, const std::string& command, const MakePlan& make);

// The same for a command that has opened its servers.
ExitStatus change_servers(RepctlSettings& settings, const std::string& command, std::vector<Server>& servers,
                          const MakePlan& make);

// What is read of each server before any plan is made, in the same order; of servers with a problem nothing.
struct Group {
  std::vector<tasks::ServerFacts> servers;
  std::vector<tasks::AreaFacts> areas;

  // Returns the entryUUID that an entry is to have on all servers: `given` when the user gave one, else the one it has
  // on the first that has it, as `find` tells, else one made from that of the area's top and `name`, so that it is one
  // entry whoever creates it where. Empty when one server is to make one itself. Throws UsageError when `given` is
  // none.
  std::string common_uuid(const std::string& given, const std::string& name,
                          const std::function<const model::Entry*(const tasks::AreaFacts&)>& find) const;
};

// The same for an area: the plan is made from what the server tells of that of -b. `prepare` sees all servers first.
using MakeAreaPlan = std::function<tasks::Plan(Server&, const tasks::AreaFacts&)>;
ExitStatus change_area(RepctlSettings& settings, const std::string& command, const MakeAreaPlan& make,
                       const std::function<void(const Group&)>& prepare = {});

}  // namespace replkit::tools::repctl
