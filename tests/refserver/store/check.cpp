#include "tests/refserver/store/check.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "common/base/error.hpp"
#include "common/base/text.hpp"
#include "tests/refserver/store/bytes.hpp"
#include "tests/refserver/store/changes.hpp"
#include "tests/refserver/store/index_set.hpp"

namespace replkit::refserver::store {

namespace {

std::string shown(std::string_view bytes) {
  constexpr std::size_t enough = 100;
  return printable(bytes.substr(0, enough));
}

class Checker {
 public:
  Checker(const View& view, std::size_t limit)
      : view_(view),
        limit_(limit),
        index_(view.txn, view.tables->index),
        changes_(view.txn, view.tables->changes),
        namesakes_(view.txn, view.tables->namesakes),
        state_(read_state(view.txn, *view.tables)) {}

  std::vector<std::string> run() {
    check_entries();
    if (!full()) check_counts();
    return std::move(found_);
  }

 private:
  bool full() const { return found_.size() >= limit_; }

  void report(std::string line) {
    if (!full()) found_.push_back(std::move(line));
  }

  std::size_t size_of(MDB_dbi table) const {
    MDB_stat stat{};
    check_code(mdb_stat(view_.txn, table, &stat), "read");
    return stat.ms_entries;
  }

  // --- From the entries ---

  void check_entries() {
    Cursor cursor(view_.txn, view_.tables->entries);
    MDB_val key{};
    MDB_val value{};
    for (bool more = cursor.move(MDB_FIRST, key, value); more && !full(); more = cursor.move(MDB_NEXT, key, value)) {
      const auto id = to_id(key);
      try {
        check_entry(id, to_view(value));
      } catch (const LocalError& error) {
        report(fmt::format("entry {}: {}", id, error.what()));
      }
    }
  }

  void check_entry(EntryId id, std::string_view record) {
    const auto entry = decode_record(id, record);
    const auto name = fmt::format("entry {} ({})", id, shown(entry.rdn));
    ++entries_;
    if (id >= state_.next_id) report(name + ": its number is yet to be given out");
    if (find_uuid(view_, entry.uuid) != id) report(name + ": its UUID " + entry.uuid.text() + " does not lead to it");
    check_csns(entry, name);
    if (entry.deleted) return;
    ++live_;
    std::string rdn;
    if (!normalize_rdn(entry.rdn, entry.superior, view_.schema->model(), rdn)) {
      report(name + ": its RDN is none");
    } else if (find_in_tree(view_, tree_key(entry.superior, rdn)) != id) {
      report(name + ": its name does not lead to it");
    }
    if (const auto namesake = namesake_key(entry.superior, rdn); !namesake.empty()) {
      auto key = to_val(namesake);
      auto value = to_val(id);
      ++namesake_entries_;
      if (!namesakes_.move(MDB_GET_BOTH, key, value)) report(name + ": the table of namesakes lacks it");
    }
    check_superiors(id, entry.superior, name);
    check_index_keys(id, record, name);
  }

  void check_csns(const StoredEntry& entry, const std::string& name) {
    std::vector<ldup::Csn> csns;
    encode_record(entry, scratch_, csns);
    if (std::any_of(csns.begin(), csns.end(), [this](const ldup::Csn& csn) { return csn > state_.last_csn; })) {
      report(name + ": has a CSN newer than the last one given out or seen");
    }
    for (const auto& bytes : change_keys(entry.id, csns)) {
      auto key = to_val(bytes);
      MDB_val value{};
      ++change_entries_;
      if (!changes_.move(MDB_SET, key, value)) report(name + ": the index of changes lacks one of it");
    }
  }

  // A loop has at least one entry whose superior has a number that is not smaller: only from those all is walked.
  void check_superiors(EntryId id, EntryId superior, const std::string& name) {
    for (int depth = 0; superior != no_entry; ++depth) {
      const auto record = record_of(view_, superior);
      if (!record) return report(fmt::format("{}: above it, entry {} is missing", name, superior));
      const auto head = decode_head(*record);
      if (head.tombstone) return report(fmt::format("{}: above it, entry {} is deleted", name, superior));
      if (depth == 0 && superior < id) return;
      if (superior == id || depth == max_depth) return report(name + ": its superiors go round in a loop");
      superior = head.superior;
    }
  }

