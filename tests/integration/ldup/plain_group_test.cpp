// Two servers that an administrator sets up apart, with ldapadd on each (draft-ietf-ldup-mrm-02 3.1, 3.4, 3.7): the
// entries of replication have one DN on both, and other entryUUIDs.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include "common/base/base64.hpp"
#include "common/ldup/cycle.hpp"
#include "common/ldup/oids.hpp"
#include "tests/support/process.hpp"
#include "tests/support/replserver.hpp"
#include "tests/support/slapd.hpp"

namespace replkit::support {
namespace {

using std::chrono::seconds;
using ::testing::HasSubstr;
using Words = std::vector<std::string>;

const std::string top = "dc=example,dc=com";

class PlainGroup : public ::testing::Test {
 protected:
  PlainGroup() {
    for (auto* each : {&s1_, &s2_}) {
      each->load("dn: dc=example,dc=com\nobjectClass: domain\ndc: example\n");
      each->start();
    }
  }

  static ReplserverOptions options(const std::string& id) {
    ReplserverOptions out;
    out.top = fmt::format("replica_id = \"{}\"\n", id);
    out.tables =
        "[replication]\nbind_dn = \"cn=admin,dc=example,dc=com\"\nbind_password_file = \"password\"\n"
        "retry = \"100ms\"\nretry_most = \"500ms\"\n";
    return out;
  }

  static RunResult client(const Replserver& at, const std::string& program, const Words& words,
                          const std::string& input = {}) {
    Words all{program, "-x", "-H", at.uri(), "-D", at.root_dn(), "-w", std::string(password)};
    all.insert(all.end(), words.begin(), words.end());
    return run(all, {.input = input, .environment = {"LDAPNOINIT=1", "LDAPCONF"}});
  }
  static void change(const Replserver& at, const std::string& ldif) {
    const auto done = client(at, "ldapmodify", {}, ldif);
    ASSERT_EQ(done.status, 0) << done.err;
  }
  static void add_device(const Replserver& at, const std::string& name) {
    change(at, fmt::format("dn: cn={0},{1}\nchangetype: add\nobjectClass: device\ncn: {0}\n", name, top));
  }
  static std::string search(const Replserver& at, const std::string& filter, const std::string& attribute) {
    return client(at, "ldapsearch", {"-LLL", "-o", "ldif-wrap=no", "-b", top, filter, attribute}).out;
  }
  // The same on both: who they are, and that each sends to the other.
  void set_up(const Replserver& at) const {
    std::string ldif =
        fmt::format("dn: {}\nchangetype: modify\nadd: objectClass\nobjectClass: replicationContext\n\n", top);
    for (const auto* each : {&s1_, &s2_}) {
      const std::string id = each == &s1_ ? "s1" : "s2";
      ldif += fmt::format(
          "dn: cn={0},{1}\nchangetype: add\nobjectClass: subentry\nobjectClass: replicaSubentry\ncn: {0}\n"
          "replicaURI: {2}\nreplicaType: 2\nreplicaOnline: TRUE\n\n",
          id, top, each->uri());
    }
    for (const auto& [from, to] : {std::pair{"s1", "s2"}, {"s2", "s1"}}) {
      ldif += fmt::format(
          "dn: cn=to-{1},cn={0},{2}\nchangetype: add\nobjectClass: subentry\nobjectClass: replicaAgreementSubentry-2\n"
          "cn: to-{1}\nreplicaDN: cn={1},{2}\n\n",
          from, to, top);
    }
    change(at, ldif);
  }

  Replserver s1_{options("s1")}, s2_{options("s2")};
};

TEST_F(PlainGroup, SetUpApartIsFilledByOneOfThem) {
  set_up(s1_);
  set_up(s2_);
  add_device(s1_, "first");
  for (const auto* each : {&s1_, &s2_}) {
    EXPECT_TRUE(eventually(seconds(20), [&] {
      return search(*each, "(objectClass=replicaAgreement)", "replicationStatus").find("set up apart") !=
             std::string::npos;
    }));
    EXPECT_THAT(search(*each, "(objectClass=replicaSubentry-2)", "1.1"), Not(HasSubstr("+entryUUID=")));
  }
  EXPECT_EQ(search(s2_, "(cn=first)", "1.1"), "");

  const ldup::TriggerReplicationRequest request{.target = "cn=s2," + top, .uri = s2_.uri(), .file = {}};
  const auto trigger = std::string(ldup::oid::trigger_replication) + "::" + base64_encode(ldup::encode(request));
  // It may be busy with another attempt.
  EXPECT_TRUE(eventually(seconds(20), [&] { return client(s1_, "ldapexop", {trigger}).status == 0; }));
  EXPECT_TRUE(eventually(seconds(20), [&] { return !search(s2_, "(cn=first)", "1.1").empty(); }));

  add_device(s1_, "one");
  EXPECT_TRUE(eventually(seconds(20), [&] { return !search(s2_, "(cn=one)", "1.1").empty(); }));
  add_device(s2_, "two");
  EXPECT_TRUE(eventually(seconds(20), [&] { return !search(s1_, "(cn=two)", "1.1").empty(); }));
  const auto entries = [](const Replserver& at) {
    return search(at, "(|(objectClass=replicaSubentry-2)(objectClass=replicaAgreement))", "entryUUID");
  };
  EXPECT_EQ(entries(s1_), entries(s2_));
  EXPECT_THAT(entries(s1_), Not(HasSubstr("+entryUUID=")));
}

}  // namespace
}  // namespace replkit::support
