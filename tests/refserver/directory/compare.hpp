// Compare (RFC 4511 4.10).
#pragma once

#include "tests/refserver/directory/call.hpp"
#include "tests/refserver/directory/special_entries.hpp"
#include "tests/refserver/protocol/result.hpp"

namespace replkit::refserver::directory {

// Returns compareTrue or compareFalse. Throws protocol::Refusal for everything else.
protocol::Result compare(const Call& call, const HeldEntry& subschema);

}  // namespace replkit::refserver::directory
