#include "tests/refserver/store/change_writer.hpp"

#include <algorithm>

#include "common/base/text.hpp"
#include "tests/refserver/store/bytes.hpp"
#include "tests/refserver/store/changes.hpp"
#include "tests/refserver/store/meta.hpp"

namespace replkit::refserver::store {

namespace {

[[noreturn]] void refuse(const StoredEntry& entry, const std::string& problem) {
  throw LocalError("store: cannot put '" + printable(std::string_view(entry.rdn).substr(0, 200)) + "': " + problem);
}

std::string_view bytes_of(const model::Uuid& uuid) {
  return {reinterpret_cast<const char*>(uuid.bytes.data()), uuid.bytes.size()};
}

}  // namespace

// All that one change of one entry does to the tables, found out before the first step.
struct ChangeWriter::Plan {
  EntryId id = no_entry;
  bool is_new = false;
  bool erased = false;
  bool was_live = false;
  bool is_live = false;
  std::string old_tree_key;  // empty: not in the tree
  std::string new_tree_key;
  std::string old_namesake_key;  // empty: none
  std::string new_namesake_key;
  std::optional<model::Uuid> old_uuid;
  model::Uuid new_uuid;
  std::vector<std::string> old_changes;
  std::vector<std::string> new_changes;
  IndexChanges index;
};

ChangeWriter::ChangeWriter(const Environment& environment, const schema::Schema& schema, const IndexSet& indexes,
                           CsnGenerator& csns, const StoreState& committed)
    : Writer(view_),
      transaction_(environment.begin_write()),
      view_{transaction_.get(), &environment.tables(), &schema, &indexes, &state_},
      state_(committed),
      indexes_(indexes),
      csns_(csns) {
  state_.last_csn = csns_.last();
}

ldup::Csn ChangeWriter::next_csn() {
  return state_.last_csn = csns_.next();
}

void ChangeWriter::see_csn(const ldup::Csn& csn) {
  if (csn <= csns_.last()) return;
  csns_.see(csn);
  state_.last_csn = csn;
  state_changed_ = true;
}

void ChangeWriter::check_usable() const {
  if (broken_) std::rethrow_exception(broken_);
}

// Throws unless the entry's superior exists, is live and not below the entry itself.
void ChangeWriter::check_place(const StoredEntry& entry, EntryId id) const {
  EntryId at = entry.superior;
  for (int depth = 0; at != no_entry; ++depth) {
    if (at == id) refuse(entry, "its superior is below itself");
    if (depth == max_depth) refuse(entry, "it would lie too deep");
    const auto record = record_of(view_, at);
    if (!record) refuse(entry, "its superior does not exist");
    const auto head = decode_head(*record);
    if (head.tombstone) refuse(entry, "its superior is deleted");
    at = head.superior;
  }
}

// What is there of an entry that is to be replaced or removed.
void ChangeWriter::plan_old(std::string_view record, const RecordHead& head, Plan& plan) {
  plan.old_uuid = head.uuid;
  plan.old_changes = change_keys(plan.id, decode_csns(record));
  plan.was_live = decode_live(plan.id, record, old_live_);
  if (!plan.was_live) return;
  std::string rdn;
  if (!normalize_rdn(head.rdn, head.superior, view_.schema->model(), rdn)) return;
  plan.old_tree_key = tree_key(head.superior, rdn);
  plan.old_namesake_key = namesake_key(head.superior, rdn);
}

ChangeWriter::Plan ChangeWriter::plan_put(const StoredEntry& entry) {
  Plan plan;
  plan.is_new = entry.id == no_entry;
  plan.id = plan.is_new ? state_.next_id : entry.id;
  plan.is_live = !entry.deleted;
  plan.new_uuid = entry.uuid;
  const auto same_uuid = find_uuid(view_, entry.uuid);
  if (same_uuid != no_entry && same_uuid != plan.id) refuse(entry, "another entry has its UUID");

  EntryId old_superior = no_entry;
  if (!plan.is_new) {
    const auto old = record_of(view_, plan.id);
    if (!old) refuse(entry, "there is no entry " + std::to_string(plan.id));
    const auto head = decode_head(*old);
    plan_old(*old, head, plan);
    old_superior = head.superior;
  }
  plan.new_changes = change_keys(plan.id, record_csns_);
  if (plan.is_live) {
    std::string rdn;
    if (!normalize_rdn(entry.rdn, entry.superior, view_.schema->model(), rdn)) refuse(entry, "its RDN is none");
    plan.new_tree_key = tree_key(entry.superior, rdn);
    plan.new_namesake_key = namesake_key(entry.superior, rdn);
    if (plan.new_tree_key != plan.old_tree_key && find_in_tree(view_, plan.new_tree_key) != no_entry) {
      refuse(entry, "another entry has its name");
    }
    if (!plan.was_live || entry.superior != old_superior) check_place(entry, plan.id);
    view_of(entry, new_live_);
  } else if (plan.was_live && store::has_children(view_, plan.id)) {
    refuse(entry, "it has children and cannot be deleted");
  }
  plan.index = indexes_.changes(plan.was_live ? &old_live_ : nullptr, plan.is_live ? &new_live_ : nullptr);
  return plan;
}

EntryId ChangeWriter::put(const StoredEntry& entry) {
  check_usable();
  encode_record(entry, record_, record_csns_);
  const auto plan = plan_put(entry);
  run(plan);
  for (const auto& csn : record_csns_) see_csn(csn);
  return plan.id;
}

void ChangeWriter::erase(EntryId id) {
  check_usable();
  const auto record = record_of(view_, id);
  if (!record) throw LocalError("store: cannot remove entry " + std::to_string(id) + ": there is none");
  if (store::has_children(view_, id)) {
    throw LocalError("store: cannot remove entry " + std::to_string(id) + ": it has children");
  }
  Plan plan;
  plan.id = id;
  plan.erased = true;
  plan_old(*record, decode_head(*record), plan);
  if (plan.was_live) plan.index = indexes_.changes(&old_live_, nullptr);
  run(plan);
}

void ChangeWriter::put_state(std::string_view name, std::string_view bytes) {
  check_usable();
  state_changed_ = true;
  const auto key = state_name(name);
  put_value(view_.tables->meta, to_val(key), to_val(bytes), 0);
}

void ChangeWriter::remove_state(std::string_view name) {
  check_usable();
  state_changed_ = true;
  const auto key = state_name(name);
  remove(view_.tables->meta, to_val(key), nullptr);
}

void ChangeWriter::run(const Plan& plan) {
  const auto& tables = *view_.tables;
  try {
    state_changed_ = true;
    if (plan.old_tree_key != plan.new_tree_key) {
      if (!plan.old_tree_key.empty()) remove(tables.tree, to_val(plan.old_tree_key), nullptr);
      if (!plan.new_tree_key.empty()) put_value(tables.tree, to_val(plan.new_tree_key), to_val(plan.id), 0);
    }
    auto id = to_val(plan.id);
    if (plan.old_namesake_key != plan.new_namesake_key) {
      if (!plan.old_namesake_key.empty()) remove(tables.namesakes, to_val(plan.old_namesake_key), &id);
      if (!plan.new_namesake_key.empty()) put_value(tables.namesakes, to_val(plan.new_namesake_key), id, 0);
    }
    move_changes(plan.old_changes, plan.new_changes);
    if (plan.old_uuid && (plan.erased || *plan.old_uuid != plan.new_uuid)) {
      remove(tables.uuids, to_val(bytes_of(*plan.old_uuid)), nullptr);
    }
    if (!plan.erased && (!plan.old_uuid || *plan.old_uuid != plan.new_uuid)) {
      put_value(tables.uuids, to_val(bytes_of(plan.new_uuid)), to_val(plan.id), 0);
    }
    for (const auto& key : plan.index.removed) remove(tables.index, to_val(key), &id);
    for (const auto& key : plan.index.added) put_value(tables.index, to_val(key), id, MDB_NODUPDATA);
    if (plan.erased) {
      remove(tables.entries, id, nullptr);
    } else {
      // The newest id is the greatest: its record goes to the end, which leaves the pages before it full.
      put_value(tables.entries, id, to_val(record_), plan.is_new ? MDB_APPEND : 0U);
      bytes_ += record_.size();
    }
    if (plan.is_new) ++state_.next_id;
    state_.entries += (plan.is_live ? 1U : 0U);
    state_.entries -= (plan.was_live ? 1U : 0U);
  } catch (...) {
    broken_ = std::current_exception();
    throw;
  }
}

void ChangeWriter::move_changes(const std::vector<std::string>& old, const std::vector<std::string>& fresh) {
  const auto table = view_.tables->changes;
  for (const auto& key : old) {
    if (!std::binary_search(fresh.begin(), fresh.end(), key)) remove(table, to_val(key), nullptr);
  }
  for (const auto& key : fresh) {
    if (!std::binary_search(old.begin(), old.end(), key)) put_value(table, to_val(key), to_val(std::string_view()), 0);
  }
}

void ChangeWriter::put_value(MDB_dbi table, MDB_val key, MDB_val value, unsigned flags) {
  ++steps_;
  const auto code = mdb_put(transaction_.get(), table, &key, &value, flags);
  if (code == MDB_KEYEXIST && (flags & MDB_NODUPDATA) != 0) return;
  check_code(code, "write");
}

void ChangeWriter::remove(MDB_dbi table, MDB_val key, MDB_val* value) {
  ++steps_;
  const auto code = mdb_del(transaction_.get(), table, &key, value);
  if (code != MDB_NOTFOUND) check_code(code, "write");  // check() tells what is missing; here it is as wanted
}

StoreState ChangeWriter::commit() {
  if (!state_changed_) {
    transaction_.abort();
    return state_;
  }
  write_state(transaction_.get(), *view_.tables, state_);
  transaction_.commit();
  return state_;
}

}  // namespace replkit::refserver::store
