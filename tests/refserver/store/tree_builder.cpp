#include "tests/refserver/store/tree_builder.hpp"

#include "common/base/error.hpp"
#include "common/base/text.hpp"
#include "tests/refserver/store/bytes.hpp"
#include "tests/refserver/store/meta.hpp"
#include "tests/refserver/store/schema_digest.hpp"
#include "tests/refserver/store/view.hpp"

namespace replkit::refserver::store {

namespace {

constexpr std::string_view digest_name = "tree schema";

// Calls `visit` with the keys (in the tree, among the namesakes) that every live entry should have, its id and its RDN,
// until it returns false.
template <typename Visit>
void for_each_name(MDB_txn* txn, const Tables& tables, const model::Schema& schema, Visit visit) {
  Cursor cursor(txn, tables.entries);
  MDB_val key{};
  MDB_val value{};
  std::string rdn;
  for (bool more = cursor.move(MDB_FIRST, key, value); more; more = cursor.move(MDB_NEXT, key, value)) {
    const auto head = decode_head(to_view(value));
    if (head.tombstone) continue;
    if (!normalize_rdn(head.rdn, head.superior, schema, rdn)) fail_damaged("an RDN is malformed");
    const auto namesake = namesake_key(head.superior, rdn);
    if (!visit(tree_key(head.superior, rdn), namesake, to_id(key), head.rdn)) return;
  }
}

bool is_right(MDB_txn* txn, const Tables& tables, const model::Schema& schema) {
  bool right = true;
  for_each_name(txn, tables, schema, [&](const std::string& name, const std::string&, EntryId id, std::string_view) {
    const auto found = get(txn, tables.tree, to_val(name));
    return right = found && to_id(to_val(*found)) == id;
  });
  return right;
}

void put_namesake(MDB_txn* txn, const Tables& tables, const std::string& name, EntryId id) {
  auto key = to_val(name);
  auto value = to_val(id);
  check_code(mdb_put(txn, tables.namesakes, &key, &value, 0), "write");
}

void rebuild(MDB_txn* txn, const Tables& tables, const model::Schema& schema) {
  check_code(mdb_drop(txn, tables.tree, 0), "write");
  check_code(mdb_drop(txn, tables.namesakes, 0), "write");
  for_each_name(txn, tables, schema,
                [&](const std::string& name, const std::string& namesake, EntryId id, std::string_view rdn) {
                  auto key = to_val(name);
                  auto value = to_val(id);
                  const auto code = mdb_put(txn, tables.tree, &key, &value, MDB_NOOVERWRITE);
                  if (code == MDB_KEYEXIST) {
                    throw LocalError("store: with this schema, two entries below the same one have the name '" +
                                     printable(rdn.substr(0, 200)) + "'");
                  }
                  check_code(code, "write");
                  if (!namesake.empty()) put_namesake(txn, tables, namesake, id);
                  return true;
                });
}

}  // namespace

void open_tree(Environment& environment, const model::Schema& schema) {
  const auto digest = schema_digest(schema);
  environment.write([&](MDB_txn* txn) {
    const auto& tables = environment.tables();
    if (get_meta(txn, tables, digest_name) == digest) return;
    if (!is_right(txn, tables, schema)) rebuild(txn, tables, schema);
    put_meta(txn, tables, digest_name, digest);
  });
}

}  // namespace replkit::refserver::store
