// repctl agreement and status on real servers: mrm 3.7, 3.8, 3.9, 4.9.
#include "tests/integration/repctl/harness.hpp"
#include "tests/support/golden.hpp"

namespace replkit::support {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

constexpr const char* agreement_dn = "cn=to-r2,cn=r1,dc=example,dc=com";

TEST_F(Repctl, AgreementAddModifyDelete) {
  auto& server = server_with_replicas();
  EXPECT_THAT(change(server, {"agreement", "add", "r1", "r2", "--description", "west"}),
              HasSubstr("done: add agreement to-r2: r1 supplies r2"));
  const auto read = [&] {
    const auto entry = server.root_client().read(agreement_dn, {"*", "+"});
    return entry ? entry->attributes : Attributes();
  };
  EXPECT_THAT(read()["replicaDN"], ElementsAre("cn=r2,dc=example,dc=com"));
  EXPECT_THAT(change(server, {"agreement", "add", "r1", "r2", "--description", "west"}), HasSubstr("already so"));
  const auto other = repctl(server, {"agreement", "add", "r1", "r2", "--description", "east", "--yes"});
  EXPECT_EQ(other.status, 6);
  EXPECT_THAT(other.err, HasSubstr("with another description: repctl agreement modify changes it"));

  const auto modified = repctl(server, {"agreement", "modify", "r1", "to-r2", "--mechanism", "full", "--credentials",
                                        "cn=nobody,dc=example,dc=com", "--clear", "description", "--yes"});
  EXPECT_EQ(modified.status, 0) << modified.err;
  EXPECT_THAT(modified.err, HasSubstr("shows no entry cn=nobody,dc=example,dc=com"));
  EXPECT_THAT(modified.err, HasSubstr("ends incremental replication"));
  EXPECT_THAT(read()["replicationMechanismOID"], ElementsAre("2.25.181348535598521182392638709585471321732.3.2.1"));
  EXPECT_TRUE(read()["description"].empty());
  EXPECT_THAT(change(server, {"agreement", "modify", "r1", "to-r2", "--mechanism", "ietf-ldup-full-update"}),
              HasSubstr("already so"));

  const auto removed = repctl(server, {"agreement", "delete", "r1", "to-r2", "--yes"});
  EXPECT_EQ(removed.status, 0) << removed.err;
  EXPECT_THAT(removed.err, HasSubstr("the area's last agreement"));
  EXPECT_FALSE(server.root_client().read(agreement_dn));
  EXPECT_THAT(change(server, {"agreement", "delete", "r1", "to-r2"}), HasSubstr("already so"));
}

TEST_F(Repctl, AgreementWantsReplicasAndSense) {
  auto& server = server_with_replicas();
  const auto fails = [&](const Words& words, int status) {
    const auto result = repctl(server, words);
    EXPECT_EQ(result.status, status) << result.err;
    return result.err;
  };
  EXPECT_THAT(fails({"agreement", "add", "r1", "r9"}, 6), HasSubstr("has no replica r9 here"));
  EXPECT_THAT(fails({"agreement", "add", "r1", "r1"}, 3), HasSubstr("its own consumer"));
  EXPECT_THAT(fails({"agreement", "add", "r1", "r2", "--mechanism", "fast"}, 3), HasSubstr("is no mechanism"));
  EXPECT_THAT(fails({"agreement", "modify", "r1", "to-r2", "--description", "x"}, 6), HasSubstr("it has none"));
  EXPECT_THAT(fails({"agreement", "modify", "r1", "to-r2"}, 3), HasSubstr("what is to be changed"));
}

TEST_F(Repctl, AgreementNamesMayBeOdd) {
  auto& server = server_with_replicas();
  const std::string odd = "a, b+\"c\" #1\\";
  change(server, {"agreement", "add", "r1", "r2", "--name", odd});
  const auto json = read_json(server, {"agreement", "list"});
  const auto& agreement = json["servers"][0]["areas"][0]["replicas"][0]["agreements"][0];
  EXPECT_EQ(agreement["name"], odd);
  EXPECT_EQ(agreement["consumer"], "r2");
  change(server, {"agreement", "modify", "r1", odd, "--description", "x"});
  change(server, {"agreement", "delete", "r1", agreement["dn"].get<std::string>()});
}

// On several servers at once it is one entry: replication would keep only one of two with the same name.
TEST_F(Repctl, OneEntryOnSeveralServers) {
  auto& first = server_with_replicas();
  auto& second = start_server();
  change(second, {"area", "add"});
  const Words both{first.uri(), second.uri()};
  const auto uuid = [](const Replserver& server, const std::string& dn) {
    const auto entry = server.root_client().read(dn, {"entryUUID"});
    return entry ? entry->attributes.at("entryUUID").at(0) : std::string("no entry");
  };
  // r1 is on the first server already.
  const auto r1 = repctl(both, {"replica", "create", "r1", "--uri", first.uri(), "--yes"});
  EXPECT_EQ(r1.status, 0) << r1.err;
  EXPECT_EQ(uuid(first, "cn=r1,dc=example,dc=com"), uuid(second, "cn=r1,dc=example,dc=com"));
  const auto r3 = repctl(both, {"replica", "create", "r3", "--uri", second.uri(), "--yes"});
  EXPECT_EQ(r3.status, 0) << r3.err;
  EXPECT_EQ(uuid(first, "cn=r3,dc=example,dc=com"), uuid(second, "cn=r3,dc=example,dc=com"));
  change(first, {"agreement", "add", "r1", "r3"});
  const auto agreement = repctl(both, {"agreement", "add", "r1", "r3", "--yes"});
  EXPECT_EQ(agreement.status, 0) << agreement.err;
  EXPECT_EQ(uuid(first, "cn=to-r3,cn=r1,dc=example,dc=com"), uuid(second, "cn=to-r3,cn=r1,dc=example,dc=com"));
  // One server after the other, with the ID of the first.
  const auto id = uuid(first, "cn=r2,dc=example,dc=com");
  change(second, {"replica", "create", "r2", "--uri", "ldap://r2.example.com", "--uuid", id});
  EXPECT_EQ(uuid(second, "cn=r2,dc=example,dc=com"), id);
  EXPECT_EQ(repctl(second, {"replica", "create", "r4", "--uri", "ldap://r4", "--uuid", "12"}).status, 3);
  change(second, {"replica", "delete", "r2"});
  // Or without: who does the same elsewhere, at the same time, makes the same entry.
  change(second, {"replica", "create", "r2", "--uri", "ldap://r2.example.com"});
  EXPECT_EQ(uuid(second, "cn=r2,dc=example,dc=com"), id);
  change(first, {"agreement", "add", "r2", "r1"});
  change(second, {"agreement", "add", "r2", "r1"});
  EXPECT_EQ(uuid(first, "cn=to-r1,cn=r2,dc=example,dc=com"), uuid(second, "cn=to-r1,cn=r2,dc=example,dc=com"));
  change(second, {"replica", "delete", "r2"});
  // One that is another entry there is not passed over.
  change(second, {"replica", "create", "r2", "--uri", "ldap://r2.example.com", "--uuid",
                  "5b6d4f60-0d2c-4cf4-9d37-6f2c2d5b2cff"});
  const auto r2 = repctl(both, {"replica", "create", "r2", "--uri", "ldap://r2.example.com", "--yes", "--json"});
  EXPECT_EQ(r2.status, 6);
  const auto json = nlohmann::json::parse(r2.out);
  EXPECT_THAT(json["problems"][0]["text"].get<std::string>(), HasSubstr("as another entry than elsewhere"));
}

TEST_F(Repctl, StatusShowsWhatTheServerSays) {
  auto& server = server_with_replicas();
  change(server, {"agreement", "add", "r1", "r2"});
  change(server, {"replica", "resume", "r1"});
  // Nothing leads back from r2, and it is suspended.
  const auto result = repctl(server, {"status"});
  EXPECT_EQ(result.status, 1) << result.err;
  EXPECT_TRUE(matches_golden(result.out, GOLDEN_DIRECTORY "/status"));
  const auto json = nlohmann::json::parse(repctl(server, {"status", "--json"}).out);
  EXPECT_EQ(json["findings"][0]["code"], "unreachable");
  const auto& area = json["servers"][0]["areas"][0];
  EXPECT_EQ(area["replicas"][0]["own"], true);
  EXPECT_EQ(area["replicas"][0]["online"], true);
  EXPECT_EQ(area["replicas"][0]["agreements"][0]["consumer"], "r2");
}

// Other servers know the classes by other names, which all must be found.
TEST_F(Repctl, EntriesOfEverySpellingAreFound) {
  auto& server = server_with_replicas();
  auto client = server.root_client();
  ASSERT_EQ(client.add("cn=by hand,cn=r2,dc=example,dc=com", {{"objectClass", {"top", "subentry", "replicaAgreement"}},
                                                              {"cn", {"by hand"}},
                                                              {"subtreeSpecification", {"{}"}},
                                                              {"replicaDN", {"CN=R1, DC=example,DC=com"}}}),
            0);
  const auto json = read_json(server, {"agreement", "list"});
  const auto& agreement = json["servers"][0]["areas"][0]["replicas"][1]["agreements"][0];
  EXPECT_EQ(agreement["name"], "by hand");
  EXPECT_EQ(agreement["consumer"], "r1");
}

}  // namespace
}  // namespace replkit::support
