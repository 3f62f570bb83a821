#include "tests/refserver/store/index_builder.hpp"

#include <algorithm>
#include <map>

#include "common/base/error.hpp"
#include "common/base/text.hpp"
#include "tests/refserver/store/bytes.hpp"
#include "tests/refserver/store/index_keys.hpp"
#include "tests/refserver/store/meta.hpp"
#include "tests/refserver/store/record.hpp"
#include "tests/refserver/store/schema_digest.hpp"

namespace replkit::refserver::store {

namespace {

// In the meta table: index/TYPE says what index that is, drop/NUMBER what is left to be removed.
constexpr std::string_view index_names = "index/";
constexpr std::string_view drop_names = "drop/";
constexpr std::string_view next_number = "next index";

// How much one transaction takes.
constexpr std::size_t entries_at_once = 10'000;
constexpr std::size_t bytes_at_once = 32U << 20;
constexpr std::size_t drops_at_once = 50'000;

struct Description {
  std::uint32_t number = 0;
  bool ready = false;
  std::string made_of;  // whatever else it depends on
};

std::string made_of(const Index& index, std::string_view schema_digest) {
  std::string out;
  append_number(out, index_key_version);
  append_number(out, (index.presence ? 1U : 0U) | (index.equality ? 2U : 0U) | (index.substring ? 4U : 0U));
  out += schema_digest;
  return out;
}

std::string write_description(const Description& description) {
  std::string out;
  append_number(out, description.number);
  append_number(out, description.ready ? 1 : 0);
  out += description.made_of;
  return out;
}

std::uint32_t to_index_number(std::uint64_t number) {
  if (number > 0xFFFF'FFFFU) fail_damaged("an index has an impossible number");
  return static_cast<std::uint32_t>(number);
}

Description read_description(std::string_view bytes) {
  ByteReader in(bytes);
  Description out;
  out.number = to_index_number(in.number());
  out.ready = in.number() != 0;
  out.made_of = in.bytes(in.left());
  return out;
}

std::map<std::string, Index> wanted_indexes(const std::vector<IndexDefinition>& definitions,
                                            const model::Schema& schema) {
  std::map<std::string, Index> out;
  for (const auto& definition : definitions) {
    const auto name = "index '" + printable(definition.attribute) + "': ";
    const auto* type = schema.attribute(definition.attribute);
    if (type == nullptr) throw UsageError(name + "there is no such attribute type");
    if (definition.substring && !model::substrings_rule_kind(type->substring)) {
      throw UsageError(name + "the type has no substrings rule that could be indexed");
    }
    auto& index = out[type->key];
    index.type = type;
    index.presence |= definition.presence;
    index.equality |= definition.equality;
    index.substring |= definition.substring;
  }
  return out;
}

// Removes an index's keys, as many as one transaction takes. Returns whether there are more.
bool drop_some(MDB_txn* txn, const Tables& tables, const std::string& prefix) {
  Cursor cursor(txn, tables.index);
  for (std::size_t dropped = 0;;) {
    auto key = to_val(prefix);
    MDB_val value{};
    if (!cursor.move(MDB_SET_RANGE, key, value) || !to_view(key).starts_with(prefix)) return false;
    if (dropped >= drops_at_once) return true;
    std::size_t ids = 0;
    check_code(mdb_cursor_count(cursor.get(), &ids), "read");
    dropped += ids;
    check_code(mdb_cursor_del(cursor.get(), MDB_NODUPDATA), "write");
  }
}

void drop(Environment& environment, std::uint32_t number) {
  for (bool more = true; more;) {
    environment.write([&](MDB_txn* txn) {
      more = drop_some(txn, environment.tables(), index_prefix(number));
      if (!more) remove_meta(txn, environment.tables(), std::string(drop_names) + std::to_string(number));
    });
  }
}

// Puts the keys of the entries from `id` on, as many as one transaction takes. Returns the first that is left;
// no_entry: none.
EntryId build_some(MDB_txn* txn, const Tables& tables, const IndexSet& indexes, EntryId id) {
  std::vector<std::pair<std::string, EntryId>> keys;
  LiveEntry live;
  {
    Cursor cursor(txn, tables.entries);
    auto key = to_val(id);
    MDB_val value{};
    std::size_t entries = 0;
    std::size_t bytes = 0;
    bool more = cursor.move(MDB_SET_RANGE, key, value);
    for (; more && entries < entries_at_once && bytes < bytes_at_once; more = cursor.move(MDB_NEXT, key, value)) {
      ++entries;
      const auto here = to_id(key);
      if (!decode_live(here, to_view(value), live)) continue;
      for (auto& added : indexes.changes(nullptr, &live).added) {
        bytes += added.size() + sizeof(EntryId);
        keys.emplace_back(std::move(added), here);
      }
    }
    id = more ? to_id(key) : no_entry;
  }
  std::sort(keys.begin(), keys.end());  // neighbours lie on the same pages
  for (const auto& [bytes, entry] : keys) {
    auto key = to_val(bytes);
    auto value = to_val(entry);
    const auto code = mdb_put(txn, tables.index, &key, &value, MDB_NODUPDATA);
    if (code != MDB_KEYEXIST) check_code(code, "write");
  }
  return id;
}

// What is to be done, as found and written down in the first transaction.
struct Work {
  std::map<std::string, Index> wanted;         // all of them, numbered
  std::map<std::string, Description> fresh;    // those to be built
  std::map<std::string, std::string> to_drop;  // numbers
};

// Keeps what is ready and still wanted, marks all else to be dropped, and gives numbers to what is missing.
void plan(MDB_txn* txn, const Tables& tables, std::string_view digest, Work& work) {
  work.fresh.clear();
  std::map<std::string, std::uint32_t> kept;
  for (const auto& [name, bytes] : list_meta(txn, tables, index_names)) {
    const auto description = read_description(bytes);
    const auto found = work.wanted.find(name);
    if (found != work.wanted.end() && description.ready && description.made_of == made_of(found->second, digest)) {
      kept[name] = description.number;
    } else {
      put_meta(txn, tables, std::string(drop_names) + std::to_string(description.number), "");
      remove_meta(txn, tables, std::string(index_names) + name);
    }
  }
  std::uint32_t number = 0;
  if (const auto bytes = get_meta(txn, tables, next_number)) number = to_index_number(ByteReader(*bytes).number());
  for (auto& [name, index] : work.wanted) {
    if (const auto found = kept.find(name); found != kept.end()) {
      index.number = found->second;
      continue;
    }
    index.number = number++;
    const auto& description = work.fresh[name] = {index.number, false, made_of(index, digest)};
    put_meta(txn, tables, std::string(index_names) + name, write_description(description));
  }
  std::string bytes;
  append_number(bytes, number);
  put_meta(txn, tables, next_number, bytes);
  work.to_drop = list_meta(txn, tables, drop_names);
}

void build(Environment& environment, const model::Schema& schema, Work& work) {
  IndexSet building(schema);
  for (const auto& [name, description] : work.fresh) building.add(work.wanted[name]);
  for (EntryId id = 1; id != no_entry;) {
    EntryId next = no_entry;
    environment.write([&](MDB_txn* txn) {
      next = build_some(txn, environment.tables(), building, id);
      if (next != no_entry) return;
      for (auto& [name, description] : work.fresh) {
        description.ready = true;
        put_meta(txn, environment.tables(), std::string(index_names) + name, write_description(description));
      }
    });
    id = next;
  }
}

}  // namespace

IndexSet open_indexes(Environment& environment, const std::vector<IndexDefinition>& definitions,
                      const model::Schema& schema) {
  Work work;
  work.wanted = wanted_indexes(definitions, schema);
  const auto digest = schema_digest(schema);
  environment.write([&](MDB_txn* txn) { plan(txn, environment.tables(), digest, work); });
  for (const auto& [number, nothing] : work.to_drop) {
    drop(environment, to_index_number(parse_uint(number).value_or(~0ULL)));
  }
  if (!work.fresh.empty()) build(environment, schema, work);
  IndexSet out(schema);
  for (const auto& [name, index] : work.wanted) out.add(index);
  return out;
}

}  // namespace replkit::refserver::store
