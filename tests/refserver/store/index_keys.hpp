// The keys of the indexes: four bytes that number the index, one for its kind, then the value's part.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "common/model/schema.hpp"

namespace replkit::refserver::store {

// Goes up whenever keys of the same values come out otherwise: indexes of another version are built anew.
inline constexpr std::uint64_t index_key_version = 1;

enum class IndexKind : char { equality = 'e', presence = 'p', substring = 's' };

// Returns how all keys of one index, or of one kind of it, begin.
std::string index_prefix(std::uint32_t number);
std::string index_prefix(std::uint32_t number, IndexKind kind);

// Returns the equality key of a normal form (common/model/matching.hpp). Keys sort as the values do, up to the
// first kept_prefix bytes of the key (keys.hpp): what is longer is shortened.
std::string equality_key(std::uint32_t number, model::ValueKind kind, std::string_view form);

// Calls `add` with the keys of all pieces of three bytes in `form`, a form of common/model/substring_form.hpp, without
// its spaces; `at_start` and `at_end` tell whether it begins and ends a value, which counts as a byte of its own. Keys
// may come twice.
void for_each_substring_key(std::uint32_t number, std::string_view form, bool at_start, bool at_end,
                            const std::function<void(std::string)>& add);

// Returns the first string behind all that begin with `prefix`.
std::string behind(std::string prefix);

}  // namespace replkit::refserver::store
