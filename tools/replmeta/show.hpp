// What replmeta show found, for its two forms.
#pragma once

#include <string>
#include <vector>

#include "common/metadata/comparison.hpp"
#include "tools/replmeta/servers.hpp"

namespace replkit::tools::replmeta {

// What one server has.
struct Copy {
  const Server* server = nullptr;
  std::optional<ldup::SearchMetaDataEntry> entry;  // nothing: none, or there is a problem
  std::vector<std::string> notes;                  // "also a tombstone ..."

  bool is_tombstone() const { return entry && entry->state && entry->state->deleted_csn; }
};

struct Shown {
  std::string dn;
  std::vector<Copy> copies;
  std::vector<metadata::Row> rows;
  std::size_t differences = 0;  // of values and state
  std::size_t records = 0;      // deletion records that not all have; they are purged by each on its own

  // Whether some that answered have the entry and others have not.
  bool absent_on_some() const;
};

void print_text(const ReplmetaSettings& settings, const Shown& shown);
void print_json(const Shown& shown);

}  // namespace replkit::tools::replmeta
