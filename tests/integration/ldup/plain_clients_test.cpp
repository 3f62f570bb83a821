// What draft-ietf-ldup-mrm-02 section 3 tells administrators to do with plain LDAP, done with ldapadd, ldapmodify,
// ldapsearch and ldapdelete.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "common/base/files.hpp"
#include "common/base/text.hpp"
#include "common/ldup/oids.hpp"
#include "tests/support/process.hpp"
#include "tests/support/replserver.hpp"
#include "tests/support/slapd.hpp"

namespace replkit::support {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

using Words = std::vector<std::string>;

const std::string top = "dc=example,dc=com";
const std::string r1 = "cn=r1," + top;
const std::string r2 = "cn=r2," + top;
const std::string agreement = "cn=to-r2," + r1;
const std::string manager = "cn=manager," + top;

// The codes of RFC 4511 that clients end with.
constexpr int no_such_attribute = 16;
constexpr int constraint_violation = 19;
constexpr int already_there = 20;
constexpr int insufficient_rights = 50;
constexpr int object_class_violation = 65;

class PlainClients : public ::testing::Test {
 protected:
  PlainClients() : server_(options()) {
    server_.load(
        fmt::format("dn: {}\nobjectClass: domain\ndc: example\n\n"
                    "dn: {}\nobjectClass: person\ncn: manager\nsn: M\nuserPassword: {}\n\n",
                    top, manager, password));
    server_.start();
  }

  // Replication is managed by cn=manager, meta-data by cn=admin only. Nothing is sent: there is nobody.
  static ReplserverOptions options() {
    ReplserverOptions out;
    out.top = "replica_id = \"r1\"\n";
    out.tables = fmt::format(
        "[[access]]\nwho = [\"dn:{}\"]\nrights = [\"read\", \"manage\", \"trigger\"]\n\n"
        "[[access]]\nwho = [\"users\"]\nrights = [\"read\"]\n\n"
        "[audit]\nfile = \"audit.jsonl\"\n\n[replication]\nenabled = true\n",
        manager);
    return out;
  }

  RunResult client(const std::string& program, const Words& words, const std::string& input = {}) const {
    Words all{program, "-x", "-H", server_.uri(), "-D", bind_dn_, "-w", std::string(password)};
    all.insert(all.end(), words.begin(), words.end());
    return run(all, {.input = input, .environment = {"LDAPNOINIT=1", "LDAPCONF"}});
  }
  int add(const std::string& ldif) const { return report(client("ldapadd", {}, ldif)); }
  int modify(const std::string& ldif, const Words& words = {}) const {
    return report(client("ldapmodify", words, ldif));
  }
  int remove(const std::string& dn) const { return report(client("ldapdelete", {dn})); }
  int report(const RunResult& result) const {
    last_error_ = result.err;
    return result.status;
  }
  // With the control of mrm 3.16.
  int force(const std::string& ldif) const {
    return modify(ldif, {"-e", "!" + std::string(ldup::oid::write_unwriteable)});
  }

  // The DNs that a search finds.
  Words search(const std::string& base, const std::string& scope, const std::string& filter,
               const Words& more = {}) const {
    Words words{"-LLL", "-o", "ldif-wrap=no", "-b", base, "-s", scope};
    words.insert(words.end(), more.begin(), more.end());
    words.insert(words.end(), {filter, "1.1"});
    const auto result = client("ldapsearch", words);
    EXPECT_EQ(result.status, 0) << result.err;
    return values(result.out, "dn");
  }
  Words read(const std::string& dn, const std::string& type) const {
    const auto result =
        client("ldapsearch", {"-LLL", "-o", "ldif-wrap=no", "-b", dn, "-s", "base", "(objectClass=*)", type});
    EXPECT_EQ(result.status, 0) << result.err;
    return values(result.out, type);
  }
  static Words values(const std::string& ldif, const std::string& type) {
    Words out;
    for (const auto line : split(ldif, '\n')) {
      if (line.starts_with(type + ": ")) out.emplace_back(line.substr(type.size() + 2));
    }
    return out;
  }

  // 3.1
  int add_area() const {
    return modify(fmt::format("dn: {}\nchangetype: modify\nadd: objectClass\nobjectClass: replicationContext\n", top));
  }
  // 3.4
  int add_replica(const std::string& dn, const std::string& id, const std::string& more = {}) const {
    return add(
        fmt::format("dn: {}\nobjectClass: top\nobjectClass: Subentry\nobjectClass: replicaSubentry\ncn: {}\n"
                    "replicaURI: ldap://{}.example.com\nreplicaType: 2\n{}",
                    dn, id, id, more));
  }
  // 3.7
  int add_agreement() const {
    return add(
        fmt::format("dn: {}\nobjectClass: top\nobjectClass: Subentry\nobjectClass: replicaAgreementSubentry-2\n"
                    "cn: to-r2\nreplicaDN: {}\n",
                    agreement, r2));
  }
  void make_group() {
    ASSERT_EQ(add_area(), 0) << last_error_;
    ASSERT_EQ(add_replica(r1, "r1"), 0) << last_error_;
    ASSERT_EQ(add_replica(r2, "r2"), 0) << last_error_;
    ASSERT_EQ(add_agreement(), 0) << last_error_;
  }
  static std::string replacement(const std::string& dn, const std::string& type, const std::string& value) {
    return fmt::format("dn: {}\nchangetype: modify\nreplace: {}\n{}: {}\n", dn, type, type, value);
  }

