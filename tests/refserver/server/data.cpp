#include "tests/refserver/server/data.hpp"

#include <algorithm>

#include "common/base/error.hpp"
#include "common/base/nearest.hpp"
#include "common/base/text.hpp"
#include "tests/refserver/store/replacement.hpp"

namespace replkit::refserver::server {

store::StoreOptions store_options(const config::Config& config, const schema::Schema& schema) {
  auto options = config.store;
  const auto is_unknown = [&](const store::IndexDefinition& index) {
    return schema.model().attribute(index.attribute) == nullptr;
  };
  if (!config.indexes_given) {
    std::erase_if(options.indexes, is_unknown);
    return options;
  }
  const auto unknown = std::find_if(options.indexes.begin(), options.indexes.end(), is_unknown);
  if (unknown == options.indexes.end()) return options;
  throw UsageError(printable(config.file.string()) + ": [indexes] has '" + printable(unknown->attribute) +
                   "', which is no attribute type of the schema");
}

std::shared_ptr<const access::Policy> make_policy(const config::Config& config, const schema::Schema& schema) {
  return std::make_shared<const access::Policy>(access::effective_rules(config.rules), schema.model());
}

Data::Data(const config::Config& config)
    : schema(schema::Schema::load(config.schema)), store(store_options(config, schema), schema, system_clock()) {
  store::discard_interrupted(config.store.directory);  // it is this process's now
}

namespace {

config::Config with_directory(config::Config config, const std::filesystem::path& directory) {
  // A slip must not make an empty store, which would then be found to be in order.
  if (!std::filesystem::is_directory(directory)) {
    throw LocalError(printable(directory.string()) + ": there is no such folder");
  }
  config.store.directory = directory;
  return config;
}

}  // namespace

Data::Data(const config::Config& config, const std::filesystem::path& directory)
    : Data(with_directory(config, directory)) {}

}  // namespace replkit::refserver::server
