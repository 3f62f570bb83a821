#include "tests/refserver/exchange/offline_file.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "common/base/error.hpp"
#include "common/base/files.hpp"
#include "common/ldup/replication_update.hpp"
#include "tests/support/slapd.hpp"
#include "tests/support/temp_dir.hpp"

namespace replkit::refserver::exchange {
namespace {

class OfflineFile : public testing::Test {
 protected:
  support::TempDir folder;
  std::filesystem::path path = folder.path() / "update";

  std::string make(int updates) {
    OfflineWriter writer(path, "a", "cn=b,dc=example");
    for (int i = 0; i < updates; ++i) {
      ldup::EntryUpdate update;
      update.entry = model::Uuid::named({}, std::to_string(i));
      auto& value = update.primitives.emplace_back();
      value.kind = ldup::Primitive::Kind::add_value;
      value.csn = ldup::Csn::parse("20261121000001Z#000001#a#000000");
      value.type = "description";
      value.value = std::string(static_cast<std::size_t>(i) * 1000, 'x');
      writer.write(update);
    }
    ldup::UpdateVector vector;
    vector.merge(ldup::Csn::parse("20261121000001Z#000001#a#000000"));
    writer.finish(vector);
    return read_file(path, std::size_t{16} << 20);
  }
};

TEST_F(OfflineFile, ReadsBackAsWritten) {
  make(100);
  OfflineReader reader(path);
  EXPECT_EQ(reader.header().replica_id, "a");
  EXPECT_EQ(reader.header().area, "cn=b,dc=example");
  for (int i = 0; i < 100; ++i) {
    const auto value = reader.next();
    ASSERT_TRUE(value);
    EXPECT_EQ(ldup::decode_entry_update(*value).entry, model::Uuid::named({}, std::to_string(i)));
  }
  EXPECT_FALSE(reader.next());
  EXPECT_EQ(reader.vector().components().size(), 1);
}

TEST_F(OfflineFile, IsNeverOverwrittenNorLeftHalf) {
  make(1);
  EXPECT_THROW(OfflineWriter(path, "a", "cn=b,dc=example"), LocalError);
  EXPECT_TRUE(std::filesystem::exists(path));
  const auto other = folder.path() / "other";
  const OfflineWriter unfinished(other, "a", "cn=b,dc=example");
  EXPECT_FALSE(std::filesystem::exists(other)) << "whenever it is killed";
}

TEST_F(OfflineFile, IsARegularFile) {
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  EXPECT_THROW(OfflineReader reader(path), LocalError) << "and does not wait for a writer";
  EXPECT_THROW(OfflineReader reader(folder.path()), LocalError);
  EXPECT_THROW(OfflineReader reader("/dev/zero"), LocalError);
}

TEST_F(OfflineFile, EveryCutIsFound) {
  const auto whole = make(3);
  for (std::size_t size = 0; size + 7 < whole.size(); size += size < 400 ? 1 : 13) {  // 7: the unbind at the end
    support::write_file(path, whole.substr(0, size));
    EXPECT_THROW(
        {
          OfflineReader reader(path);
          while (reader.next()) {
          }
        },
        LocalError)
        << size;
  }
}

TEST(OfflineNames, ArePlain) {
  for (const char* good : {"update", "2026-11-21.ldup", "a b"}) EXPECT_TRUE(is_plain_name(good)) << good;
  for (const char* bad : {"", ".", "..", ".a", "a/b", "/a", "a\nb", "../a"}) EXPECT_FALSE(is_plain_name(bad)) << bad;
  EXPECT_FALSE(is_plain_name(std::string(256, 'a')));
  EXPECT_FALSE(is_plain_name(std::string_view("a\0b", 3)));
}

}  // namespace
}  // namespace replkit::refserver::exchange
