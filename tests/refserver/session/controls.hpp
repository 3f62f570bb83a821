// The controls of requests that the session does itself.
#pragma once

#include <optional>
#include <vector>

#include "tests/refserver/protocol/messages.hpp"

namespace replkit::refserver::session {

// Returns why a request with these controls must not be done. Bind, StartTLS and Cancel know no control: critical ones
// are refused, the others ignored (RFC 4511 4.1.11), which makes any combination of them valid.
inline std::optional<protocol::Result> refuse_controls(const std::vector<protocol::Control>& controls) {
  for (const auto& control : controls) {
    if (control.critical) {
      return protocol::Result{protocol::ResultCode::unavailable_critical_extension,
                              {},
                              "this operation does not take the control " + control.oid,
                              {}};
    }
  }
  return std::nullopt;
}

}  // namespace replkit::refserver::session
