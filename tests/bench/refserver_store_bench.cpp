// How fast the reference server's store reads and writes. Prints one line a measure.
// usage: refserver_store_bench FOLDER [ENTRIES]
#include <fmt/format.h>

#include <chrono>
#include <cstdlib>
#include <functional>
#include <future>
#include <thread>
#include <vector>

#include "common/base/error.hpp"
#include "common/base/text.hpp"
#include "common/model/filter.hpp"
#include "tests/refserver/store/store.hpp"

namespace {

using namespace replkit;
using namespace replkit::refserver;
using store::EntryId;

double measure(const char* what, double items, const std::function<void()>& run) {
  const auto start = std::chrono::steady_clock::now();
  run();
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  fmt::print("{:<58} {:>12.0f} /s  ({:.3f} s)\n", what, items / took.count(), took.count());
  return took.count();
}

// An entry as a directory of people has them, with what the server adds to it.
store::StoredEntry person(EntryId superior, std::size_t i, const ldup::Csn& csn) {
  const auto n = std::to_string(i);
  store::StoredEntry entry;
  entry.superior = superior;
  entry.uuid = model::Uuid::random();
  entry.rdn = "uid=user" + n;
  entry.csn = entry.rdn_csn = entry.superior_csn = csn;
  const auto add = [&](std::string description, std::vector<std::string> values, bool distinguished = false) {
    store::StoredAttribute attribute{std::move(description), {}, {}, {}};
    for (auto& value : values) attribute.values.push_back({std::move(value), csn, distinguished});
    entry.attributes.push_back(std::move(attribute));
  };
  add("objectClass", {"top", "person", "organizationalPerson", "inetOrgPerson"});
  add("uid", {"user" + n}, true);
  add("cn", {"First" + n + " Last" + std::to_string(i % 1000)});
  add("sn", {"Last" + std::to_string(i % 1000)});
  add("givenName", {"First" + n});
  add("mail", {"user" + n + "@example.com"});
  add("telephoneNumber", {"+1 408 555 " + n});
  add("description", {"A person of no importance, number " + n});
  add("employeeNumber", {n});
  add("userPassword", {std::string(100, 'p')});
  add("createTimestamp", {"20261121120000Z"});
  add("modifyTimestamp", {"20261121120000Z"});
  add("creatorsName", {"cn=admin,dc=example,dc=com"});
  add("modifiersName", {"cn=admin,dc=example,dc=com"});
  add("structuralObjectClass", {"inetOrgPerson"});
  return entry;
}

struct Tree {
  EntryId top = store::no_entry;
  EntryId people = store::no_entry;
};

Tree import(store::Store& to, std::size_t entries) {
  Tree tree;
  to.apply([&](store::Writer& writer) {
    const auto csn = writer.next_csn();
    auto entry = person(store::no_entry, 1'000'000'000, csn);
    entry.rdn = "dc=example,dc=com";
    tree.top = writer.put(entry);
    entry = person(tree.top, 1'000'000'001, csn);
    entry.rdn = "ou=people";
    tree.people = writer.put(entry);
  });
  constexpr std::size_t at_once = 1000;
  for (std::size_t first = 0; first < entries; first += at_once) {
    to.apply([&](store::Writer& writer) {
      for (std::size_t i = first; i < std::min(first + at_once, entries); ++i) {
        writer.put(person(tree.people, i, writer.next_csn()));
      }
    });
  }
  return tree;
}

void walk(const store::Store& from, EntryId superior, std::size_t expected) {
  std::string after;
  std::vector<EntryId> ids;
  store::LiveEntry live;
  std::size_t read = 0;
  std::size_t bytes = 0;
  for (bool more = true; more;) {
    const auto snapshot = from.snapshot();
    ids.clear();
    more = snapshot->children(superior, after, 500, ids);
    for (const auto id : ids) {
      if (!snapshot->read(id, live)) continue;
      ++read;
      for (const auto value : live.value_storage) bytes += value.size();
    }
  }
  if (read != expected || bytes == 0) throw LocalError("the walk read " + std::to_string(read));
}

void search(const store::Store& from, const std::string& text, std::size_t expected) {
  const auto snapshot = from.snapshot();
  const auto found = snapshot->candidates(model::Filter::parse(text), 10'000'000);
  store::LiveEntry live;
  std::size_t read = 0;
  if (found) {
    for (const auto id : *found) read += snapshot->read(id, live) ? 1U : 0U;
  }
  if (read != expected) throw LocalError(text + " found " + std::to_string(read));
}

void write(store::Store& to, EntryId superior, std::size_t threads, std::size_t changes, std::size_t first) {
  std::vector<std::thread> running;
  for (std::size_t t = 0; t < threads; ++t) {
    running.emplace_back([&, t] {
      for (std::size_t i = t; i < changes; i += threads) {
        to.apply([&](store::Writer& writer) { writer.put(person(superior, first + i, writer.next_csn())); });
      }
    });
  }
  for (auto& thread : running) thread.join();
}

void run(const std::filesystem::path& folder, std::size_t entries) {
  const auto schema = schema::Schema::load({"core", "cosine", "inetorgperson"});
  const auto count = static_cast<double>(entries);
  store::StoreOptions options;
  options.directory = folder / "plain";
  options.durability = store::Durability::none;
  {
    store::Store plain(options, schema, system_clock());
    measure("import, no index", count, [&] { import(plain, entries); });
  }
  fmt::print("{:<58} {:>12.0f}\n", "bytes an entry on disk, no index",
             static_cast<double>(std::filesystem::file_size(options.directory / "data.mdb")) / count);
  options.directory = folder / "indexed";
  options.indexes = {{"objectClass", false, true, false},
                     {"uid", false, true, false},
                     {"cn", false, true, false},
                     {"mail", false, true, false}};
  Tree tree;
  {
    store::Store indexed(options, schema, system_clock());
    measure("import, 4 equality indexes", count, [&] { tree = import(indexed, entries); });
  }
  fmt::print("{:<58} {:>12.0f}\n", "bytes an entry on disk, 4 equality indexes",
             static_cast<double>(std::filesystem::file_size(options.directory / "data.mdb")) / count);

  options.durability = store::Durability::full;
  store::Store store(options, schema, system_clock());
  for (int i = 0; i < 3; ++i)
    measure("children() and read(), in name order", count, [&] { walk(store, tree.people, entries); });
  for (int i = 0; i < 3; ++i) {
    measure("candidates((objectClass=person)) and read(), all", count,
            [&] { search(store, "(objectClass=person)", entries + 2); });
  }
  constexpr std::size_t searches = 100'000;
  measure("candidates((uid=...)) and read(), one each", searches, [&] {
    for (std::size_t i = 0; i < searches; ++i) {
      search(store, "(uid=user" + std::to_string(i * 7919 % entries) + ")", 1);
    }
  });
  measure("find() by DN, depth 3", searches, [&] {
    for (std::size_t i = 0; i < searches; ++i) {
      const auto dn = "uid=user" + std::to_string(i * 7919 % entries) + ",ou=people,dc=example,dc=com";
      if (store.snapshot()->find(dn) == store::no_entry) throw LocalError(dn + " is missing");
    }
  });
  constexpr std::size_t changes = 4'000;
  measure("put, durable, 1 submitter", changes, [&] { write(store, tree.people, 1, changes, entries); });
  measure("put, durable, 8 submitters", changes, [&] { write(store, tree.people, 8, changes, entries + changes); });
  measure("check()", count, [&] {
    if (!store.check(1).empty()) throw LocalError(store.check(1).front());
  });
  measure("backup()", count, [&] { store.backup(folder / "backup"); });
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 3;
  try {
    run(argv[1], argc > 2 ? parse_uint(argv[2]).value_or(1) : 100'000);
  } catch (const Error& error) {
    fmt::print(stderr, "refserver_store_bench: {}\n", error.what());
    return static_cast<int>(error.status());
  }
}