  void check_index_keys(EntryId id, std::string_view record, const std::string& name) {
    if (!decode_live(id, record, live_entry_)) return;
    const auto keys = view_.indexes->changes(nullptr, &live_entry_).added;
    index_entries_ += keys.size();
    for (const auto& bytes : keys) {
      auto key = to_val(bytes);
      auto value = to_val(id);
      if (!index_.move(MDB_GET_BOTH, key, value)) report(name + ": the index lacks the key " + shown(bytes));
    }
  }

  // --- To the entries ---

  void check_counts() {
    if (state_.entries != live_) {
      report(fmt::format("the store says that it has {} entries, and has {}", state_.entries, live_));
    }
    if (size_of(view_.tables->tree) != live_) check_tree();
    if (size_of(view_.tables->uuids) != entries_) check_uuids();
    if (size_of(view_.tables->index) != index_entries_) check_index();
    if (size_of(view_.tables->changes) != change_entries_) report("the index of changes holds some that are not there");
    if (size_of(view_.tables->namesakes) != namesake_entries_) {
      report("the table of namesakes holds some that are not there");
    }
  }

  template <typename Visit>
  void for_each(MDB_dbi table, Visit visit) {
    Cursor cursor(view_.txn, table);
    MDB_val key{};
    MDB_val value{};
    for (bool more = cursor.move(MDB_FIRST, key, value); more && !full(); more = cursor.move(MDB_NEXT, key, value)) {
      try {
        visit(to_view(key), to_id(value));
      } catch (const LocalError& error) {
        report(error.what());
      }
    }
  }

  void check_tree() {
    for_each(view_.tables->tree, [&](std::string_view key, EntryId id) {
      std::string rdn;
      const auto record = record_of(view_, id);
      const auto head = record ? decode_head(*record) : RecordHead{};
      const bool right = record && !head.tombstone &&
                         normalize_rdn(head.rdn, head.superior, view_.schema->model(), rdn) &&
                         tree_key(head.superior, rdn) == key;
      if (!right) report(fmt::format("the tree leads to entry {} by a name that it does not have: {}", id, shown(key)));
    });
  }

  void check_uuids() {
    for_each(view_.tables->uuids, [&](std::string_view key, EntryId id) {
      const auto record = record_of(view_, id);
      const auto uuid = record ? decode_head(*record).uuid : model::Uuid{};
      if (!record || !std::equal(key.begin(), key.end(), uuid.bytes.begin(), uuid.bytes.end(),
                                 [](char a, std::uint8_t b) { return static_cast<std::uint8_t>(a) == b; })) {
        report(fmt::format("a UUID leads to entry {}, which does not have it: {}", id, to_hex(key)));
      }
    });
  }

  void check_index() {
    for_each(view_.tables->index, [&](std::string_view key, EntryId id) {
      const auto record = record_of(view_, id);
      bool right = record && decode_live(id, *record, live_entry_);
      if (right) {
        const auto keys = view_.indexes->changes(nullptr, &live_entry_).added;
        right = std::find(keys.begin(), keys.end(), key) != keys.end();
      }
      if (!right) report(fmt::format("the index leads to entry {} by a key that it does not have: {}", id, shown(key)));
    });
  }

  const View& view_;
  std::size_t limit_;
  Cursor index_;
  Cursor changes_;
  Cursor namesakes_;
  StoreState state_;
  std::vector<std::string> found_;
  std::uint64_t entries_ = 0;
  std::uint64_t live_ = 0;
  std::uint64_t index_entries_ = 0;
  std::uint64_t change_entries_ = 0;
  std::uint64_t namesake_entries_ = 0;
  LiveEntry live_entry_;
  std::string scratch_;
};

}  // namespace

std::vector<std::string> check_store(const View& view, std::size_t limit) {
  return Checker(view, limit).run();
}

}  // namespace replkit::refserver::store
