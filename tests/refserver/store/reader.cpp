#include <algorithm>

#include "common/model/dn.hpp"
#include "tests/refserver/store/bytes.hpp"
#include "tests/refserver/store/changes.hpp"
#include "tests/refserver/store/meta.hpp"
#include "tests/refserver/store/planner.hpp"
#include "tests/refserver/store/view.hpp"

namespace replkit::refserver::store {

namespace {

// Calls `visit` with the head of the entry and of each of its superiors, up to the top.
template <typename Visit>
void climb(const View& view, EntryId id, Visit visit) {
  for (int depth = 0; id != no_entry; ++depth) {
    if (depth == max_depth) fail_damaged("the superiors of an entry go round in a loop");
    const auto head = head_of(view, id);
    visit(head);
    id = head.superior;
  }
}

// Gives a tombstone the DN that it would have now, when all above it is known: so replicas agree on it whichever of two
// was renamed first. Deleted entries may have been moved below each other.
void name_tombstone(const View& view, StoredEntry& tombstone) {
  const auto name = [](std::string_view rdn, const model::Uuid& uuid) {
    return rdn.empty() ? "entryUUID=" + uuid.text() : std::string(rdn);
  };
  auto dn = name(tombstone.rdn, tombstone.uuid);
  auto superior = no_entry;
  auto by_uuid = tombstone.wanted_superior;  // glue that it was below may have gone, and come again as an entry
  auto met = no_entry;                       // one of those before: in a loop it comes again
  for (int depth = 0; depth < max_depth; ++depth) {
    if (by_uuid) superior = find_uuid(view, *by_uuid);
    if (superior == tombstone.id || superior == met) return;
    if ((depth & (depth - 1)) == 0) met = superior;
    const auto record = superior == no_entry ? std::nullopt : record_of(view, superior);
    if (!record) return;
    const auto head = decode_head(*record);
    dn.append(",").append(name(head.rdn, head.uuid));
    if (head.superior == no_entry && !head.tombstone) {
      tombstone.last_dn = std::move(dn);
      return;
    }
    by_uuid = head.tombstone ? decode_wanted_superior(*record) : std::nullopt;
    superior = head.superior;
  }
}

}  // namespace

Located Reader::locate(std::string_view dn_key) const {
  Located out;
  if (dn_key.empty()) return out;
  // dn_key, then without its first RDN, and so on.
  std::vector<std::string_view> suffixes;
  for (auto rest = dn_key; !rest.empty(); rest = model::parent_of(rest)) suffixes.push_back(rest);

  // The context that holds it is the one with the longest name.
  auto level = suffixes.size();
  EntryId at = no_entry;
  for (std::size_t i = 0; i < suffixes.size() && at == no_entry; ++i) {
    at = find_in_tree(*view_, tree_key(no_entry, suffixes[i]));
    level = i;
  }
  while (at != no_entry && level > 0) {
    if (level == 1) out.superior = at;
    out.ancestor = at;
    const auto name = suffixes[level - 1];
    at = find_in_tree(*view_, tree_key(at, name.substr(0, name.size() - suffixes[level].size() - 1)));
    --level;
  }
  if (at == no_entry) return out;
  out.entry = at;
  out.ancestor = no_entry;
  return out;
}

EntryId Reader::find(const model::Uuid& uuid) const {
  return find_uuid(*view_, uuid);
}

bool Reader::read(EntryId id, LiveEntry& out) const {
  const auto record = record_of(*view_, id);
  return record && decode_live(id, *record, out);
}

std::optional<StoredEntry> Reader::load(EntryId id) const {
  const auto record = record_of(*view_, id);
  if (!record) return std::nullopt;
  auto out = decode_record(id, *record);
  if (out.deleted) name_tombstone(*view_, out);
  return out;
}

std::optional<EntryHead> Reader::head(EntryId id) const {
  const auto record = record_of(*view_, id);
  if (!record) return std::nullopt;
  const auto head = decode_head(*record);
  return EntryHead{head.uuid, head.superior, std::string(head.rdn), head.glue, head.tombstone};
}

EntryId Reader::superior(EntryId id) const {
  const auto record = record_of(*view_, id);
  return record ? decode_head(*record).superior : no_entry;
}

std::string Reader::dn(EntryId id) const {
  std::string out;
  climb(*view_, id, [&](const RecordHead& head) {
    if (!out.empty()) out += ',';
    out += head.rdn;
  });
  return out;
}

std::string Reader::dn_key(EntryId id) const {
  std::string out;
  std::string rdn;
  climb(*view_, id, [&](const RecordHead& head) {
    if (!normalize_rdn(head.rdn, head.superior, view_->schema->model(), rdn)) fail_damaged("an RDN is malformed");
    if (!out.empty()) out += ',';
    out += rdn;
  });
  return out;
}

bool Reader::has_children(EntryId id) const {
  return store::has_children(*view_, id);
}

bool Reader::children(EntryId superior, std::string& after, std::size_t limit, std::vector<EntryId>& out) const {
  const auto prefix = tree_key(superior, {});
  const auto start = prefix + after;
  Cursor cursor(view_->txn, view_->tables->tree);
  auto key = to_val(start);
  MDB_val value{};
  bool more = cursor.move(MDB_SET_RANGE, key, value);
  if (more && !after.empty() && to_view(key) == start) more = cursor.move(MDB_NEXT, key, value);
  std::string_view last;
  std::size_t taken = 0;
  for (; more && to_view(key).starts_with(prefix); more = cursor.move(MDB_NEXT, key, value)) {
    if (taken == limit) break;
    out.push_back(to_id(value));
    last = to_view(key);
    ++taken;
  }
  if (taken > 0) after = last.substr(prefix.size());
  return more && to_view(key).starts_with(prefix);
}

std::vector<EntryId> Reader::namesakes(EntryId superior, std::string_view rdn_key, std::size_t limit) const {
  const auto name = tree_key(superior, rdn_key);
  std::vector<EntryId> out;
  if (const auto plain = find_in_tree(*view_, name); plain != no_entry) out.push_back(plain);
  Cursor cursor(view_->txn, view_->tables->namesakes);
  auto key = to_val(name);
  MDB_val value{};
  for (bool more = cursor.move(MDB_SET, key, value); more && out.size() < limit;
       more = cursor.move(MDB_NEXT_DUP, key, value)) {
    out.push_back(to_id(value));
  }
  return out;
}

bool Reader::changes(std::string_view origin, ChangeMark& after, std::size_t limit,
                     std::vector<ChangeMark>& out) const {
  return list_changes(*view_, origin, after, limit, out);
}

std::vector<std::string> Reader::origins() const {
  return list_origins(*view_);
}

bool Reader::entries(EntryId after, std::size_t limit, std::vector<EntryId>& out) const {
  const EntryId first = after + 1;
  Cursor cursor(view_->txn, view_->tables->entries);
  auto key = to_val(first);
  MDB_val value{};
  bool more = cursor.move(MDB_SET_RANGE, key, value);
  for (; more && limit > 0; more = cursor.move(MDB_NEXT, key, value), --limit) out.push_back(to_id(key));
  return more;
}

std::optional<std::string> Reader::state(std::string_view name) const {
  const auto found = get_meta(view_->txn, *view_->tables, state_name(name));
  return found ? std::optional<std::string>(*found) : std::nullopt;
}

std::optional<std::vector<EntryId>> Reader::candidates(const model::Filter& filter, std::size_t limit) const {
  return find_candidates(*view_, filter, limit);
}

std::uint64_t Reader::entry_count() const {
  return view_->state != nullptr ? view_->state->entries : read_state(view_->txn, *view_->tables).entries;
}

ldup::Csn Reader::last_csn() const {
  return view_->state != nullptr ? view_->state->last_csn : read_state(view_->txn, *view_->tables).last_csn;
}

}  // namespace replkit::refserver::store
