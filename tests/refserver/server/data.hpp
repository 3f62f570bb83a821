// Schema and store as the configuration names them.
#pragma once

#include <filesystem>

#include "tests/refserver/config/config.hpp"
#include "tests/refserver/schema/schema.hpp"
#include "tests/refserver/store/store.hpp"

namespace replkit::refserver::server {

// Returns the options of the store, its indexes as far as the schema has their types. Throws UsageError when a
// configured one is unknown.
store::StoreOptions store_options(const config::Config& config, const schema::Schema& schema);

// Returns the access rules that are in force. Throws UsageError naming the place of one that cannot be read.
std::shared_ptr<const access::Policy> make_policy(const config::Config& config, const schema::Schema& schema);

struct Data {
  // Throws what Schema and Store throw. What an interrupted import or compact has left beside the store is gone then.
  explicit Data(const config::Config& config);
  // With the store in another directory, which must exist.
  Data(const config::Config& config, const std::filesystem::path& directory);

  schema::Schema schema;
  store::Store store;
};

}  // namespace replkit::refserver::server
