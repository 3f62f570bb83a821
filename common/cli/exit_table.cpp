#include "common/cli/exit_table.hpp"

namespace replkit::cli {

std::vector<ExitRow> exit_table(const std::map<ExitStatus, std::string>& notes) {
  std::vector<ExitRow> rows = {
      {ExitStatus::done, "done; the replicas are the same"},
      {ExitStatus::findings, "ran to the end and found differences or other findings"},
      {ExitStatus::undecided, "could not decide: partial result, replica out of reach, limit, interrupted"},
      {ExitStatus::usage, "wrong options or arguments, or a malformed inventory"},
      {ExitStatus::connection, "could not connect, or TLS failed"},
      {ExitStatus::authentication, "wrong credentials, or rights are missing"},
      {ExitStatus::refused, "the server refused the operation"},
      {ExitStatus::local, "a local file could not be read or written"},
      {ExitStatus::bug, "an error of the program itself: please report it"},
  };
  for (auto& row : rows) {
    if (const auto note = notes.find(row.status); note != notes.end()) row.text = note->second;
  }
  return rows;
}

}  // namespace replkit::cli
