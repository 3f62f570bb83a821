// Makes the indexes on disk be what the configuration and the schema want.
#pragma once

#include <vector>

#include "tests/refserver/store/environment.hpp"
#include "tests/refserver/store/index_set.hpp"

namespace replkit::refserver::store {

// Returns the wanted indexes, having dropped others and built what was missing or made with another schema, in bounded
// transactions: after a crash the next call begins those anew. Throws UsageError for an attribute the schema does not
// know or that cannot be indexed so.
IndexSet open_indexes(Environment& environment, const std::vector<IndexDefinition>& definitions,
                      const model::Schema& schema);

}  // namespace replkit::refserver::store
