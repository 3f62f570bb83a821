// What replication keeps in the store beside the entries, by area.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/ldup/csn.hpp"
#include "common/model/entry.hpp"
#include "common/model/uuid.hpp"
#include "tests/refserver/store/store.hpp"

namespace replkit::refserver::exchange {

// Returns the update vector of this replica of the area; nothing when there is none yet.
std::optional<ldup::UpdateVector> load_vector(const store::Reader& reader, const model::Uuid& root);
void save_vector(store::Writer& writer, const model::Uuid& root, const ldup::UpdateVector& vector);

// An area whose content is being replaced by a full update. What is kept says what the area was, while its own entries
// are not there.
struct Refresh {
  model::Uuid root;
  std::string root_dn;
  std::vector<model::Entry> entries;  // those of replication
};

void save_refresh(store::Writer& writer, const Refresh& refresh);
void remove_refresh(store::Writer& writer, const model::Uuid& root);
std::vector<Refresh> load_refreshes(const store::Reader& reader);

}  // namespace replkit::refserver::exchange
