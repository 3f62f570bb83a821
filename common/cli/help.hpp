// What --help prints.
#pragma once

#include <string>
#include <vector>

#include "common/cli/command.hpp"

namespace replkit::cli {

// Returns the help of a command whose full name is `path`, at most 80 columns wide.
std::string help_text(const CommandSpec& command, const std::string& path);

// Returns the arguments in short: "[OPTION]... -b BASE [FILTER]".
std::string synopsis(const CommandSpec& command);

// Returns an option as help and man page name it: "-s, --scope SCOPE".
std::string option_label(const Option& option);

// Returns the help of an option with its choices and default: "... One of base, one, sub (default: sub)."
std::string option_help(const Option& option);

// Returns the options that every program has.
OptionGroup common_options();

}  // namespace replkit::cli
