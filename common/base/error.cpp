#include "common/base/error.hpp"

#include "common/base/exit_status.hpp"

namespace replkit {

namespace {

int rank(ExitStatus status) {
  switch (status) {
    case ExitStatus::bug:
      return 6;
    case ExitStatus::usage:
      return 5;
    case ExitStatus::local:
      return 4;
    case ExitStatus::findings:
      return 3;
    case ExitStatus::connection:
    case ExitStatus::authentication:
    case ExitStatus::refused:
      return 2;
    case ExitStatus::undecided:
      return 1;
    case ExitStatus::done:
      return 0;
  }
  return 6;
}

}  // namespace

ExitStatus worse(ExitStatus first, ExitStatus second) {
  return rank(second) > rank(first) ? second : first;
}

void Error::add_context(std::string_view context) {
  message_.insert(0, ": ");
  message_.insert(0, context);
}

}  // namespace replkit
