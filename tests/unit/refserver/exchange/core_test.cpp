// The areas as they change, and what has to be sent again for it.
#include "tests/refserver/exchange/core.hpp"

#include <gtest/gtest.h>

#include "tests/refserver/exchange/covered.hpp"
#include "tests/support/temp_dir.hpp"

namespace replkit::refserver::exchange {
namespace {

const auto outer = model::Uuid::named({}, "outer");
const auto inner = model::Uuid::named({}, "inner");

ldup::Csn csn(int seconds, const std::string& id) {
  return {Instant(std::chrono::seconds(1'800'000'000 + seconds)), 0, id, 0};
}

class Areas : public testing::Test {
 protected:
  void SetUp() override {
    core.notify = [this](const Note& note) { notes.push_back(note); };
    store.apply([&](store::Writer& writer) {
      const auto root = writer.put(entry(store::no_entry, "dc", "example", outer, true));
      writer.put(entry(root, "ou", "inner", inner, false));
    });
  }

  static store::StoredEntry entry(store::EntryId superior, const std::string& type, const std::string& name,
                                  const model::Uuid& uuid, bool is_area) {
    store::StoredEntry out;
    out.superior = superior;
    out.rdn = type + "=" + name;
    out.uuid = uuid;
    const auto add = [&](const std::string& description, const std::string& value, bool distinguished) {
      auto& attribute = out.attributes.emplace_back();
      attribute.description = description;
      attribute.values.push_back({.bytes = value, .csn = ldup::Csn(), .distinguished = distinguished});
    };
    add(type, name, true);
    add("objectClass", is_area ? "replicationContext" : "organizationalUnit", false);
    return out;
  }
  void set_inner(bool is_area) {
    store.apply([&](store::Writer& writer) {
      auto fresh = entry(writer.find(outer), "ou", "inner", inner, is_area);
      fresh.id = writer.find(inner);
      writer.put(fresh);
    });
    core.areas_changed();
  }

  const schema::Schema schema = schema::Schema::load({"core", "ldup"});
  const support::TempDir folder;
  store::Store store{
      {.directory = folder.path() / "store", .durability = store::Durability::none}, schema, system_clock()};
  Core core{schema, store, system_clock(), Options(), "a", [](LogLevel, const std::string&) {}};
  std::vector<Note> notes;
};

// However short an inner area was there: whoever reads the areas next finds out.
TEST_F(Areas, WhatWasChangedInOneThatHasEndedIsNewsOfTheOneAround) {
  ASSERT_EQ(core.areas()->all().size(), 1);
  set_inner(true);
  ASSERT_EQ(core.areas()->all().size(), 2);
  core.vectors.changed(inner, csn(10, "a"));
  EXPECT_TRUE(notes.empty());
  set_inner(false);
  ASSERT_EQ(core.areas()->all().size(), 1);
  EXPECT_TRUE(core.vectors.get(outer).covers(csn(10, "a")));
  ASSERT_EQ(notes.size(), 1);
  EXPECT_EQ(notes.front().root, outer);
}

class CoveredNews : public Areas {
 protected:
  void SetUp() override {
    Areas::SetUp();
    area.scope.root = outer;
    for (const auto* id : {"b", "c"}) area.partners.emplace_back().replica.id = id;
    for (const auto* id : {"a", "b", "d"}) vector.merge(csn(100, id));
  }
  void note(std::initializer_list<ldup::Csn> csns, const std::string& mark) {
    ldup::EntryUpdate update;
    for (const auto& each : csns) update.primitives.emplace_back().csn = each;
    store.apply([&](store::Writer& writer) { note_covered(writer, area, "b", update, vector, mark); });
  }
  Covered found(const std::string& partner) { return covered_for(*store.snapshot(), outer, partner); }

  LocalArea area{ldup::Area("dc=example", schema.model())};
  ldup::UpdateVector vector;
};

TEST_F(CoveredNews, LowersTheVectorsOfOthersBelowIt) {
  note({csn(200, "d"), csn(50, "e")}, "1");
  EXPECT_EQ(found("c").mark, "") << "nothing that the vector covers";
  note({csn(90, "d"), csn(40, "d"), csn(200, "a")}, "2");
  note({csn(60, "d"), csn(70, "b")}, "3");
  const auto lowered = found("c").lowered(vector);
  EXPECT_EQ(lowered.components().at("a"), csn(100, "a"));
  EXPECT_LT(lowered.components().at("b"), csn(70, "b"));
  EXPECT_LT(lowered.components().at("d"), csn(40, "d"));
  EXPECT_GT(lowered.components().at("d"), csn(38, "d"));
  EXPECT_EQ(found("b").lowered(vector), vector) << "it came from there";
  ldup::UpdateVector behind;
  behind.merge(csn(5, "d"));
  EXPECT_EQ(found("c").lowered(behind), behind) << "it is never raised";
}

TEST_F(CoveredNews, StaysUntilAllOfItIsSent) {
  note({csn(40, "d")}, "1");
  const auto sent = found("c");
  note({csn(60, "d")}, "2");
  forget_covered(core, outer, "c", sent);
  EXPECT_EQ(found("c").mark, "2") << "it came while the session was under way";
  forget_covered(core, outer, "c", found("c"));
  EXPECT_EQ(found("c").mark, "");
}

}  // namespace
}  // namespace replkit::refserver::exchange
