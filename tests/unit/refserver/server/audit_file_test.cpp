#include "tests/refserver/server/audit_file.hpp"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <nlohmann/json.hpp>

#include "common/base/error.hpp"
#include "common/base/files.hpp"
#include "common/base/text.hpp"
#include "tests/support/temp_dir.hpp"

namespace replkit::refserver::server {
namespace {

struct Made {
  access::Caller caller;
  directory::AuditRecord record;
};

void fill(Made& made) {
  made.caller.dn = "cn=anna";
  made.caller.mechanism = "simple";
  made.caller.connection = 5;
  made.caller.security.peer = "IP=127.0.0.1:1";
  made.record.caller = &made.caller;
  made.record.operation = "modify";
  made.record.dn = "dc=a\n";
  made.record.attributes = {"cn", "sn"};
  made.record.csn = "20260101000000.000000Z#000000#001#000000";
}

std::vector<nlohmann::json> records(const std::filesystem::path& file) {
  std::vector<nlohmann::json> out;
  const auto text = read_file(file, 64 << 20);
  for (const auto each : split(text, '\n')) {
    if (!each.empty()) out.push_back(nlohmann::json::parse(each));
  }
  return out;
}

TEST(AuditFile, OneLineARecord) {
  const support::TempDir dir;
  Made made;
  fill(made);
  {
    AuditFile file({.file = dir / "audit", .required = true}, [](const std::string& what) { ADD_FAILURE() << what; });
    EXPECT_EQ(file.refuses(), std::nullopt);
    file.record(made.record);
    made.record.authenticated_dn = "cn=proxy";
    made.record.result = protocol::ResultCode::no_such_object;
    made.record.csn.clear();
    made.record.attributes.clear();
    made.record.new_dn = "dc=b";
    std::filesystem::rename(dir / "audit", dir / "old");
    file.reopen();
    file.record(made.record);
  }
  struct stat info = {};
  ASSERT_EQ(stat((dir / "audit").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0600U);
  const auto first = records(dir / "old");
  ASSERT_EQ(first.size(), 1U);
  EXPECT_EQ(first[0]["administrator"], "cn=anna");
  EXPECT_FALSE(first[0].contains("as"));
  EXPECT_EQ(first[0]["peer"], "IP=127.0.0.1:1");
  EXPECT_EQ(first[0]["dn"], "dc=a\\0a");
  EXPECT_EQ(first[0]["attributes"], nlohmann::json::array({"cn", "sn"}));
  EXPECT_EQ(first[0]["result"], 0);
  EXPECT_EQ(first[0]["csn"], made.record.csn.empty() ? "20260101000000.000000Z#000000#001#000000" : "");
  const auto second = records(dir / "audit");
  ASSERT_EQ(second.size(), 1U);
  EXPECT_EQ(second[0]["administrator"], "cn=proxy");
  EXPECT_EQ(second[0]["as"], "cn=anna");
  EXPECT_EQ(second[0]["new_dn"], "dc=b");
  EXPECT_EQ(second[0]["result"], 32);
  EXPECT_FALSE(second[0].contains("csn"));
}

TEST(AuditFile, AppendsToWhatIsThere) {
  const support::TempDir dir;
  Made made;
  fill(made);
  for (int i = 0; i < 2; ++i) {
    AuditFile file({.file = dir / "audit", .required = true}, {});
    file.record(made.record);
  }
  EXPECT_EQ(records(dir / "audit").size(), 2U);
  EXPECT_THROW(AuditFile({.file = "/dev/null/audit", .required = true}, {}), LocalError);
}

// /dev/full takes nothing, as a full disk.
TEST(AuditFile, RefusesChangesWhileItCannotBeWrittenAndLosesNothing) {
  const support::TempDir dir;
  std::filesystem::create_symlink("/dev/full", dir / "audit");
  std::vector<std::string> troubles;
  const auto trouble = [&](const std::string& what) { troubles.push_back(what); };
  Made made;
  fill(made);
  AuditFile file({.file = dir / "audit", .required = true}, trouble);
  EXPECT_EQ(file.refuses(), std::nullopt);
  file.record(made.record);
  file.record(made.record);
  EXPECT_NE(file.refuses(), std::nullopt);
  ASSERT_EQ(troubles.size(), 1U) << "said once";
  EXPECT_THAT(troubles[0], ::testing::HasSubstr("No space left on device; changes are refused"));
  std::filesystem::remove(dir / "audit");
  file.reopen();
  EXPECT_EQ(file.refuses(), std::nullopt);
  EXPECT_EQ(records(dir / "audit").size(), 2U);
  EXPECT_EQ(troubles.size(), 2U);

  std::filesystem::remove(dir / "audit");
  std::filesystem::create_symlink("/dev/full", dir / "audit");
  AuditFile lenient({.file = dir / "audit", .required = false}, trouble);
  lenient.record(made.record);
  EXPECT_EQ(lenient.refuses(), std::nullopt);
}

}  // namespace
}  // namespace replkit::refserver::server
