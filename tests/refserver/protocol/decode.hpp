// From bytes to requests.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "common/wire/ber.hpp"
#include "tests/refserver/protocol/messages.hpp"
#include "tests/refserver/protocol/result.hpp"

namespace replkit::refserver::protocol {

using wire::max_int;
using wire::Reader;
using wire::Rules;
using wire::Tag;
namespace tag = wire::tag;

// Returns how many bytes the message at the start of `received` takes (which may be more than are there), or nothing
// when too little is there to tell; 128 bytes always suffice. Throws ProtocolError (disconnect) when it is no
// LDAPMessage or longer than `limit` bytes.
std::optional<std::size_t> frame_length(std::string_view received, std::size_t limit);

// Returns the request that `pdu`, one whole message, holds (RFC 4511). Throws ProtocolError, with the message id and
// operation when the message got that far. Memory is at most some 40 times the size of the PDU.
RequestMessage decode_request(std::string_view pdu);

// --- Parts that messages and values of controls share ---

// The tag of Controls in a message.
constexpr Tag controls_tag = tag::constructed(0);

// Whether `text` is a <numericoid> of RFC 4512 1.4.
bool is_numeric_oid(std::string_view text);

// Returns the LDAPOID. Throws ProtocolError (answer) when it is none.
std::string decode_oid(std::string_view oid);

// Returns the strings of a SEQUENCE OF or SET OF, which `strings` has opened.
std::vector<std::string> decode_strings(Reader strings);

// Returns the [0] Controls of a message, or none.
std::vector<Control> decode_controls(Reader& message);

// Reads a PartialAttribute.
model::Attribute decode_attribute(Reader& list);

}  // namespace replkit::refserver::protocol
