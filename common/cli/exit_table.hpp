// The exit status table as every help text and man page prints it.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "common/base/exit_status.hpp"

namespace replkit::cli {

struct ExitRow {
  ExitStatus status;
  std::string text;
};

// Returns the table of the toolkit; `notes` replaces the text of a row by what it means for one program.
std::vector<ExitRow> exit_table(const std::map<ExitStatus, std::string>& notes = {});

}  // namespace replkit::cli
