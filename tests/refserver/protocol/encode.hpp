// From responses to bytes, appended to a buffer that may hold others already.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "common/model/entry.hpp"
#include "common/wire/ber.hpp"
#include "tests/refserver/protocol/messages.hpp"
#include "tests/refserver/protocol/result.hpp"

namespace replkit::refserver::protocol {

using wire::Tag;
using wire::Writer;
namespace tag = wire::tag;

// One attribute of an entry that lives elsewhere (in the store). No values when types only are wanted.
using model::AttributeView;

using Controls = std::span<const Control>;

// Appends the response that ends an operation, of whatever kind; for bind and extended those without more to say. The
// operation must have a response.
void encode_result(std::string& out, std::int32_t id, Operation operation, const Result& result,
                   Controls controls = {});

void encode_bind_response(std::string& out, std::int32_t id, const Result& result,
                          std::optional<std::string_view> server_credentials, Controls controls = {});

void encode_extended_response(std::string& out, std::int32_t id, const Result& result,
                              std::optional<std::string_view> name, std::optional<std::string_view> value,
                              Controls controls = {});

void encode_intermediate_response(std::string& out, std::int32_t id, std::optional<std::string_view> name,
                                  std::optional<std::string_view> value, Controls controls = {});

// Appends a SearchResultEntry. Sizes are added up first, so that every byte is written once.
void encode_entry(std::string& out, std::int32_t id, std::string_view dn, std::span<const AttributeView> attributes,
                  Controls controls = {});
void encode_entry(std::string& out, std::int32_t id, const model::Entry& entry, Controls controls = {});

// Appends a SearchResultReference; there must be a URI.
void encode_reference(std::string& out, std::int32_t id, std::span<const std::string> uris, Controls controls = {});

// RFC 4511 4.4.1. It is the last thing on a session.
void encode_notice_of_disconnection(std::string& out, ResultCode code, std::string_view diagnostic);

// Appends what the error says: the notice, or the response to its request (which it must know).
void encode_error(std::string& out, const ProtocolError& error);

// --- Parts that messages and values of controls share ---

// Appends a SearchResultEntry without the envelope, as the read entry controls hold it (RFC 4527).
void encode_bare_entry(std::string& out, std::string_view dn, std::span<const AttributeView> attributes);
void encode_bare_entry(std::string& out, const model::Entry& entry);

// Appends [0] Controls; nothing when there are none.
void encode_controls(std::string& out, Controls controls);

// Appends an element with each string as an OCTET STRING.
void encode_strings(std::string& out, std::span<const std::string> strings, Tag tag = tag::sequence);

// Appends a PartialAttribute.
void encode_attribute(std::string& out, std::string_view description, std::span<const std::string> values);

}  // namespace replkit::refserver::protocol
