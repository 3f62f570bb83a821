// The version of the toolkit.
#pragma once

#include <string>

namespace replkit::cli {

// Returns the version as CMake's project() has it: "0.1.0".
std::string version();

}  // namespace replkit::cli
