// The value of the extended operation ReplicationUpdate (draft-ietf-ldup-protocol-05 6.3): the primitives of one entry.
// Its response has no value.
#pragma once

#include <string>
#include <string_view>

#include "common/ldup/primitive.hpp"

namespace replkit::ldup {

constexpr std::size_t max_primitives = 1'000'000;

// Primitives are written and read in the order in which they are, which means nothing: who applies them sorts them by
// CSN. Decoding throws wire::ProtocolError (answer: protocolError; adminLimitExceeded for more than max_primitives).
std::string encode(const EntryUpdate& update);
EntryUpdate decode_entry_update(std::string_view bytes);

}  // namespace replkit::ldup
