// repctl area on real servers: mrm 3.1, 3.2, 3.3.
#include "common/base/files.hpp"
#include "tests/integration/repctl/harness.hpp"
#include "tests/support/golden.hpp"

namespace replkit::support {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::UnorderedElementsAre;

std::vector<std::string> classes_of(const Replserver& server) {
  return server.root_client().read("dc=example,dc=com")->attributes["objectClass"];
}

TEST_F(Repctl, AreaAddMarksTheEntryOnce) {
  auto& server = start_server();
  EXPECT_THAT(repctl(server, {"area", "list"}).out, HasSubstr("none"));
  EXPECT_THAT(change(server, {"area", "add"}), HasSubstr("done: make dc=example,dc=com an area of replication"));
  EXPECT_THAT(classes_of(server), testing::Contains("replicationContext"));
  EXPECT_THAT(change(server, {"area", "add"}), HasSubstr("already so: dc=example,dc=com is an area"));
  const auto list = read_json(server, {"area", "list"});
  EXPECT_EQ(list["schema"], "repctl/1");
  EXPECT_EQ(list["servers"][0]["areas"][0]["dn"], "dc=example,dc=com");
  // One change, recorded before and after; the second command sent nothing.
  const auto lines = audit();
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(lines[0]["state"], "sent");
  EXPECT_EQ(lines[1]["state"], "done");
  EXPECT_EQ(lines[1]["server"], server.uri());
  EXPECT_EQ(lines[1]["identity"], "dn:cn=admin,dc=example,dc=com");
  EXPECT_THAT(lines[1]["ldif"].get<std::string>(), HasSubstr("add: objectClass\nobjectClass: replicationContext"));
  EXPECT_EQ(std::filesystem::status(audit_file()).permissions(),
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

TEST_F(Repctl, AreaAddWithinAnotherSaysWhatThatEnds) {
  auto& server = server_with_replicas();
  const auto inner = std::string("ou=inner,") + base;
  ASSERT_EQ(server.root_client().add(inner, {{"objectClass", {"organizationalUnit"}}, {"ou", {"inner"}}}), 0);
  area_ = inner;
  const auto result = repctl(server, {"--yes", "area", "add"});
  EXPECT_EQ(result.status, 0) << result.err << result.out;
  EXPECT_THAT(result.err, AllOf(HasSubstr(inner + " lies in the area dc=example,dc=com, which ends there"),
                                HasSubstr("what changes at and below it is not replicated"),
                                HasSubstr("the servers of r2 are not named")));
  const auto status = repctl(server, {"status", "--json"});
  EXPECT_EQ(status.status, 1);
  EXPECT_THAT(status.out, HasSubstr("it has no replica, so that nothing of it is replicated"));
}

TEST_F(Repctl, AreaAddWantsTheEntry) {
  auto& server = start_server(false);
  const auto result = repctl(server, {"area", "add", "--yes"});
  EXPECT_EQ(result.status, 6);
  EXPECT_THAT(result.err, HasSubstr("there is no entry dc=example,dc=com here"));
  EXPECT_THAT(result.err, HasSubstr("repctl area copy-base"));
}

TEST_F(Repctl, AreaDryRunSendsNothing) {
  auto& first = start_server();
  auto& second = start_server();
  const auto result = repctl(Words{first.uri(), second.uri()}, {"area", "add", "--dry-run"});
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_TRUE(matches_golden(result.out, GOLDEN_DIRECTORY "/area-add-dry-run"));
  EXPECT_THAT(classes_of(first), Not(testing::Contains("replicationContext")));
  EXPECT_THAT(audit(), IsEmpty());
}

TEST_F(Repctl, AreaAddOnSeveralServers) {
  auto& first = start_server();
  auto& second = start_server();
  change(first, {"area", "add"});
  const auto result = repctl(Words{first.uri(), second.uri()}, {"area", "add", "--yes", "--json"});
  EXPECT_EQ(result.status, 0) << result.err;
  const auto json = nlohmann::json::parse(result.out);
  ASSERT_EQ(json["steps"].size(), 1U);
  EXPECT_EQ(json["steps"][0]["uri"], second.uri());
  EXPECT_EQ(json["steps"][0]["state"], "done");
  ASSERT_EQ(json["skipped"].size(), 1U);
  EXPECT_EQ(json["skipped"][0]["server"], first.uri());
}

TEST_F(Repctl, AreaDeleteWithoutReplicasUndoesTheAdd) {
  auto& server = start_server();
  change(server, {"area", "add"});
  EXPECT_THAT(change(server, {"area", "delete"}), HasSubstr("done: end the area"));
  EXPECT_THAT(classes_of(server), UnorderedElementsAre("domain", "top"));
  EXPECT_THAT(change(server, {"area", "delete"}), HasSubstr("already so: dc=example,dc=com is no area"));
}

TEST_F(Repctl, AreaDeleteRemovesTheOwnReplicaAndSavesIt) {
  auto& server = server_with_replicas();
  change(server, {"agreement", "add", "r1", "r2"});
  const auto file = state() / "saved.ldif";
  const auto result = repctl(server, {"area", "delete", "--yes", "--save", file.string()});
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_THAT(result.err, HasSubstr("repctl replica delete r1"));
  EXPECT_THAT(result.err, HasSubstr("saved in " + file.string()));
  auto client = server.root_client();
  EXPECT_FALSE(client.read(replica_dn));
  EXPECT_TRUE(client.read("cn=r2,dc=example,dc=com"));
  EXPECT_THAT(classes_of(server), testing::Contains("replicationContext"));
  const auto saved = read_file(file, 1 << 20);
  EXPECT_THAT(saved, HasSubstr("dn: cn=r1,dc=example,dc=com\nchangetype: add\n"));
  EXPECT_THAT(saved, HasSubstr("dn: cn=to-r2,cn=r1,dc=example,dc=com\nchangetype: add\n"));
  EXPECT_EQ(std::filesystem::status(file).permissions(),
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  // What was saved is not written over.
  EXPECT_EQ(repctl(server, {"area", "delete", "--all", "--yes", "--save", file.string()}).status, 7);
  EXPECT_EQ(repctl(server, {"area", "delete", "--all", "--yes"}).status, 0);
  EXPECT_FALSE(client.read("cn=r2,dc=example,dc=com"));
  EXPECT_THAT(classes_of(server), UnorderedElementsAre("domain", "top"));
  EXPECT_FALSE(std::filesystem::is_empty(state() / "replkit/removed"));
}

TEST_F(Repctl, AreaDeleteAsksWhichReplicaIsTheServers) {
  auto& server = start_server();
  change(server, {"area", "add"});
  change(server, {"replica", "create", "r8", "--uri", "ldap://elsewhere.example.com"});
  const auto result = repctl(server, {"area", "delete", "--yes"});
  EXPECT_EQ(result.status, 6);
  EXPECT_THAT(result.err, HasSubstr("still has the replicas r8"));
  EXPECT_THAT(result.err, HasSubstr("--replica ID"));
  EXPECT_EQ(repctl(server, {"area", "delete", "--yes", "--replica", "r8"}).status, 0);
}

TEST_F(Repctl, AreaCopyBaseKeepsTheId) {
  auto& source = start_server();
  auto& target = start_server(false);
  change(source, {"area", "add"});
  const Words copy = {"area", "copy-base", "--from", source.uri(), "--yes"};
  const auto result = repctl(target, copy);
  EXPECT_EQ(result.status, 0) << result.err;
  auto entry = target.root_client().read("dc=example,dc=com", {"*", "entryUUID"});
  ASSERT_TRUE(entry);
  EXPECT_THAT(entry->attributes["entryUUID"], ElementsAre("5b6d4f60-0d2c-4cf4-9d37-6f2c2d5b2c01"));
  EXPECT_THAT(entry->attributes["objectClass"], testing::Contains("replicationContext"));
  EXPECT_THAT(repctl(target, copy).out, HasSubstr("is here already, with the same entryUUID"));
}

TEST_F(Repctl, AreaCopyBaseRefusesAnotherEntryOfThatName) {
  auto& source = start_server();
  auto& target = start_server(false);
  change(source, {"area", "add"});
  ASSERT_EQ(target.root_client().add("dc=example,dc=com", {{"objectClass", {"domain"}}, {"dc", {"example"}}}), 0);
  const auto result = repctl(target, {"area", "copy-base", "--from", source.uri(), "--yes"});
  EXPECT_EQ(result.status, 6);
  EXPECT_THAT(result.err, HasSubstr("but as another entry"));
}

}  // namespace
}  // namespace replkit::support
