#include <fmt/format.h>

#include "common/base/text.hpp"
#include "tests/integration/replmeta/harness.hpp"

namespace replkit::support {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

TEST_F(Replmeta, SearchShowsCsnsThatOtherReadersOfLdifKeep) {
  auto& server = start_server("berlin-1.x");
  const auto text = ldif_of_ada(server);
  EXPECT_THAT(text, AllOf(HasSubstr("sn;x-csn-"), HasSubstr("-berlin-1--px-000000: Lovelace\n"),
                          HasSubstr(fmt::format("entryUUID: {}\n", ada_uuid)), HasSubstr("createdEntryCSN: ")));
}

TEST_F(Replmeta, SearchTakesFilterAttributesScopeAndLimits) {
  auto& server = start_server();
  const auto some = done(server, {"search", "-b", base, "(uid=ada)", "sn", "mail"});
  EXPECT_THAT(some, AllOf(HasSubstr("sn;x-csn-"), HasSubstr("mail;x-csn-"), Not(HasSubstr("objectClass"))));
  EXPECT_THAT(some, HasSubstr("# numEntries: 1\n"));
  const auto limited = replmeta(server, {"search", "-b", base, "-z", "1"});
  EXPECT_EQ(limited.status, 2) << limited.err;
  EXPECT_THAT(limited.out, HasSubstr("# numEntries: 1 (incomplete)\n"));
  EXPECT_THAT(done(server, {"search", "-b", base, "-s", "one", "sn"}),
              AllOf(HasSubstr("# numEntries: 1\n"), HasSubstr("Lovelace"), Not(HasSubstr("objectClass"))));
}

TEST_F(Replmeta, SearchSaysWhatIsWrong) {
  auto& server = start_server();
  EXPECT_EQ(replmeta(server, {"search", "-b", base, "(uid=ada"}).status, 3);
  EXPECT_EQ(replmeta(server, {"search", "-b", "no dn"}).status, 3);
  EXPECT_EQ(replmeta(server, {"search", "-b", "ou=none,dc=example,dc=com"}).status, 6);
  const auto two = replmeta({server.uri(), start_server().uri()}, {"search", "-b", base});
  EXPECT_EQ(two.status, 3);
  EXPECT_THAT(two.err, HasSubstr("name one with -H"));
}

TEST_F(Replmeta, MetaDataNeedARight) {
  auto& server = start_server();
  bind_dn_ = ada;
  const auto result = replmeta(server, {"search", "-b", base});
  EXPECT_EQ(result.status, 5) << result.err;
  EXPECT_THAT(result.err, HasSubstr("a right of their own, which dn:uid=ada,dc=example,dc=com lacks"));
  EXPECT_EQ(replmeta(server, {"delete", "--yes", ada}).status, 5);
}

TEST_F(Replmeta, SearchFindsTombstonesByTheirLastName) {
  auto& server = start_server();
  done(server, {"delete", "--yes", ada});
  EXPECT_THAT(done(server, {"search", "-b", base, "(uid=ada)"}), HasSubstr("# numEntries: 0\n"));
  const auto found = done(server, {"search", "-b", base, "--deleted", "(uid=ada)"});
  EXPECT_THAT(found, AllOf(HasSubstr("# tombstone"), HasSubstr("dn: uid=ada,dc=example,dc=com\n"),
                           HasSubstr("deletedEntryCSN: "), HasSubstr(ada_uuid)));
}

TEST_F(Replmeta, SearchAsJsonIsAnObjectALine) {
  auto& server = start_server();
  const auto text = done(server, {"--json", "search", "-b", base, "(uid=ada)", "sn"});
  const auto lines = split(text, '\n');
  ASSERT_EQ(lines.size(), 3U) << text;  // the last is empty
  const auto entry = nlohmann::json::parse(lines[0]);
  EXPECT_EQ(entry["schema"], "replmeta/1");
  EXPECT_EQ(entry["dn"], ada);
  EXPECT_EQ(entry["attributes"][0]["values"][0]["written"]["replica"], "berlin");
  EXPECT_EQ(entry["state"]["entryUUID"], ada_uuid);
  EXPECT_EQ(nlohmann::json::parse(lines[1])["complete"], true);
}

TEST_F(Replmeta, NobodyIsToldHowToSayWhoHeIs) {
  auto& server = start_server();
  bind_dn_.clear();
  const auto result = replmeta(server, {"search", "-b", base});
  EXPECT_EQ(result.status, 5) << result.out;
  EXPECT_THAT(result.err, testing::HasSubstr("say who you are with -D and -W"));
}

}  // namespace
}  // namespace replkit::support
