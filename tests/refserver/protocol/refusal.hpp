// How a request that is understood but not done ends.
#pragma once

#include <string>
#include <utility>

#include "common/base/error.hpp"
#include "tests/refserver/protocol/result.hpp"

namespace replkit::refserver::protocol {

// Thrown wherever an operation finds that it must not go on; caught in one place per operation, which answers with
// result(). Whoever throws it has not changed anything, or has an enclosing transaction undo it.
class Refusal : public Error {
 public:
  Refusal(ResultCode code, const std::string& diagnostic)
      : Refusal(Result{.code = code, .matched_dn = {}, .diagnostic = diagnostic, .referrals = {}}) {}
  explicit Refusal(Result result) : Error(ExitStatus::refused, result.diagnostic), result_(std::move(result)) {}

  const Result& result() const { return result_; }

 private:
  Result result_;
};

}  // namespace replkit::refserver::protocol
