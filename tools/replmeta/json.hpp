// Meta-data as JSON.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "common/ldup/metadata.hpp"

namespace replkit::tools::replmeta {

// Returns {"csn": TEXT, "time": ..., "replica": ...}.
nlohmann::json json_of(const ldup::Csn& csn);

// Returns {"dn", "attributes": [{"type", "values": [{"value", "deleted", "distinguished", "csn"}], "cleared"}],
// "state"}.
nlohmann::json json_of(const ldup::SearchMetaDataEntry& entry);

}  // namespace replkit::tools::replmeta
