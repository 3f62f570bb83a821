// Values of extended operations (OIDs in oids.hpp). What is malformed throws ProtocolError (answer), without the
// request.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/secret.hpp"
#include "tests/refserver/protocol/messages.hpp"

namespace replkit::refserver::protocol {

// For requests that have no value: StartTLS (RFC 4511 4.14.1), Who am I (RFC 4532). The value of Who am I's response is
// the authorization identity as it is.
void expect_no_value(const ExtendedRequest& request);

// RFC 3062. No identity: the session's own; no new password: the server makes one.
struct PasswordModify {
  std::optional<std::string> identity;
  std::optional<Secret> old_password;
  std::optional<Secret> new_password;
};
PasswordModify decode_password_modify(const ExtendedRequest& request);
// Returns the value of a response that tells a password the server made. Without one the response has no value.
std::string encode_generated_password(const Secret& password);

// Returns the id of the message to cancel (RFC 3909).
std::int32_t decode_cancel(const ExtendedRequest& request);

}  // namespace replkit::refserver::protocol
