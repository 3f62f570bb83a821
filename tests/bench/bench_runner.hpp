// Runs commands side by side and tells what they took.
#pragma once

#include <string>
#include <vector>

namespace replkit::bench {

struct Cost {
  double wall = 0;      // seconds, until the last has ended
  double cpu = 0;       // seconds of user and system time of all together, their children included
  double peak_mib = 0;  // of the biggest single process
};

using Command = std::vector<std::string>;

// Runs the commands at the same time, output to /dev/null. Throws LocalError unless each ends with status 0.
Cost run_side_by_side(const std::vector<Command>& commands);

// Returns the middle value (of an even number: the lower of the two in the middle).
double median(std::vector<double> values);

}  // namespace replkit::bench