  Replserver server_;
  std::string bind_dn_ = manager;
  mutable std::string last_error_;
};

TEST_F(PlainClients, AddAnArea31) {
  EXPECT_THAT(read("", "replicaContextRoots"), IsEmpty());
  EXPECT_EQ(add_area(), 0) << last_error_;
  EXPECT_EQ(add_area(), already_there) << "which the client takes for success";
  EXPECT_THAT(read("", "replicaContextRoots"), ElementsAre(top));
}

TEST_F(PlainClients, AddAReplica34) {
  EXPECT_NE(add_replica(r1, "r1"), 0) << "there is no area";
  ASSERT_EQ(add_area(), 0);
  EXPECT_EQ(add_replica(r1, "r1"), 0) << last_error_;
  EXPECT_THAT(read(r1, "replicaOnline"), ElementsAre("FALSE"));
  EXPECT_THAT(read(r1, "lostAndFoundEntryDN"), ElementsAre("cn=lostAndFound," + top));
  EXPECT_THAT(read(r1, "subtreeSpecification"), ElementsAre("{ }"));
  EXPECT_THAT(read("", "replicaSubentries"), ElementsAre(r1));
  EXPECT_EQ(add(fmt::format("dn: {}\nobjectClass: subentry\nobjectClass: replicaSubentry-2\ncn: r2\n"
                            "replicaURI: ldap://r2.example.com\n",
                            r2)),
            object_class_violation)
      << "without replicaType";
}

TEST_F(PlainClients, FindAndDeleteReplicas32And35) {
  make_group();
  const std::string filter = "(&(objectclass=replicaSubentry-2)(replicaURI=ldap://r2.example.com))";
  ASSERT_THAT(read("", "replicaContextRoots"), ElementsAre(top));
  EXPECT_THAT(search(top, "one", filter), ElementsAre(r2)) << "3.2 names no control";
  EXPECT_THAT(search(top, "one", filter, {"-E", "!subentries=true"}), ElementsAre(r2)) << "3.5 demands it";
  EXPECT_THAT(search(top, "one", "(objectClass=*)"), AllOf(Contains(manager), Not(Contains(r2))));
  EXPECT_THAT(read(r2, "subtreeSpecification"), ElementsAre("{ }"));
  EXPECT_EQ(remove(r2), 0) << last_error_;
  EXPECT_EQ(remove(agreement), 0) << last_error_;
  EXPECT_EQ(remove(r1), 0) << last_error_;
  EXPECT_THAT(read("", "replicaSubentries"), IsEmpty());
}

TEST_F(PlainClients, ChangeTheReplicaType361) {
  make_group();
  EXPECT_EQ(modify(replacement(r2, "replicaType", "3")), constraint_violation) << "without the control";
  EXPECT_EQ(force(replacement(r2, "replicaType", "3")), insufficient_rights) << "the right to meta-data is another";
  bind_dn_ = server_.root_dn();
  EXPECT_EQ(force(replacement(r2, "replicaType", "3")), 0) << last_error_;
  EXPECT_EQ(force(replacement(r2, "replicaType", "3")), 0) << "replace always succeeds";
  EXPECT_EQ(force(fmt::format("dn: {}\nchangetype: modify\nadd: replicaType\nreplicaType: 3\n", r2)), already_there);
  EXPECT_THAT(read(r2, "replicaType"), ElementsAre("3"));
}

TEST_F(PlainClients, ChangeBetweenFullAndFractional362) {
  make_group();
  bind_dn_ = server_.root_dn();
  const auto filter = fmt::format(
      "dn: {}\nchangetype: modify\nadd: attributeExclusionFilter\n"
      "attributeExclusionFilter: userPassword\n-\nadd: attributeInclusionFilter\n"
      "attributeInclusionFilter: *\n",
      r2);
  EXPECT_EQ(force(filter), constraint_violation) << "only read-only replicas are fractional";
  ASSERT_EQ(force(replacement(r2, "replicaType", "3")), 0);
  EXPECT_EQ(force(filter), 0) << last_error_;
  const auto full = fmt::format(
      "dn: {}\nchangetype: modify\ndelete: attributeExclusionFilter\n-\ndelete: attributeInclusionFilter\n", r2);
  EXPECT_EQ(force(full), 0) << last_error_;
  EXPECT_EQ(force(full), no_such_attribute) << "which the client takes for success";
}

TEST_F(PlainClients, ChangeTheReplicaUri363) {
  make_group();
  const auto change = fmt::format(
      "dn: {}\nchangetype: modify\ndelete: replicaURI\nreplicaURI: ldap://r2.example.com\n"
      "-\nadd: replicaURI\nreplicaURI: ldap://new.example.com\n",
      r2);
  EXPECT_EQ(modify(change), 0) << last_error_;
  EXPECT_THAT(read(r2, "replicaURI"), ElementsAre("ldap://new.example.com"));
}

TEST_F(PlainClients, AddAndDeleteAnAgreement37And38) {
  ASSERT_EQ(add_area(), 0);
  EXPECT_NE(add_agreement(), 0) << "there is no supplier";
  ASSERT_EQ(add_replica(r1, "r1"), 0);
  ASSERT_EQ(add_replica(r2, "r2"), 0);
  EXPECT_EQ(add_agreement(), 0) << last_error_;
  EXPECT_THAT(search(r1, "one", "(objectClass=*)"), ElementsAre(agreement));
  EXPECT_EQ(remove(agreement), 0) << last_error_;
  EXPECT_THAT(search(r1, "one", "(objectClass=*)"), IsEmpty());
}

TEST_F(PlainClients, ModifyAnAgreement39) {
  make_group();
  EXPECT_EQ(add(fmt::format("dn: cn=often,{}\nobjectClass: replicaEventSchedule\ncn: often\n"
                            "secondsToWaitDefault: 5\nsecondsToWait1: 1\nattrReplicationGroup1: userPassword\n",
                            r1)),
            0)
      << last_error_;
  const auto change = fmt::format(
      "dn: {}\nchangetype: modify\nreplace: attributeExclusionFilter\nattributeExclusionFilter: telephoneNumber\n-\n"
      "replace: description\ndescription: west\n-\nreplace: replicaDN\nreplicaDN: {}\n-\n"
      "replace: replicationMechanismOID\nreplicationMechanismOID: ietf-ldup-incremental-update\n-\n"
      "replace: replicationCredentialsDN\nreplicationCredentialsDN: cn=credentials,{}\n-\n"
      "replace: replicationScheduleDN\nreplicationScheduleDN: cn=often,{}\n",
      agreement, r2, top, r1);
  EXPECT_EQ(modify(change), 0) << last_error_;
  EXPECT_THAT(read(agreement, "description"), ElementsAre("west"));
  EXPECT_EQ(modify(replacement(agreement, "replicationStatus", "x")), constraint_violation);
}

TEST_F(PlainClients, SuspendAndResume310And311) {
  make_group();
  EXPECT_EQ(modify(replacement(r1, "replicaOnline", "TRUE")), 0) << last_error_;
  EXPECT_THAT(read(r1, "replicaOnline"), ElementsAre("TRUE"));
  EXPECT_EQ(modify(fmt::format("dn: {}\nchangetype: modify\nadd: replicaOnline\nreplicaOnline: TRUE\n", r1)),
            already_there);
  EXPECT_EQ(modify(replacement(r1, "replicaOnline", "FALSE")), 0) << last_error_;
  EXPECT_THAT(read(r1, "replicaOnline"), ElementsAre("FALSE"));
}

TEST_F(PlainClients, WriteTheUnwriteable316) {
  bind_dn_ = server_.root_dn();
  EXPECT_THAT(read("", "supportedControl"), Contains(std::string(ldup::oid::write_unwriteable)));
  EXPECT_THAT(read("", "supportedExtension"), Contains(std::string(ldup::oid::modify_with_meta_data)));
  const auto change = replacement(manager, "createTimestamp", "20200101000000Z");
  EXPECT_EQ(modify(change), constraint_violation);
  EXPECT_EQ(force(change), 0) << last_error_;
  EXPECT_EQ(force(replacement(manager, "hasSubordinates", "TRUE")), constraint_violation);
  const auto audit = read_file(server_.directory() / "audit.jsonl", 1 << 20);
  EXPECT_THAT(audit, HasSubstr("\"write_unwriteable\":true,\"result\":0"));
}

TEST_F(PlainClients, KeepToTheRights) {
  bind_dn_ = server_.root_dn();
  make_group();
  ASSERT_EQ(add(fmt::format("dn: cn=user,{}\nobjectClass: person\ncn: user\nsn: U\nuserPassword: {}\n", top, password)),
            0);
  bind_dn_ = "cn=user," + top;
  EXPECT_EQ(modify(replacement(r1, "replicaOnline", "TRUE")), insufficient_rights);
  EXPECT_EQ(remove(agreement), insufficient_rights);
  EXPECT_EQ(add_replica("cn=r3," + top, "r3"), insufficient_rights);
}

}  // namespace
}  // namespace replkit::support
