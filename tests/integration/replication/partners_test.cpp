// Whom a supplier turns to, when, and what it says when that does not work.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "common/base/time.hpp"
#include "tests/integration/replication/group.hpp"
#include "tests/support/certificates.hpp"
#include "tests/support/temp_dir.hpp"

namespace replkit::replication_test {
namespace {

using nlohmann::json;
using std::chrono::seconds;
using support::Change;

const std::string dead = "ldap://127.0.0.1:1";

// Waits until the agreement of "a" with "b" says this of its last session.
bool status_says(Group& group, const std::string& text) {
  auto a = group.client("a");
  return support::eventually(seconds(20), [&] {
    const auto agreement = a.read("cn=to-b," + Group::replica_dn("a"), {"replicationStatus"});
    if (!agreement || !agreement->attributes.contains("replicationStatus")) return false;
    return agreement->attributes.at("replicationStatus").at(0).find(text) != std::string::npos;
  });
}

bool history_says(Group& group, const std::string& text) {
  return support::eventually(seconds(20), [&] {
    const auto all = group.history("a");
    return std::any_of(all.begin(), all.end(), [&](const json& each) {
      return each["result"] == "failure" && each.value("text", "").find(text) != std::string::npos;
    });
  });
}

TEST(Partners, AreToldOneAfterTheOther) {
  const auto began = system_clock().now();
  Group group({{"a", 2, {}, true, "notify_first = \"1s\"\nnotify_next = \"1s\"\n"}, {"b"}, {"c"}},
              {{"a", "b"}, {"a", "c"}});
  auto a = group.client("a");
  ASSERT_EQ(add_unit(a, "x"), 0);
  ASSERT_TRUE(group.shows("c", unit_dn("x")));
  const auto one = group.session("a", {{"partner", "b"}, {"result", "success"}});
  const auto other = group.session("a", {{"partner", "c"}, {"result", "success"}});
  ASSERT_TRUE(one && other);
  // Times of one form are in their order.
  EXPECT_GE((*one)["started"].get<std::string>(), format_utc(began + seconds(1)));
  EXPECT_GE((*other)["started"].get<std::string>(), format_utc(began + seconds(2)));
}

TEST(Partners, HaveOtherServersToTry) {
  Group group({{"a"}, {"b"}}, {{"a", "b"}, {"b", "a"}});
  ASSERT_TRUE(group.settles());
  auto a = group.client("a");
  const auto uri = group["b"].uri();
  ASSERT_EQ(a.modify(Group::replica_dn("b"), {{Change::replace, "replicaURI", {dead}}}), 0);
  ASSERT_EQ(add_unit(a, "x"), 0);
  EXPECT_TRUE(history_says(group, dead));
  EXPECT_TRUE(status_says(group, "# Failure #"));
  EXPECT_FALSE(group.client("b").read(unit_dn("x")));
  ASSERT_EQ(a.modify(Group::replica_dn("b"), {{Change::add, "replicaSecondaryURI", {uri}}}), 0);
  EXPECT_TRUE(group.shows("b", unit_dn("x")));
  EXPECT_TRUE(group.session("a", {{"peer", uri}, {"result", "success"}}));
  EXPECT_TRUE(status_says(group, "# Success #"));
}

// An agreement whose replica is gone from it is none (infomod-08 7.2.6), until it has one again.
TEST(Partners, ThatAnAgreementDoesNotName) {
  Group group({{"a"}, {"b"}}, {{"a", "b"}, {"b", "a"}});
  ASSERT_TRUE(group.settles());
  auto a = group.client("a");
  const auto agreement = "cn=to-b," + Group::replica_dn("a");
  ASSERT_EQ(a.modify(agreement, {{Change::remove, "replicaDN", {}}}), 0);
  ASSERT_EQ(add_unit(a, "x"), 0);
  EXPECT_EQ(group.trigger_when_free("b", "a", "incremental").code, 0) << "the other way there is one";
  ASSERT_TRUE(group.session("b", {{"direction", "sent"}, {"reason", "triggered"}, {"result", "success"}}));
  EXPECT_FALSE(group.client("b").read(unit_dn("x")));
  ASSERT_EQ(a.modify(agreement, {{Change::add, "replicaDN", {Group::replica_dn("b")}}}), 0);
  EXPECT_TRUE(group.shows("b", unit_dn("x")));
}

TEST(Partners, ThatGiveNoRights) {
  const std::string names = "replicationCredentialsDN: cn=credentials,cn=replkit\n";
  Group group({{"a"}, {"b"}}, {{"a", "b", names}});
  auto a = group.client("a");
  auto b = group.client("b");
  const auto user = "cn=user," + suffix;
  ASSERT_EQ(
      b.add(user, {{"objectClass", {"person"}}, {"cn", {"user"}}, {"sn", {"user"}}, {"userPassword", {"secret"}}}), 0);
  ASSERT_EQ(a.add("cn=credentials,cn=replkit", {{"objectClass", {"ldupSimpleCredentials"}},
                                                {"cn", {"credentials"}},
                                                {"ldupBindDN", {user}},
                                                {"ldupBindPassword", {"secret"}}}),
            0);
  ASSERT_EQ(add_unit(a, "x"), 0);
  EXPECT_TRUE(history_says(group, "permission denied (50)"));
  EXPECT_TRUE(status_says(group, "permission denied (50)"));
  EXPECT_FALSE(b.read(unit_dn("x")));
  ASSERT_EQ(a.modify("cn=credentials,cn=replkit", {{Change::replace, "ldupBindDN", {group.root_dn()}}}), 0);
  EXPECT_TRUE(group.shows("b", unit_dn("x"))) << "it has gone on trying";
  EXPECT_TRUE(status_says(group, "# Success #"));
}

TEST(Partners, WhoseCertificateHasExpired) {
  support::TempDir folder;
  support::Certificates certificates{folder.path()};
  const auto expired = certificates.expired();
  const auto good = certificates.good();
  const auto config = fmt::format("start_tls = true\nca = \"{}\"\n", certificates.ca().string());
  Group group({{"a", 2, {}, true, config}, {"b", 2, {}, true, config}}, {{"a", "b"}}, "none", expired);
  auto a = group.client("a");
  ASSERT_EQ(add_unit(a, "x"), 0);
  EXPECT_TRUE(history_says(group, "expired"));
  EXPECT_TRUE(status_says(group, "expired"));
  EXPECT_FALSE(group.client("b").read(unit_dn("x")));
  using std::filesystem::copy_options;
  std::filesystem::copy_file(good.certificate, expired.certificate, copy_options::overwrite_existing);
  std::filesystem::copy_file(good.key, expired.key, copy_options::overwrite_existing);
  ASSERT_EQ(::kill(group["b"].pid(), SIGHUP), 0);
  EXPECT_TRUE(group.shows("b", unit_dn("x")));
}

}  // namespace
}  // namespace replkit::replication_test
