// How servers bind to each other: as the agreement's credentials say.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/integration/replication/group.hpp"
#include "tests/support/certificates.hpp"
#include "tests/support/temp_dir.hpp"

namespace replkit::replication_test {
namespace {

using nlohmann::json;

class Credentials : public testing::Test {
 protected:
  support::TempDir folder;
  support::Certificates certificates{folder.path()};

  // Two servers whose agreements name cn=credentials,cn=replkit.
  Group make(const support::CertificateFiles& server) {
    const auto mine = certificates.client("replica");
    const auto config = fmt::format("ca = \"{}\"\ncertificate = \"{}\"\nkey = \"{}\"\n", certificates.ca().string(),
                                    mine.certificate.string(), mine.key.string());
    const auto map = fmt::format("\n[[map]]\npattern = \"(?:cn|CN)=replica,.*\"\ndn = \"cn=admin,{}\"\n", suffix);
    const std::string names = "replicationCredentialsDN: cn=credentials,cn=replkit\n";
    return Group({{"a", 2, {}, true, config}, {"b", 2, {}, true, config}}, {{"a", "b", names}, {"b", "a", names}},
                 "none", server, map);
  }

  static void set(Group& group, const std::string& mechanism, const std::string& dn, const std::string& password) {
    for (const auto& id : group.ids()) {
      auto client = group.client(id);
      support::Attributes attributes{{"objectClass", {"ldupSimpleCredentials"}},
                                     {"cn", {"credentials"}},
                                     {"ldupBindMechanism", {mechanism}},
                                     {"ldupStartTLS", {"TRUE"}}};
      if (!dn.empty()) attributes["ldupBindDN"] = {dn};
      if (!password.empty()) attributes["ldupBindPassword"] = {password};
      ASSERT_EQ(client.add("cn=credentials,cn=replkit", attributes), 0);
      const auto found = client.read("cn=credentials,cn=replkit");
      ASSERT_TRUE(found);
      EXPECT_FALSE(found->attributes.contains("ldupBindPassword")) << "never to be read";
    }
  }

  static void expect_flow(Group& group) {
    auto a = group.client("a");
    auto b = group.client("b");
    ASSERT_EQ(add_unit(a, "from a"), 0);
    EXPECT_TRUE(group.shows("b", unit_dn("from a")));
    ASSERT_EQ(add_unit(b, "from b"), 0);
    EXPECT_TRUE(group.shows("a", unit_dn("from b")));
    // It is written when the session is over, which may be later.
    EXPECT_TRUE(support::eventually(std::chrono::seconds(20), [&] {
      auto agreement = a.read("cn=to-b," + Group::replica_dn("a"), {"replicationStatus"});
      const auto& status = agreement->attributes["replicationStatus"];
      return !status.empty() && status.front().find("# Success #") != std::string::npos;
    }));
  }
};

TEST_F(Credentials, SimpleOverStartTls) {
  auto group = make(certificates.good());
  set(group, "simple", group.root_dn(), "secret");
  expect_flow(group);
}

TEST_F(Credentials, ScramOverStartTls) {
  auto group = make(certificates.good());
  set(group, "SCRAM-SHA-256", group.root_dn(), "secret");
  expect_flow(group);
}

TEST_F(Credentials, ACertificate) {
  auto group = make(certificates.good());
  set(group, "EXTERNAL", "", "");
  expect_flow(group);
}

TEST_F(Credentials, NothingIsSentToAServerWhoseCertificateIsWrong) {
  auto group = make(certificates.other_ca());
  set(group, "simple", group.root_dn(), "secret");
  auto a = group.client("a");
  ASSERT_EQ(add_unit(a, "from a"), 0);
  EXPECT_TRUE(support::eventually(std::chrono::seconds(20), [&] {
    const auto agreement = a.read("cn=to-b," + Group::replica_dn("a"), {"replicationStatus"});
    if (!agreement || !agreement->attributes.contains("replicationStatus")) return false;
    const auto& status = agreement->attributes.at("replicationStatus").at(0);
    return status.find("# Failure #") != std::string::npos && status.find("ertificate") != std::string::npos;
  }));
  EXPECT_FALSE(group.client("b").read(unit_dn("from a")));
}

TEST_F(Credentials, ThatAreMissingOrWrongAreReported) {
  auto group = make(certificates.good());
  EXPECT_TRUE(support::eventually(std::chrono::seconds(20), [&] {
    const auto all = group.history("a");
    return std::any_of(all.begin(), all.end(), [](const json& each) {
      return each.value("text", "").find("cn=credentials,cn=replkit are not there") != std::string::npos;
    });
  }));
  set(group, "simple", group.root_dn(), "wrong");
  EXPECT_TRUE(support::eventually(std::chrono::seconds(20), [&] {
    const auto all = group.history("a");
    return std::any_of(all.begin(), all.end(), [](const json& each) {
      return each.value("text", "").find("nvalid credentials") != std::string::npos;
    });
  }));
}

}  // namespace
}  // namespace replkit::replication_test
