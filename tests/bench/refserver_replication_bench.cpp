// How fast what is replicated is found and applied, without the wire. Prints one line a measure.
// usage: refserver_replication_bench FOLDER [ENTRIES]
#include <fmt/format.h>

#include <chrono>
#include <cstdlib>
#include <functional>
#include <vector>

#include "common/base/error.hpp"
#include "tests/refserver/replication/harvest.hpp"
#include "tests/refserver/replication/purge.hpp"
#include "tests/refserver/replication/reconcile.hpp"

namespace {

using namespace replkit;
using namespace replkit::refserver;
using namespace replkit::refserver::replication;

constexpr std::size_t batch = 256;

void measure(const char* what, std::size_t items, const std::function<void()>& run) {
  const auto start = std::chrono::steady_clock::now();
  run();
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  fmt::print("{:<50} {:>10.0f} /s  ({:.3f} s)\n", what, static_cast<double>(items) / took.count(), took.count());
}

store::StoredEntry person(const std::string& rdn, const std::string& number, const ldup::Csn& csn) {
  store::StoredEntry entry;
  entry.uuid = model::Uuid::random();
  entry.rdn = rdn;
  entry.csn = entry.rdn_csn = entry.superior_csn = csn;
  const auto add = [&](std::string description, std::vector<std::string> values, bool distinguished = false) {
    auto& attribute = entry.attributes.emplace_back();
    attribute.description = std::move(description);
    for (auto& value : values) attribute.values.push_back({std::move(value), csn, distinguished});
  };
  add("objectClass", {"top", "person", "organizationalPerson", "inetOrgPerson"});
  add("uid", {"user" + number}, true);
  add("cn", {"First Last" + number});
  add("sn", {"Last" + number});
  add("mail", {"user" + number + "@example.com"});
  add("telephoneNumber", {"+1 408 555 " + number});
  add("description", {"A person of no importance, number " + number});
  add("userPassword", {std::string(100, 'p')});
  add("createTimestamp", {"20261121120000Z"});
  add("modifyTimestamp", {"20261121120000Z"});
  add("creatorsName", {"cn=admin,dc=example,dc=com"});
  add("modifiersName", {"cn=admin,dc=example,dc=com"});
  return entry;
}

std::vector<ldup::EntryUpdate> harvest(store::Store& from, const Area& area, const model::Schema& schema,
                                       const ldup::UpdateVector& known) {
  const auto snapshot = from.snapshot();
  Harvest harvest(*snapshot, area, schema, known, {});
  std::vector<ldup::EntryUpdate> out;
  while (auto update = harvest.next(*snapshot)) out.push_back(std::move(*update));
  return out;
}

void apply(store::Store& to, const Area& area, const schema::Schema& schema,
           const std::vector<ldup::EntryUpdate>& updates) {
  for (std::size_t first = 0; first < updates.size(); first += batch) {
    to.apply([&](store::Writer& writer) {
      Reconciler reconciler(writer, schema, area, {});
      for (auto i = first; i < std::min(first + batch, updates.size()); ++i) reconciler.apply(updates[i]);
    });
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 3;
  const std::size_t count = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 100'000;
  try {
    const auto schema = schema::Schema::load({"core", "cosine", "inetorgperson"});
    const std::filesystem::path folder = argv[1];
    std::filesystem::create_directory(folder);
    const auto open = [&](const std::string& id) {
      return std::make_unique<store::Store>(store::StoreOptions{.directory = folder / id,
                                                                .durability = store::Durability::none,
                                                                .indexes = {{"uid", false, true, false}},
                                                                .replica_id = id},
                                            schema, system_clock());
    };
    const auto a = open("a");
    const auto b = open("b");
    Area area{model::Uuid::random(), "dc=example", {}, {}};
    std::vector<store::EntryId> ids;
    ldup::Csn first;
    a->apply([&](store::Writer& writer) {
      first = writer.next_csn();
      store::StoredEntry root;
      root.uuid = area.root;
      root.rdn = area.root_dn;
      root.csn = root.rdn_csn = root.superior_csn = first;
      root.attributes = {{"objectClass", {{"domain", first, false}}, {}, {}},
                         {"dc", {{"example", first, true}}, {}, {}}};
      const auto superior = writer.put(root);
      for (std::size_t i = 0; i < count; ++i) {
        auto entry = person("uid=user" + std::to_string(i), std::to_string(i), writer.next_csn());
        entry.superior = superior;
        ids.push_back(writer.put(entry));
      }
    });
    std::vector<ldup::EntryUpdate> updates;
    measure("finding new entries", count, [&] { updates = harvest(*a, area, schema.model(), {}); });
    measure("applying new entries", updates.size(), [&] { apply(*b, area, schema, updates); });
    measure("applying them again", updates.size(), [&] { apply(*b, area, schema, updates); });
    ldup::UpdateVector known;
    known.merge(own_component(*a->snapshot(), "a"));
    const auto modify = [&](std::size_t modulo) {
      a->apply([&](store::Writer& writer) {
        for (std::size_t i = 0; i < ids.size(); i += modulo) {
          auto entry = *writer.load(ids[i]);
          const auto csn = writer.next_csn();
          auto* attribute = entry.find("telephoneNumber");
          attribute->deleted = csn;
          attribute->values = {{"+1 408 555 0000", csn.with_modification(1), false}};
          writer.put(entry);
        }
      });
    };
    modify(1);
    measure("finding modified entries", count, [&] { updates = harvest(*a, area, schema.model(), known); });
    measure("applying modifications of one attribute", updates.size(), [&] { apply(*b, area, schema, updates); });
    known.merge(own_component(*a->snapshot(), "a"));
    measure("finding that nothing is new", 1, [&] { updates = harvest(*a, area, schema.model(), known); });
    modify(count);
    measure("finding one modified entry", 1, [&] { updates = harvest(*a, area, schema.model(), known); });
    const auto bound = own_component(*a->snapshot(), "a");
    std::vector<store::EntryId> found;
    store::EntryId after = store::no_entry;
    measure("looking for what can be purged", count, [&] {
      while (find_purgeable(*b->snapshot(), schema.model(), area, bound, after, 10'000, found)) {
      }
    });
    measure("purging it", found.size(), [&] {
      for (std::size_t i = 0; i < found.size(); i += batch) {
        b->apply([&](store::Writer& writer) {
          purge(writer, schema.model(), area, bound, std::span(found).subspan(i, std::min(batch, found.size() - i)));
        });
      }
    });
    return 0;
  } catch (const Error& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 70;
  }
}
