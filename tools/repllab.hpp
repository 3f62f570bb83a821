// repllab: a disposable group of reference servers on this machine.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/cli/command.hpp"

namespace replkit::tools {

enum class BreakKind { none, stop, start, kill, cut, divergence, lingering, conflict };

struct RepllabSettings {
  std::string directory;
  std::optional<unsigned> servers;
  std::string data;
  unsigned persons = 1000;
  bool plain = false;
  bool purge = false;
  bool json = false;
  BreakKind kind = BreakKind::none;
  std::string server;
  std::optional<unsigned> each;
  std::vector<std::string> command;
};

// Returns the program's specification with its sub-commands, bound to the settings.
cli::CommandSpec repllab_spec(RepllabSettings& settings);

ExitStatus repllab_up(const RepllabSettings& settings);
ExitStatus repllab_status(const RepllabSettings& settings);
ExitStatus repllab_shell(const RepllabSettings& settings);
ExitStatus repllab_break(const RepllabSettings& settings);
ExitStatus repllab_down(const RepllabSettings& settings);

}  // namespace replkit::tools
