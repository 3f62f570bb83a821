// The operations with meta-data (draft-ietf-ldup-mrm-02 3.14, 3.15): administrators see and mend the CSNs and deletion
// records that update reconciliation works on. Whoever asks needs a right to the entry, `metadata` to see and
// `metadata-write` to change, and a connection that nobody can listen to; each call goes to the audit trail.
#pragma once

#include <memory>

#include "tests/refserver/directory/directory.hpp"
#include "tests/refserver/directory/extension.hpp"

namespace replkit::refserver::metadata {

// `directory` is the one it will be added to.
std::shared_ptr<directory::Extension> make_extension(directory::Directory& directory);

}  // namespace replkit::refserver::metadata
