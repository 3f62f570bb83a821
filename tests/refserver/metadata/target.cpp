#include "tests/refserver/metadata/target.hpp"

#include "common/model/dn.hpp"
#include "tests/refserver/directory/lookup.hpp"
#include "tests/refserver/directory/target.hpp"
#include "tests/refserver/store/naming.hpp"

namespace replkit::refserver::metadata {

namespace {

// Returns the normalized DN without what tells entries of one name apart.
std::string base_key(const directory::Call& call, std::string_view dn) {
  const auto superior = model::parent_of(dn);
  const auto rdn = dn.substr(0, dn.size() - (superior.empty() ? 0 : superior.size() + 1));
  auto base = store::base_rdn(rdn);
  if (base.empty()) base = rdn;
  if (!superior.empty()) base.append(",").append(superior);
  std::string key;
  model::normalize_dn(base, call.context.schema.model(), key);
  return key;
}

}  // namespace

store::StoredEntry find_named(const directory::Call& call, const store::Reader& reader, std::string_view dn,
                              std::string_view key, const std::optional<model::Uuid>& uuid) {
  if (!uuid) return directory::load_target(call, reader, dn, key);
  auto entry = reader.load(reader.find(*uuid));
  const auto name = !entry ? std::string() : entry->deleted ? entry->last_dn : reader.dn(entry->id);
  if (!entry || base_key(call, name) != base_key(call, key)) throw directory::not_there(call, reader, dn, key);
  if (!entry->deleted) directory::check_assertion(call, reader, entry->id);
  return std::move(*entry);
}

}  // namespace replkit::refserver::metadata
