// What a server that a test used wrote, for those who look why the test failed.
#pragma once

#include <functional>
#include <string>

namespace replkit::support {

// Prints `log()` under `title` when a test of this program has failed. The failures are printed once more after all
// logs: a reader of the end of a long output sees what failed.
void print_log_of_failed_test(const std::string& title, const std::function<std::string()>& log);

}  // namespace replkit::support
