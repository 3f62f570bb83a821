// Every program of the toolkit, for what is generated from their specifications.
#pragma once

#include <vector>

#include "common/cli/command.hpp"

namespace replkit::tools {

// Returns the specifications of all programs, by name. To be read only: what their options set is shared and not used.
std::vector<cli::CommandSpec> program_specs();

}  // namespace replkit::tools
