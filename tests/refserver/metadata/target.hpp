// The entry or tombstone that a request with meta-data is about.
#pragma once

#include <optional>
#include <string_view>

#include "common/model/uuid.hpp"
#include "tests/refserver/directory/call.hpp"
#include "tests/refserver/store/store.hpp"

namespace replkit::refserver::metadata {

// Returns the entry with the name; with a UUID that one of those that have it or, deleted, had it last. Throws
// protocol::Refusal as directory::load_target().
store::StoredEntry find_named(const directory::Call& call, const store::Reader& reader, std::string_view dn,
                              std::string_view key, const std::optional<model::Uuid>& uuid);

}  // namespace replkit::refserver::metadata
