// What a session wants to know of messages without decoding them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "tests/refserver/protocol/result.hpp"

namespace replkit::refserver::session {

// Returns an upper bound of the memory that the request in `pdu`, one whole message, takes once it is decoded. One pass
// over the elements; what is malformed counts as far as it can be read.
std::size_t decoded_size(std::string_view pdu);

struct RequestHead {
  std::int32_t id = 0;
  protocol::Operation operation = protocol::Operation::bind;
};
// Returns whose message it is; nothing when that cannot be read.
std::optional<RequestHead> peek_request(std::string_view pdu);

// Counts the messages in `responses` (our own, well-formed).
struct ResponseCount {
  std::uint64_t entries = 0;                 // and references
  std::optional<protocol::ResultCode> code;  // of the response that ends the operation
};
ResponseCount count_responses(std::string_view responses);

}  // namespace replkit::refserver::session
