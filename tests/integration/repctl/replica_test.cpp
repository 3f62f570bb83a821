// repctl replica on real servers: mrm 3.4, 3.5, 3.6, 3.10, 3.11.
#include "tests/integration/repctl/harness.hpp"
#include "tests/support/golden.hpp"

namespace replkit::support {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Attributes attributes_of(const Replserver& server, const std::string& dn) {
  const auto entry = server.root_client().read(dn, {"*", "+"});
  return entry ? entry->attributes : Attributes();
}

TEST_F(Repctl, ReplicaCreateAddsAWholeSubentry) {
  auto& server = start_server();
  change(server, {"area", "add"});
  const Words words = {"replica", "create", "R1", "--uri", server.uri(), "--description", "the first"};
  EXPECT_THAT(change(server, words), HasSubstr("done: create replica r1"));
  auto entry = attributes_of(server, replica_dn);
  EXPECT_THAT(entry["replicaURI"], ElementsAre(server.uri()));
  EXPECT_THAT(entry["replicaType"], ElementsAre("2"));
  EXPECT_THAT(entry["replicaOnline"], ElementsAre("FALSE"));
  EXPECT_THAT(entry["lostAndFoundEntryDN"], ElementsAre("cn=lostAndFound,dc=example,dc=com"));
  // The same again changes nothing; something else is refused.
  EXPECT_THAT(change(server, words), HasSubstr("already so: the replica r1 is there already"));
  const auto other = repctl(server, {"replica", "create", "r1", "--uri", "ldap://other", "--yes"});
  EXPECT_EQ(other.status, 6);
  EXPECT_THAT(other.err, HasSubstr("with another replicaURI"));
  const auto same_uri = repctl(server, {"replica", "create", "r2", "--uri", server.uri(), "--yes"});
  EXPECT_EQ(same_uri.status, 6);
  EXPECT_THAT(same_uri.err, HasSubstr("is the replica r1 of dc=example,dc=com already"));
  EXPECT_THAT(repctl(server, {"replica", "list"}).out, HasSubstr("r1 (own)  updateable  no"));
}

TEST_F(Repctl, ReplicaCreateWantsAnArea) {
  auto& server = start_server();
  const auto result = repctl(server, {"replica", "create", "r1", "--uri", "ldap://a", "--yes"});
  EXPECT_EQ(result.status, 6);
  EXPECT_THAT(result.err, HasSubstr("is no area of replication"));
  EXPECT_THAT(result.err, HasSubstr("repctl area add"));
}

TEST_F(Repctl, ReplicaCreateRefusesWhatCanNeverWork) {
  auto& server = start_server();
  change(server, {"area", "add"});
  const auto refused = [&](const Words& words) {
    Words all{"replica", "create"};
    all.insert(all.end(), words.begin(), words.end());
    const auto result = repctl(server, all);
    EXPECT_EQ(result.status, 3) << result.out;
    return result.err;
  };
  EXPECT_THAT(refused({"a#b", "--uri", "ldap://a"}), HasSubstr("is no replicaID"));
  EXPECT_THAT(refused({std::string(65, 'a'), "--uri", "ldap://a"}), HasSubstr("is no replicaID"));
  EXPECT_THAT(refused({"r1", "--uri", "http://a"}), HasSubstr("cannot be where a replica is reached"));
  EXPECT_THAT(refused({"r1", "--uri", "ldap://a/dc=x"}), HasSubstr("only host and port"));
  EXPECT_THAT(refused({"r1", "--uri", "ldap://a", "--exclude", "mail"}), HasSubstr("must be read-only"));
  EXPECT_THAT(refused({"r1", "--uri", "ldap://a", "--subtree", "{ base"}),
              HasSubstr("the subtree specification \"{ base\""));
}

TEST_F(Repctl, ReplicaCreateDryRun) {
  auto& server = start_server();
  change(server, {"area", "add"});
  const auto result = repctl(server, {"replica", "create", "r3", "--uri", "ldap://c", "--type", "read-only",
                                      "--exclude", "userPassword,mail", "--dry-run"});
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_TRUE(matches_golden(result.out, GOLDEN_DIRECTORY "/replica-create-dry-run"));
}

TEST_F(Repctl, ReplicaSuspendAndResumeOnEveryServer) {
  auto& server = server_with_replicas();
  EXPECT_THAT(change(server, {"replica", "resume", "r2"}), HasSubstr("done: resume replica r2"));
  EXPECT_THAT(attributes_of(server, "cn=r2,dc=example,dc=com")["replicaOnline"], ElementsAre("TRUE"));
  EXPECT_THAT(change(server, {"replica", "resume", "r2"}), HasSubstr("already so: r2 is online already"));
  change(server, {"replica", "suspend", "r2"});
  EXPECT_THAT(attributes_of(server, "cn=r2,dc=example,dc=com")["replicaOnline"], ElementsAre("FALSE"));
  const auto unknown = repctl(server, {"replica", "suspend", "r9", "--yes"});
  EXPECT_EQ(unknown.status, 6);
  EXPECT_THAT(unknown.err, HasSubstr("has no replica r9 here: it has r1, r2"));
}

TEST_F(Repctl, ReplicaSetUri) {
  auto& server = server_with_replicas();
  const std::string dn = "cn=r2,dc=example,dc=com";
  change(server, {"replica", "set-uri", "r2", "--uri", "ldap://new.example.com"});
  EXPECT_THAT(attributes_of(server, dn)["replicaURI"], ElementsAre("ldap://new.example.com"));
  EXPECT_THAT(change(server, {"replica", "set-uri", "r2", "--uri", "ldap://new.example.com"}), HasSubstr("already so"));
  change(server, {"replica", "set-uri", "r2", "--secondary", "--uri", "ldaps://new.example.com"});
  EXPECT_THAT(attributes_of(server, dn)["replicaSecondaryURI"], ElementsAre("ldaps://new.example.com"));
  change(server, {"replica", "set-uri", "r2", "--secondary", "--old", "ldaps://new.example.com"});
  EXPECT_TRUE(attributes_of(server, dn)["replicaSecondaryURI"].empty());
  const auto wrong = repctl(server, {"replica", "set-uri", "r2", "--uri", "ldap://x", "--old", "ldap://y", "--yes"});
  EXPECT_EQ(wrong.status, 6);
  EXPECT_THAT(wrong.err, HasSubstr("has no replicaURI ldap://y: it has ldap://new.example.com"));
}

TEST_F(Repctl, ReplicaSetTypeAndFilter) {
  auto& server = server_with_replicas();
  const std::string dn = "cn=r2,dc=example,dc=com";
  const auto full = repctl(server, {"replica", "set-filter", "r2", "--exclude", "mail", "--yes"});
  EXPECT_EQ(full.status, 6);
  EXPECT_THAT(full.err, HasSubstr("repctl replica set-type r2 read-only"));
  change(server, {"replica", "set-type", "r2", "read-only"});
  EXPECT_THAT(attributes_of(server, dn)["replicaType"], ElementsAre("3"));
  change(server, {"replica", "set-filter", "r2", "--exclude", "mail"});
  EXPECT_THAT(attributes_of(server, dn)["attributeExclusionFilter"], ElementsAre("mail"));
  EXPECT_THAT(change(server, {"replica", "set-filter", "r2", "--exclude", "mail"}), HasSubstr("already so"));
  const auto back = repctl(server, {"replica", "set-type", "r2", "updateable", "--yes"});
  EXPECT_EQ(back.status, 6);
  EXPECT_THAT(back.err, HasSubstr("set-filter r2 --full"));
  change(server, {"replica", "set-filter", "r2", "--full"});
  EXPECT_TRUE(attributes_of(server, dn)["attributeExclusionFilter"].empty());
  change(server, {"replica", "set-type", "r2", "updateable"});
  EXPECT_EQ(repctl(server, {"replica", "set-filter", "r2"}).status, 3);
}

TEST_F(Repctl, ReplicaDeleteTakesAgreementsWithItAlong) {
  auto& server = server_with_replicas();
  change(server, {"agreement", "add", "r2", "r1"});
  change(server, {"agreement", "add", "r1", "r2"});
  const auto dry = repctl(server, {"replica", "delete", "r2", "--dry-run"});
  EXPECT_THAT(dry.out, HasSubstr("dn: cn=to-r2,cn=r1,dc=example,dc=com\nchangetype: delete"));
  const auto result = repctl(server, {"replica", "delete", "r2", "--yes"});
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("delete agreement to-r2 (of r1, mrm 3.8)"));
  EXPECT_THAT(result.err, HasSubstr("servers that are not named lose these entries when they hear of it"));
  for (const auto* dn : {"cn=r2,dc=example,dc=com", "cn=to-r2,cn=r1,dc=example,dc=com"}) {
    EXPECT_TRUE(attributes_of(server, dn).empty()) << dn;
  }
  EXPECT_FALSE(attributes_of(server, "cn=r1,dc=example,dc=com").empty());
  EXPECT_THAT(change(server, {"replica", "delete", "r2"}), HasSubstr("already so"));
}

}  // namespace
}  // namespace replkit::support
