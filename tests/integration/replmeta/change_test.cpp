#include <fmt/format.h>

#include "common/base/files.hpp"
#include "tests/integration/replmeta/harness.hpp"

namespace replkit::support {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

// Of the past and of another replica, so that nothing here makes the same.
constexpr const char* paris = "20260101000000Z-000000-paris-000000";

TEST_F(Replmeta, WhatSearchPrintsIsWhatAddTakes) {
  auto& server = start_server();
  const auto before = ldif_of_ada(server);
  const auto all = done(server, {"search", "-b", ada, "-s", "base", "*", "+"});
  done(server, {"delete", "--yes", "--no-record", ada});
  EXPECT_EQ(replmeta(server, {"search", "-b", ada, "-s", "base", "--deleted"}).status, 6);
  done(server, {"add", "--yes"}, all);
  EXPECT_EQ(ldif_of_ada(server), before);
}

TEST_F(Replmeta, WhatDeleteSavedCanBePutBack) {
  auto& server = start_server();
  const auto before = ldif_of_ada(server);
  done(server, {"delete", "--yes", ada});
  EXPECT_THAT(saved(), HasSubstr("Lovelace"));
  done(server, {"add", "--yes"}, saved());
  EXPECT_EQ(ldif_of_ada(server), before);
}

TEST_F(Replmeta, WhatModifySavedCanBePutBack) {
  auto& server = start_server();
  const auto change = fmt::format(
      "dn: {0}\nchangetype: modify\n"
      "replace: sn\nsn: King\n-\n"
      "add: mail\nmail: second@example.com\n-\n"
      "add: mail;x-deleted\nmail;x-deleted: gone@example.com\n-\n"
      "delete: cn\ncn: Ada\n-\nadd: cn\ncn: Augusta\n-\n"
      "add: description\ndescription: new\n-\n",
      ada);
  const auto before = ldif_of_ada(server);
  done(server, {"modify", "--yes"}, change);
  const auto after = ldif_of_ada(server);
  EXPECT_THAT(after, AllOf(HasSubstr(": King\n"), HasSubstr("mail;x-deleted;x-csn-"), HasSubstr(": Augusta\n"),
                           HasSubstr("sn;x-cleared-"), Not(HasSubstr("Lovelace"))));
  done(server, {"modify", "--yes", "--save", (state() / "second.ldif").string()}, saved());
  EXPECT_EQ(ldif_of_ada(server), before);
}

TEST_F(Replmeta, GivenCsnsAreStoredAsTheyAre) {
  auto& server = start_server();
  done(server, {"add", "--yes"},
       fmt::format("dn: uid=eve,{0}\nobjectClass;x-csn-{1}: inetOrgPerson\nuid;x-csn-{1}: eve\ncn;x-csn-{1}: Eve\n"
                   "sn;x-csn-{1}: E\nsn;x-deleted;x-csn-{1}: Old\nmail;x-cleared-{1}:\n",
                   base, paris));
  const auto text = done(server, {"-o", "ldif_wrap=no", "search", "-b", base, "(uid=eve)"});
  EXPECT_THAT(text,
              AllOf(HasSubstr(fmt::format("sn;x-csn-{}: E\n", paris)),
                    HasSubstr(fmt::format("sn;x-deleted;x-csn-{}: Old\n", paris)),
                    HasSubstr(fmt::format("mail;x-cleared-{}:\n", paris)),
                    HasSubstr("createdEntryCSN: 20260101000000Z#000000#paris#000000\n"), Not(HasSubstr("berlin"))));
}

TEST_F(Replmeta, NewCsnsMakeItAChangeOfThisServer) {
  auto& server = start_server();
  const auto before = ldif_of_ada(server);
  done(server, {"delete", "--yes", "--no-record", ada});
  done(server, {"add", "--yes", "--new-csns"}, before);
  const auto after = ldif_of_ada(server);
  EXPECT_NE(after, before);
  EXPECT_THAT(after, AllOf(HasSubstr(": Lovelace\n"), HasSubstr(ada_uuid)));
}

TEST_F(Replmeta, ATombstoneIsRevivedOnlyWhenThatIsSaid) {
  auto& server = start_server();
  done(server, {"delete", "--yes", ada});
  const auto tombstone = done(server, {"search", "-b", base, "--deleted", "(uid=ada)"});
  const auto skipped = replmeta(server, {"add", "--yes"}, tombstone);
  EXPECT_EQ(skipped.status, 0);
  EXPECT_THAT(skipped.out, AllOf(HasSubstr("skipped: "), HasSubstr("--revive")));
  done(server, {"add", "--yes", "--revive"}, tombstone);
  EXPECT_THAT(ldif_of_ada(server), AllOf(HasSubstr(": Lovelace\n"), HasSubstr(ada_uuid)));
}

TEST_F(Replmeta, DeleteChoosesTheRecord) {
  auto& server = start_server();
  // Newer than the entry, whatever the count within its second, and not of the future.
  const auto before = ldif_of_ada(server);
  const auto time = before.substr(before.find("createdEntryCSN: ") + 17, 15);
  const auto older = replmeta(server, {"delete", "--yes", "--csn", "20260301000000Z#0#paris#0", ada});
  EXPECT_EQ(older.status, 6);
  EXPECT_THAT(older.err, HasSubstr("not newer than all that the entry holds"));
  std::filesystem::remove_all(state());
  const auto csn = time + "#999999#paris#000000";
  done(server, {"delete", "--yes", "--csn", csn, ada});
  EXPECT_THAT(done(server, {"search", "-b", base, "--deleted", "(uid=ada)"}),
              HasSubstr("deletedEntryCSN: " + csn + "\n"));
  const auto again = replmeta(server, {"delete", "--yes", ada});
  EXPECT_EQ(again.status, 0) << again.err;
  EXPECT_THAT(again.out, HasSubstr("skipped: uid=ada,dc=example,dc=com: there is no such entry"));
  done(server, {"delete", "--yes", "--no-record", "--uuid", ada_uuid, ada});
  EXPECT_THAT(done(server, {"search", "-b", base, "--deleted", "(uid=ada)"}), HasSubstr("# numEntries: 0\n"));
}

TEST_F(Replmeta, NothingIsSentInADryRunOrWithoutConsent) {
  auto& server = start_server();
  const auto before = ldif_of_ada(server);
  const auto dry = done(server, {"delete", "--dry-run", "--no-record", ada});
  EXPECT_THAT(dry, AllOf(HasSubstr("leaving no record"), HasSubstr("changetype: delete\n")));
  const auto refused = replmeta(server, {"delete", ada});
  EXPECT_EQ(refused.status, 3);
  EXPECT_THAT(refused.err, HasSubstr("--yes"));
  EXPECT_EQ(ldif_of_ada(server), before);
  EXPECT_TRUE(audit().empty());
}

TEST_F(Replmeta, EveryChangeIsRecordedWithoutPasswords) {
  auto& server = start_server();
  const auto change = fmt::format("dn: {}\nchangetype: modify\nreplace: userPassword\nuserPassword: ", ada);
  EXPECT_EQ(replmeta(server, {"modify", "--yes"}, change + "quite-secret\n-\n").status, 6) << "only hashes are taken";
  done(server, {"modify", "--yes"}, fmt::format("dn: {}\nchangetype: modify\nreplace: sn\nsn: King\n-\n", ada));
  const auto lines = audit();
  ASSERT_EQ(lines.size(), 4U);
  EXPECT_EQ(lines[0]["state"], "sent");
  EXPECT_EQ(lines[1]["state"], "failed");
  EXPECT_EQ(lines[3]["state"], "done");
  EXPECT_EQ(lines[3]["command"], "replmeta modify");
  EXPECT_EQ(lines[3]["dn"], ada);
  EXPECT_THAT(lines[1].dump(), Not(HasSubstr("quite-secret")));
  EXPECT_THAT(saved(), Not(HasSubstr("userPassword"))) << "what is not shown must not be removed on the way back";
}

TEST_F(Replmeta, BadInputNamesThePlace) {
  auto& server = start_server();
  const auto bad = replmeta(server, {"add", "--yes"}, "dn: dc=x\ndc: x\n\ndn: dc=y\ndc;x-csn-2026: y\n");
  EXPECT_EQ(bad.status, 7);
  EXPECT_THAT(bad.err, AllOf(HasSubstr("standard input:4: "), HasSubstr("x-csn-2026")));
  EXPECT_EQ(replmeta(server, {"modify", "--yes"}, "dn: dc=x\ndc: x\n").status, 7);
  EXPECT_EQ(replmeta(server, {"add", "--yes"}, "dn: dc=x\nchangetype: delete\n").status, 7);
  EXPECT_EQ(replmeta(server, {"delete", "--yes", "--csn", "x", ada}).status, 3);
  EXPECT_EQ(replmeta(server, {"delete", "--yes", "--csn", "20260301000000Z#0#a#0", "--no-record", ada}).status, 3);
  EXPECT_TRUE(audit().empty());
}

TEST_F(Replmeta, RefusalsSayWhatToDo) {
  auto& server = start_server();
  const auto twice = replmeta(server, {"add", "--yes"}, ldif_of_ada(server));
  EXPECT_EQ(twice.status, 6);
  EXPECT_THAT(twice.err, HasSubstr("replmeta modify changes it"));
  const auto base_first = replmeta(server, {"delete", "--yes", base});
  EXPECT_EQ(base_first.status, 6);
  EXPECT_THAT(base_first.err, HasSubstr("delete the entries below it first"));
}

TEST_F(Replmeta, AfterAFailureTheRestIsNotTriedUnlessToldSo) {
  auto& server = start_server();
  const auto eve = fmt::format("\ndn: uid=eve,{0}\nobjectClass: inetOrgPerson\nuid: eve\ncn: Eve\nsn: E\n", base);
  const auto input = ldif_of_ada(server) + eve;
  const auto stopped = replmeta(server, {"add", "--yes"}, input);
  EXPECT_EQ(stopped.status, 6);
  EXPECT_THAT(stopped.out, HasSubstr("not tried: uid=eve,dc=example,dc=com\n"));
  const auto went_on = replmeta(server, {"add", "--yes", "-c"}, input);
  EXPECT_EQ(went_on.status, 2) << "some of it was done";
  EXPECT_THAT(went_on.out, HasSubstr("done: uid=eve,dc=example,dc=com"));
}

}  // namespace
}  // namespace replkit::support
