// The command line of replserver, apart from what it does: for the program itself, its man page and completions.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "common/cli/command.hpp"

namespace replkit::refserver::server {

// What the command line says, of all sub-commands together.
struct Settings {
  std::string config;
  std::vector<std::string> listen;  // serve: in place of those configured
  std::string ready_file;           // serve
  std::string directory;            // export, check: in place of the configured one
  std::string ldif;                 // import
  bool go_on = false;               // import: past entries that are refused
  std::string base;                 // export
  std::string filter;               // export
  std::string backup_directory;     // backup
  unsigned most_findings = 100;     // check
  bool scram = false;               // passwd
};

// What each sub-command does; none when only the specification is wanted.
struct Verbs {
  using Run = std::function<ExitStatus()>;
  Run serve{};
  Run import{};
  Run export_{};
  Run check{};
  Run backup{};
  Run compact{};
  Run passwd{};
  Run config{};
};

// Parsing sets `settings`, which must outlive the specification.
cli::CommandSpec replserver_spec(Settings& settings, const Verbs& verbs = {});

}  // namespace replkit::refserver::server
