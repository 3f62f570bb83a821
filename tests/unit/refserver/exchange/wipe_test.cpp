// What a full update begins with: the old content of the area goes.
#include <gtest/gtest.h>

#include "common/base/error.hpp"
#include "tests/refserver/exchange/apply.hpp"
#include "tests/support/temp_dir.hpp"

namespace replkit::refserver::exchange {
namespace {

class Wipe : public testing::Test {
 protected:
  static constexpr int count = 1200;  // more than go in one change

  void SetUp() override {
    area.scope.root = model::Uuid::named({}, "root");
    area.scope.root_dn = area.model.root();
    area.key = area.model.normalized_root();
    store.apply([&](store::Writer& writer) {
      const auto root = writer.put(entry(store::no_entry, "dc", "example", area.scope.root));
      for (int i = 0; i < count; ++i) writer.put(entry(root, "ou", std::to_string(i), model::Uuid::random()));
    });
  }

  static store::StoredEntry entry(store::EntryId superior, const std::string& type, const std::string& name,
                                  const model::Uuid& uuid) {
    store::StoredEntry out;
    out.superior = superior;
    out.rdn = type + "=" + name;
    out.uuid = uuid;
    auto& attribute = out.attributes.emplace_back();
    attribute.description = type;
    attribute.values.push_back({.bytes = name, .csn = ldup::Csn(), .distinguished = true});
    return out;
  }

  std::uint64_t left() const { return store.snapshot()->entry_count(); }

  const schema::Schema schema = schema::Schema::load({"core"});
  const support::TempDir folder;
  store::Store store{
      {.directory = folder.path() / "store", .durability = store::Durability::none}, schema, system_clock()};
  Core core{schema, store, system_clock(), Options(), "a", [](LogLevel, const std::string&) {}};
  LocalArea area{ldup::Area("dc=example", schema.model())};
};

TEST_F(Wipe, RemovesAll) {
  wipe(core, area, [] {});
  EXPECT_EQ(left(), 0);
}

// An inner area keeps its place; what is above it has nothing of its own any more that a full update could not replace.
TEST_F(Wipe, LeavesOnlyNamesAboveInnerAreas) {
  const auto inner = model::Uuid::named({}, "inner");
  area.scope.inner_roots = {inner};
  const ldup::Csn late(Instant{std::chrono::hours{24}}, 0, "b", 0);
  store::EntryId above = store::no_entry;
  store.apply([&](store::Writer& writer) {
    auto between = entry(writer.find(area.scope.root), "ou", "above", model::Uuid::named({}, "above"));
    between.csn = between.rdn_csn = between.superior_csn = late;
    between.attributes.push_back({.description = "description",
                                  .values = {{.bytes = "old", .csn = late}},
                                  .deleted_values = {{.bytes = "older", .csn = late}},
                                  .deleted = {}});
    above = writer.put(between);
    writer.put(entry(above, "ou", "inner", inner));
  });
  wipe(core, area, [] {});
  EXPECT_EQ(left(), 3);
  const auto snapshot = store.snapshot();
  EXPECT_EQ(snapshot->dn(snapshot->find(inner)), "ou=inner,ou=above,dc=example");
  const auto entry = snapshot->load(above);
  EXPECT_TRUE(entry->glue);
  EXPECT_EQ(entry->newest_csn(), ldup::Csn());
  EXPECT_EQ(entry->find("description"), nullptr);
  EXPECT_FALSE(snapshot->load(snapshot->find(area.scope.root))->glue) << "the first of a full update makes it new";
}

// When its supplier is gone, another may begin: what that brings is not to be removed by the one before.
TEST_F(Wipe, StopsBetweenTwoChanges) {
  const auto check = [&] {
    if (left() <= count) throw Cancelled("");
  };
  EXPECT_THROW(wipe(core, area, check), Cancelled);
  EXPECT_GT(left(), 0);
}

}  // namespace
}  // namespace replkit::refserver::exchange
