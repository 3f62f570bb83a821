// Where a search begins, and what aliases stand for (RFC 4511 4.5.1.3, RFC 4512 2.6).
#pragma once

#include <string>
#include <string_view>

#include "tests/refserver/directory/call.hpp"
#include "tests/refserver/directory/entry_view.hpp"

namespace replkit::refserver::directory {

// Returns the entry that `key` names when aliases on the way to it and itself are followed. Throws what find_entry()
// throws for a name without aliases, and protocol::Refusal: aliasProblem for an alias of something that is not there,
// aliasDereferencingProblem for one the caller may not follow or too many in a row, loopDetect for those that go in a
// circle.
store::EntryId find_behind_aliases(const Call& call, const store::Reader& reader, std::string_view dn,
                                   std::string_view key);

// Returns the normalized DN of the entry that the alias in view stands for. Throws as above.
std::string alias_target(const Call& call, EntryView& alias);

}  // namespace replkit::refserver::directory
