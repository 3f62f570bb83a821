// repctl history and status on groups that replicate.
#include "tests/integration/repctl/group_harness.hpp"

namespace replkit::replication_test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class History : public OnGroup {};

TEST_F(History, OfAFileAndOfAServer) {
  Group group({{"r1"}, {"r2"}}, {{"r1", "r2"}});
  auto client = group.client("r1");
  ASSERT_EQ(add_unit(client, "one"), 0);
  ASSERT_TRUE(group.shows("r2", unit_dn("one")));
  ASSERT_TRUE(group.session("r1", {{"result", "success"}}));
  const auto file = (group["r1"].directory() / "history").string();
  const auto text = repctl(Words{}, {"history", file, "--partner", "r2"});
  EXPECT_EQ(text.status, 0) << text.err;
  EXPECT_THAT(text.out, AllOf(HasSubstr("to r2"), HasSubstr("incremental session"), HasSubstr("success")));
  EXPECT_THAT(repctl(Words{}, {"history", file, "--partner", "r3"}).out, Not(HasSubstr("session")));
  const auto json = nlohmann::json::parse(repctl(Words{}, {"history", file, "--limit", "1", "--json"}).out);
  ASSERT_EQ(json["records"].size(), 1U);
  EXPECT_EQ(json["records"][0]["record"]["partner"], "r2");
  std::filesystem::create_directories(state());
  support::write_file(state() / "bad", "nonsense\n");
  const auto bad = repctl(Words{}, {"history", (state() / "bad").string(), file});
  EXPECT_EQ(bad.status, 2);
  EXPECT_THAT(bad.err, HasSubstr("bad:1: passed over"));
  EXPECT_THAT(bad.out, HasSubstr("to r2"));
  EXPECT_EQ(repctl(Words{}, {"history", (state() / "none").string()}).status, 7);
  EXPECT_EQ(repctl(Words{}, {"history", file, "--since", "yesterday"}).status, 3);

  EXPECT_TRUE(support::eventually(std::chrono::seconds(20), [&] {
    const auto remote = repctl(group["r1"].uri(), {"history"});
    return remote.status == 0 && remote.out.find("success") != std::string::npos;
  }));
  EXPECT_EQ(repctl(group["r1"].uri(), {"history", "--failed"}).status, 3) << "a server tells the last session only";
}

TEST_F(History, StatusFindsWhatIsWrongWithTheGroup) {
  Group group({{"r1"}, {"r2"}, {"r3"}}, {{"r1", "r2"}, {"r2", "r1"}, {"r2", "r3"}, {"r3", "r2"}});
  ASSERT_TRUE(group.session("r3", {{"result", "success"}, {"direction", "sent"}}));
  const auto codes = [&] {
    const auto result = repctl(all(group), {"status", "--json"});
    std::string out = std::to_string(result.status);
    const auto json = nlohmann::json::parse(result.out);
    for (const auto& finding : json["findings"]) {
      if (finding["severity"] != "note") out += " " + finding["code"].get<std::string>();
    }
    return out;
  };
  // Until all have begun some cannot be reached.
  EXPECT_TRUE(support::eventually(std::chrono::seconds(20), [&] { return codes() == "0"; })) << codes();
  ASSERT_EQ(repctl(all(group), {"--yes", "replica", "suspend", "r2"}).status, 0);
  EXPECT_THAT(codes(), AllOf(testing::StartsWith("1"), HasSubstr("suspended"), Not(HasSubstr("unreachable"))));
  // On one server only, while they do not replicate.
  ASSERT_EQ(repctl(group["r1"].uri(), {"--yes", "agreement", "delete", "r2", "to-r3"}).status, 0);
  EXPECT_THAT(codes(), AllOf(HasSubstr("agreement-list"), HasSubstr("unreachable")));
}

}  // namespace
}  // namespace replkit::replication_test
