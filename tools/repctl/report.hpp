// What came of a change, as text and as JSON ("schema": "repctl/1").
#pragma once

#include <string>
#include <vector>

#include "common/tasks/execute.hpp"
#include "tools/repctl/servers.hpp"

namespace replkit::tools::repctl {

struct Report {
  std::string command;
  bool dry_run = false;
  tasks::Plan plan;
  std::vector<tasks::StepResult> results;  // none in a dry run
  std::string saved;                       // where what was removed is
  std::string audit;
};

// Prints the steps as LDIF, and what is not sent as comments (a dry run).
void print_dry_run(const Report& report, const std::vector<Server>& servers);
// Prints one line a step to standard output, and to standard error what went wrong.
void print_text(const Report& report);
void print_json(const Report& report, const std::vector<Server>& servers);

// Returns the status of the run, servers with problems included.
ExitStatus status_of(const Report& report, const std::vector<Server>& servers);

}  // namespace replkit::tools::repctl
