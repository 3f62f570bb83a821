#include "tests/refserver/store/record.hpp"

#include <gtest/gtest.h>

#include <random>

#include "common/base/error.hpp"
#include "tests/refserver/store/bytes.hpp"

namespace replkit::refserver::store {
namespace {

ldup::Csn csn(int seconds, std::uint32_t count = 0, std::string replica = "001", std::uint32_t modification = 0) {
  return {Instant{std::chrono::seconds{seconds}}, count, std::move(replica), modification};
}

std::string encode(const StoredEntry& entry) {
  std::string out;
  std::vector<ldup::Csn> csns;
  encode_record(entry, out, csns);
  return out;
}

StoredEntry full_entry() {
  StoredEntry entry;
  entry.id = 7;
  entry.superior = 300;
  entry.uuid = model::Uuid::random();
  entry.rdn = "cn=Barbara Jensen+uid=bj";
  entry.csn = csn(1'700'000'000);
  entry.rdn_csn = csn(1'700'000'001, 70'000, "a.much-longer_replica.id");
  entry.superior_csn = csn(-5, 0xFFFF'FFFF, "", 0xFFFF'FFFF);
  entry.glue = true;
  entry.attributes = {
      {"cn", {{"Barbara Jensen", csn(1'700'000'000), true}, {"Babs", csn(1'700'000'002), false}}, {}, {}},
      {"description;lang-de", {}, {{"alt", csn(1'700'000'003)}, {"", csn(3)}}, csn(1'700'000'004)},
      {"jpegPhoto", {{std::string(70'000, '\xFF'), csn(1'700'000'000), false}}, {}, {}},
      {"seeAlso", {{"", csn(1'700'000'000), false}}, {}, csn(5)},
  };
  return entry;
}

TEST(Record, GivesBackWhatWasWritten) {
  const auto entry = full_entry();
  EXPECT_EQ(decode_record(7, encode(entry)), entry);
  EXPECT_EQ(decode_record(1, encode(StoredEntry{})).attributes.size(), 0U);

  auto tombstone = entry;
  tombstone.deleted = csn(9);
  tombstone.last_dn = "cn=Barbara Jensen+uid=bj,dc=example,dc=com";
  EXPECT_EQ(decode_record(7, encode(tombstone)), tombstone);

  EXPECT_EQ(decode_wanted_superior(encode(tombstone)), std::nullopt);
  tombstone.outlived = csn(10);
  tombstone.given_rdn = "cn=x";
  tombstone.wanted_superior = model::Uuid::random();
  EXPECT_EQ(decode_wanted_superior(encode(tombstone)), tombstone.wanted_superior);
}

TEST(Record, KeepsMicrosecondsBeforeAndAfter1970) {
  for (const auto micros : {-1'500'000LL, -1LL, 0LL, 1LL, 1'700'000'000'123'456LL}) {
    StoredEntry entry;
    entry.csn = {Instant{std::chrono::microseconds{micros}}, 1, "001", 0};
    EXPECT_EQ(decode_record(0, encode(entry)).csn, entry.csn) << micros;
  }
}

TEST(Record, DecodesLiveValuesAsViews) {
  const auto entry = full_entry();
  const auto record = encode(entry);
  LiveEntry live;
  ASSERT_TRUE(decode_live(7, record, live));
  EXPECT_EQ(live.id, 7U);
  EXPECT_EQ(live.superior, 300U);
  EXPECT_EQ(live.uuid, entry.uuid);
  EXPECT_EQ(live.rdn, entry.rdn);
  ASSERT_EQ(live.attributes.size(), 3U) << "an attribute with nothing but deletion records is not live";
  ASSERT_NE(live.find("CN"), nullptr);
  EXPECT_EQ(live.find("CN")->values.size(), 2U);
  EXPECT_EQ(live.find("cn")->values[1], "Babs");
  EXPECT_EQ(live.find("description;lang-de"), nullptr);
  EXPECT_EQ(live.find("seeAlso")->values[0], "");
  const auto* photo = live.find("jpegPhoto")->values[0].data();
  EXPECT_TRUE(photo > record.data() && photo < record.data() + record.size()) << "not a view";
}

TEST(Record, ReusesTheMemoryOfALiveEntry) {
  const auto record = encode(full_entry());
  LiveEntry live;
  ASSERT_TRUE(decode_live(7, record, live));
  const auto* values = live.value_storage.data();
  const auto* attributes = live.attributes.data();
  ASSERT_TRUE(decode_live(7, encode(StoredEntry{}), live));
  EXPECT_TRUE(live.attributes.empty());
  ASSERT_TRUE(decode_live(7, record, live));
  EXPECT_EQ(live.value_storage.data(), values);
  EXPECT_EQ(live.attributes.data(), attributes);
}

TEST(Record, ATombstoneIsNotLive) {
  StoredEntry entry;
  entry.deleted = csn(9);
  LiveEntry live;
  EXPECT_FALSE(decode_live(7, encode(entry), live));
  EXPECT_TRUE(decode_head(encode(entry)).tombstone);
}

TEST(Record, AValueCostsItsBytesAndTwo) {
  auto entry = full_entry();
  const auto before = encode(entry).size();
  entry.attributes[0].values.push_back({"0123456789", csn(1'700'000'002), false});
  EXPECT_EQ(encode(entry).size(), before + 12);
}

TEST(Record, ManyDistinctCsnsFindTheirNumbers) {
  StoredEntry entry;
  entry.attributes.resize(1);
  entry.attributes[0].description = "member";
  for (int i = 0; i < 3000; ++i) {
    entry.attributes[0].values.push_back({std::to_string(i), csn(i % 1000, 0, std::to_string(i % 3)), false});
  }
  EXPECT_EQ(decode_record(0, encode(entry)), entry);
}

// Every record cut short is refused, and none of the changed ones makes it read outside or take memory without bound.
TEST(Record, RefusesDamagedBytes) {
  const auto record = encode(full_entry()).substr(0, 400);
  LiveEntry live;
  for (std::size_t size = 0; size < record.size(); ++size) {
    const std::string cut(record, 0, size);
    EXPECT_THROW(decode_record(7, cut), LocalError) << size;
    EXPECT_THROW(decode_live(7, cut, live), LocalError) << size;
  }
  auto entry = full_entry();
  entry.attributes.erase(entry.attributes.begin() + 2);
  const auto whole = encode(entry);
  EXPECT_THROW(decode_record(7, whole + '\0'), LocalError);
  std::mt19937 random(20261121);
  int refused = 0;
  for (int i = 0; i < 20'000; ++i) {
    auto changed = whole;
    for (auto n = random() % 3 + 1; n > 0; --n) changed[random() % changed.size()] = static_cast<char>(random());
    const std::string exact(changed.data(), changed.size());
    try {
      decode_record(7, exact);
      decode_live(7, exact, live);
    } catch (const LocalError& error) {
      EXPECT_NE(std::string(error.what()).find("the store is damaged: "), std::string::npos);
      ++refused;
    }
  }
  EXPECT_GT(refused, 5'000);
}

}  // namespace
}  // namespace replkit::refserver::store
