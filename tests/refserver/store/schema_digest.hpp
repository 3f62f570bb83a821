// Which schema the keys on disk were made with.
#pragma once

#include <string>

#include "common/model/schema.hpp"

namespace replkit::refserver::store {

// Returns 8 bytes that differ when two schemas put some value or DN into different normal forms.
std::string schema_digest(const model::Schema& schema);

}  // namespace replkit::refserver::store
