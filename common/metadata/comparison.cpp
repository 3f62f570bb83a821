#include "common/metadata/comparison.hpp"

#include <algorithm>
#include <stdexcept>

#include "common/base/text.hpp"
#include "common/model/dn.hpp"
#include "common/model/schema.hpp"

namespace replkit::metadata {

namespace {

using ldup::SearchMetaDataEntry;

class Rows {
 public:
  explicit Rows(std::size_t servers) : servers_(servers) {}

  void add(std::size_t server, RowKind kind, const std::string& attribute, const std::string& value,
           const std::optional<ldup::Csn>& csn) {
    auto& row = find(kind, attribute, value, csn);
    row.on[server] = true;
  }

  std::vector<Row> take() { return std::move(rows_); }

 private:
  Row& find(RowKind kind, const std::string& attribute, const std::string& value, const std::optional<ldup::Csn>& csn) {
    const auto found = std::find_if(rows_.begin(), rows_.end(), [&](const Row& row) {
      const bool any_csn = kind == RowKind::value && !csn;
      return row.kind == kind && equals_ignore_case(row.attribute, attribute) && row.value == value &&
             (row.csn == csn || any_csn);
    });
    if (found != rows_.end()) return *found;
    Row row{.kind = kind, .attribute = attribute, .value = value, .csn = csn, .on = {}};
    row.on.resize(servers_);
    // Behind the attribute's other rows.
    const auto last = std::find_if(rows_.rbegin(), rows_.rend(), [&](const Row& each) {
      return (each.kind == RowKind::state) == (kind == RowKind::state) && equals_ignore_case(each.attribute, attribute);
    });
    return *rows_.insert(last == rows_.rend() ? rows_.end() : last.base(), std::move(row));
  }

  std::size_t servers_;
  std::vector<Row> rows_;
};

std::string same_dn_text(const std::string& dn, std::vector<std::pair<std::string, std::string>>& seen) {
  std::string key;
  model::normalize_dn(dn, model::Schema::standard(), key);
  for (const auto& [known, text] : seen) {
    if (known == key) return text;
  }
  seen.emplace_back(key, dn);
  return dn;
}

void add_state(std::size_t server, const SearchMetaDataEntry& entry, Rows& rows) {
  if (!entry.state) return;
  const auto& state = *entry.state;
  const auto add = [&](const char* what, const std::string& value, const std::optional<ldup::Csn>& csn) {
    rows.add(server, RowKind::state, what, value, csn);
  };
  if (state.entry) add("entryUUID", state.entry->text(), {});
  if (state.created_csn) add("createdEntryCSN", {}, state.created_csn);
  if (state.deleted_csn) add("deletedEntryCSN", {}, state.deleted_csn);
  if (state.rdn_csn) add("rdn", {}, state.rdn_csn);
  if (state.superior || state.superior_csn) {
    add("superior", state.superior ? state.superior->text() : std::string(), state.superior_csn);
  }
  if (state.glue) add("glue", "TRUE", {});
}

bool keeps_csns(const SearchMetaDataEntry& entry) {
  return std::any_of(entry.attributes.begin(), entry.attributes.end(), [](const auto& attribute) {
    return std::any_of(attribute.values.begin(), attribute.values.end(),
                       [](const auto& value) { return value.csn.has_value(); });
  });
}

void add_values(std::size_t server, const SearchMetaDataEntry& entry, Rows& rows) {
  for (const auto& attribute : entry.attributes) {
    for (const auto& value : attribute.values) {
      rows.add(server, value.deleted ? RowKind::deleted : RowKind::value, attribute.type, value.value, value.csn);
    }
    if (attribute.deletion_csn) rows.add(server, RowKind::cleared, attribute.type, {}, attribute.deletion_csn);
  }
}

}  // namespace

std::string_view name_of(RowKind kind) {
  switch (kind) {
    case RowKind::state:
      return "state";
    case RowKind::value:
      return "value";
    case RowKind::deleted:
      return "deleted";
    case RowKind::cleared:
      return "cleared";
  }
  throw std::logic_error("no such kind of row");
}

std::vector<Row> compare(const std::vector<const SearchMetaDataEntry*>& entries) {
  Rows rows(entries.size());
  std::vector<std::pair<std::string, std::string>> dns;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (entries[i] != nullptr) rows.add(i, RowKind::state, "dn", same_dn_text(entries[i]->name, dns), {});
  }
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (entries[i] != nullptr) add_state(i, *entries[i], rows);
  }
  // Those with CSNs first, so that values without find them.
  for (const bool with_csns : {true, false}) {
    for (std::size_t i = 0; i < entries.size(); ++i) {
      if (entries[i] != nullptr && keeps_csns(*entries[i]) == with_csns) add_values(i, *entries[i], rows);
    }
  }
  auto out = rows.take();
  const auto have = static_cast<std::ptrdiff_t>(
      std::count_if(entries.begin(), entries.end(), [](const auto* entry) { return entry != nullptr; }));
  for (auto& row : out) {
    const auto count = std::count(row.on.begin(), row.on.end(), true);
    row.differs = count < have;
    row.odd = row.differs && 2 * count <= have;
  }
  // Rows of one attribute lie together.
  for (auto from = out.begin(); from != out.end();) {
    const auto to = std::find_if(from, out.end(), [&](const Row& row) {
      return (row.kind == RowKind::state) != (from->kind == RowKind::state) ||
             !equals_ignore_case(row.attribute, from->attribute);
    });
    std::stable_sort(from, to, [](const Row& a, const Row& b) { return a.csn < b.csn; });
    from = to;
  }
  return out;
}

}  // namespace replkit::metadata
