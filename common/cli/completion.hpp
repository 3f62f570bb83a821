// Completions for shells, from the specification of a program.
#pragma once

#include <string>

#include "common/cli/command.hpp"

namespace replkit::cli {

// Return the script a shell loads for the program: options, choices, files, and for -H the names of the inventory.
std::string bash_completion(const CommandSpec& command);
std::string zsh_completion(const CommandSpec& command);
std::string fish_completion(const CommandSpec& command);

}  // namespace replkit::cli
