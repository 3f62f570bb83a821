// The other side of the protocol, as tests need it: requests to bytes, bytes to responses.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/model/entry.hpp"
#include "tests/refserver/protocol/messages.hpp"

namespace replkit::refserver::protocol {

// Returns the message in the form that RFC 4511 5.1 wants.
std::string encode_request(const RequestMessage& message);

enum class ResponseKind : std::uint8_t {  // by tag number
  bind = 1,
  entry = 4,
  search_done = 5,
  modify = 7,
  add = 9,
  remove = 11,
  modify_dn = 13,
  compare = 15,
  reference = 19,
  extended = 24,
  intermediate = 25,
};

struct ResponseMessage {
  std::int32_t id = 0;  // 0: an unsolicited notification
  ResponseKind kind = ResponseKind::search_done;
  Result result;                                  // all but entry, reference, intermediate
  std::optional<std::string> server_credentials;  // bind
  std::optional<std::string> name;                // extended, intermediate
  std::optional<std::string> value;               // extended, intermediate
  model::Entry entry;                             // entry
  std::vector<std::string> uris;                  // reference
  std::vector<Control> controls;

  bool operator==(const ResponseMessage&) const = default;
};

// Returns the response that `pdu`, one whole message, holds. Throws ProtocolError.
ResponseMessage decode_response(std::string_view pdu);

}  // namespace replkit::refserver::protocol
