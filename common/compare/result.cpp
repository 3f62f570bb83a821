#include "common/compare/result.hpp"

#include <algorithm>

namespace replkit::compare {

bool Result::complete() const {
  return !stopped_early && summary.not_compared == 0 &&
         std::all_of(sources.begin(), sources.end(), [](const auto& source) { return source.complete(); });
}

ExitStatus status_of(const Result& result, bool strict) {
  auto status = ExitStatus::done;
  const auto& summary = result.summary;
  if (summary.diverged + summary.unknown + summary.stalled != 0) status = worse(status, ExitStatus::findings);
  const auto reached =
      std::count_if(result.sources.begin(), result.sources.end(), [](const auto& s) { return s.reached; });
  if (reached < 2) {
    for (const auto& source : result.sources) {
      if (!source.reached) status = worse(status, source.failure);
    }
  }
  if (!result.complete()) status = worse(status, ExitStatus::undecided);
  if (strict && summary.in_flight != 0) status = worse(status, ExitStatus::undecided);
  return status;
}

}  // namespace replkit::compare
