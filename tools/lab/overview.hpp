// What the servers of a lab answer when they are asked how they are.
#pragma once

#include <filesystem>

#include "common/base/exit_status.hpp"
#include "tools/lab/lab.hpp"

namespace replkit::tools::lab {

// Whether a file system has no room left to write what servers need for the next changes.
bool is_full(const std::filesystem::path& folder);

// Asks each server and prints where it is, how many entries it has, how fast it answers, and in a replica group whether
// it is in step. Returns findings when one is down or does not answer, or cannot write. Throws Cancelled.
ExitStatus show(const Lab& lab, bool json);

}  // namespace replkit::tools::lab
