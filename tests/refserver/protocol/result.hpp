// What operations end with (RFC 4511 4.1.9).
#pragma once

#include <string>
#include <vector>

#include "common/wire/error.hpp"

namespace replkit::refserver::protocol {

using wire::Operation;
using wire::ProtocolError;
using wire::response_number;
using wire::ResultCode;

struct Result {
  ResultCode code = ResultCode::success;
  std::string matched_dn;
  std::string diagnostic;  // control characters and what is no UTF-8 are sent as \ and two digits
  std::vector<std::string> referrals;

  bool operator==(const Result&) const = default;
};

}  // namespace replkit::refserver::protocol
