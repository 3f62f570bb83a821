// What a replica may do and hold: read-only, fractional, and over which connections it is managed.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "common/base/cancel.hpp"
#include "common/base/files.hpp"
#include "common/ldap/extended.hpp"
#include "common/ldup/cycle.hpp"
#include "common/ldup/grouping.hpp"
#include "common/ldup/oids.hpp"
#include "common/ldup/session.hpp"
#include "tests/integration/replication/group.hpp"
#include "tests/support/process.hpp"

namespace replkit::replication_test {
namespace {

using support::Change;
using testing::HasSubstr;
using testing::Not;

// Has OpenLDAP's program do it, whose words about referrals are for people.
support::RunResult ldapmodify(Group& group, const std::string& at, const std::string& ldif, bool force = false) {
  std::vector<std::string> words{"ldapmodify", "-x", "-H", group[at].uri(), "-D", group.root_dn(), "-w", "secret"};
  if (force) words.insert(words.end(), {"-e", "!" + std::string(ldup::oid::write_unwriteable)});
  return support::run(words, {.input = ldif, .environment = {"LDAPNOINIT=1", "LDAPCONF"}});
}

std::string unit_ldif(const std::string& name) {
  return fmt::format("dn: {}\nchangetype: add\nobjectClass: organizationalUnit\nou: {}\n", unit_dn(name), name);
}

// mrm 4.16, 4.17.
TEST(Roles, AReadOnlyReplicaBecomesUpdateableAndBack) {
  constexpr int referral = 10;
  Group group({{"a"}, {"b", 3}, {"c", 3}});
  auto a = group.client("a");
  const auto refused = ldapmodify(group, "b", unit_ldif("x"));
  EXPECT_EQ(refused.status, referral);
  EXPECT_THAT(refused.err, HasSubstr(group["a"].uri()));
  EXPECT_THAT(refused.err, Not(HasSubstr(group["c"].uri()))) << "which takes none either";
  const auto type = [&](int number) {
    return fmt::format("dn: {}\nchangetype: modify\nreplace: replicaType\nreplicaType: {}\n", Group::replica_dn("b"),
                       number);
  };
  constexpr int constraint_violation = 19;
  EXPECT_EQ(ldapmodify(group, "a", type(2)).status, constraint_violation) << "not without the control";
  const auto promoted = ldapmodify(group, "a", type(2), true);
  ASSERT_EQ(promoted.status, 0) << promoted.err;
  EXPECT_TRUE(support::eventually(std::chrono::seconds(20),
                                  [&] { return ldapmodify(group, "b", unit_ldif("from b")).status == 0; }));
  EXPECT_TRUE(group.shows("a", unit_dn("from b")));
  EXPECT_TRUE(group.shows("c", unit_dn("from b")));
  EXPECT_THAT(ldapmodify(group, "c", unit_ldif("x")).err, HasSubstr(group["b"].uri())) << "others know it";
  ASSERT_EQ(ldapmodify(group, "b", type(3), true).status, 0);
  EXPECT_EQ(ldapmodify(group, "b", unit_ldif("y")).status, referral);
  ASSERT_EQ(add_unit(a, "still supplied"), 0);
  EXPECT_TRUE(group.shows("b", unit_dn("still supplied")));
}

// Neither what waits to be sent when a replica becomes read-only is lost, nor what comes at the same moment.
TEST(Roles, WhatWasAcknowledgedBeforeADemotionIsSent) {
  Group group({{"a"}, {"b"}});
  group["b"].stop();
  auto a = group.client("a");
  ASSERT_EQ(add_unit(a, "waits"), 0);
  std::vector<std::string> made;
  std::atomic<std::size_t> count{0};
  std::thread writer([&] {
    auto client = group.client("a");
    for (int i = 0;; ++i) {
      const auto name = "x" + std::to_string(i);
      if (add_unit(client, name) != 0) return;
      made.push_back(name);
      ++count;
    }
  });
  EXPECT_TRUE(support::eventually(std::chrono::seconds(20), [&] { return count > 50; }));
  const auto demotion = ldapmodify(
      group, "a",
      fmt::format("dn: {}\nchangetype: modify\nreplace: replicaType\nreplicaType: 3\n", Group::replica_dn("a")), true);
  EXPECT_EQ(demotion.status, 0) << demotion.err;
  writer.join();
  group["b"].start();
  EXPECT_TRUE(group.shows("b", unit_dn("waits")));
  for (const auto& name : made) EXPECT_TRUE(group.shows("b", unit_dn(name))) << name;
}

// What an area is goes in the order that mrm 3.2 has: its replicas first.
TEST(Roles, AnAreaStaysOneWhileItHasReplicas) {
  constexpr int unwilling = 53;
  Group group({{"a", 2, {}, false}, {"b", 2, {}, false}}, {{"a", "b"}});
  auto a = group.client("a");
  const std::vector<support::AttributeChange> unmark{{Change::remove, "objectClass", {"replicationContext"}}};
  const std::vector<support::AttributeChange> replace{{Change::replace, "objectClass", {"top", "domain"}}};
  EXPECT_EQ(a.modify(suffix, unmark), unwilling);
  EXPECT_EQ(a.modify(suffix, replace), unwilling);
  EXPECT_EQ(a.modify(suffix, {{Change::replace, "description", {"x"}}}), 0) << "others are no concern of it";
  ASSERT_EQ(a.remove("cn=to-b," + Group::replica_dn("a")), 0);
  ASSERT_EQ(a.remove(Group::replica_dn("a")), 0) << "its own";
  EXPECT_EQ(a.modify(suffix, unmark), unwilling) << "others have the server's copy tell of them";
  ASSERT_EQ(a.remove(Group::replica_dn("b")), 0);
  EXPECT_EQ(a.modify(suffix, unmark), 0);
}

// What the replica includes, less what it or the agreement excludes.
TEST(Roles, AFractionalReplicaWithAnAgreementThatLeavesOutMore) {
  Group group({{"a"},
               {"b", 3,
                "attributeInclusionFilter: ou,description,street,telephoneNumber\nattributeExclusionFilter: "
                "telephoneNumber\n"}},
              {{"a", "b", "attributeExclusionFilter: street\n"}});
  auto a = group.client("a");
  auto b = group.client("b");
  const support::Attributes entry{{"objectClass", {"organizationalUnit"}},
                                  {"ou", {"x"}},
                                  {"description", {"held"}},
                                  {"street", {"not by this agreement"}},
                                  {"telephoneNumber", {"+49 30 1"}},
                                  {"l", {"not included"}}};
  ASSERT_EQ(a.add(unit_dn("x"), entry), 0);
  ASSERT_TRUE(group.shows("b", unit_dn("x")));
  const auto names = [&] {
    std::vector<std::string> out;
    const auto found = b.read(unit_dn("x"), {"*"});
    for (const auto& [name, values] : found->attributes) out.push_back(name);
    return out;
  };
  EXPECT_THAT(names(), testing::UnorderedElementsAre("objectClass", "ou", "description"));
  ASSERT_EQ(a.modify(unit_dn("x"), {{Change::replace, "l", {"Berlin"}}, {Change::replace, "description", {"new"}}}), 0);
  EXPECT_TRUE(support::eventually(std::chrono::seconds(20), [&] {
    return b.read(unit_dn("x"))->attributes.at("description") == std::vector<std::string>{"new"};
  }));
  EXPECT_THAT(names(), testing::UnorderedElementsAre("objectClass", "ou", "description"));
}

// Returns an IPv4 address of this machine that is not a loopback one; an empty string when it has none.
std::string other_address() {
  ifaddrs* all = nullptr;
  if (::getifaddrs(&all) != 0) return {};
  const std::unique_ptr<ifaddrs, decltype(&::freeifaddrs)> owner(all, &::freeifaddrs);
  for (const auto* each = all; each != nullptr; each = each->ifa_next) {
    if (each->ifa_addr == nullptr || each->ifa_addr->sa_family != AF_INET || (each->ifa_flags & IFF_UP) == 0) continue;
    char text[INET_ADDRSTRLEN] = {};
    const auto* address = reinterpret_cast<const sockaddr_in*>(each->ifa_addr);
    ::inet_ntop(AF_INET, &address->sin_addr, text, sizeof text);
    if (!std::string_view(text).starts_with("127.")) return text;
  }
  return {};
}

// Sessions, triggers and what is done with meta-data want TLS, but on the machine itself.
TEST(Roles, ReplicationIsManagedOverTls) {
  constexpr int confidentiality_required = 13;
  const auto address = other_address();
  if (address.empty()) GTEST_SKIP() << "this machine has loopback addresses only";
  Group group({{"a"}, {"b"}}, {{"a", "b"}, {"b", "a"}});
  ASSERT_TRUE(group.settles());
  auto& server = group["b"];
  server.stop();
  const auto port = server.uri().substr(server.uri().rfind(':'));
  const auto far = "ldap://" + address + port;
  auto config = read_file(server.config_file(), 1 << 20);
  config.insert(config.find("listen = [") + 10, "\"" + far + "\", ");
  support::write_file(server.config_file(), config);
  server.start();

  ldap::ConnectionOptions options;
  options.uri = far;
  options.bind.method = ldap::BindMethod::sasl;
  options.bind.mechanism = "SCRAM-SHA-256";
  options.bind.authentication_id = "dn:" + group.root_dn();
  options.bind.password = Secret("secret");
  const CancelToken cancel;
  auto connection = ldap::Connection::open(options, cancel);
  ldap::ExtendedCalls calls(connection);
  const auto call = [&](std::string_view oid, const std::string& value) {
    return static_cast<int>(calls.call({std::string(oid), value, {}}).code);
  };
  ldup::TriggerReplicationRequest trigger;
  trigger.target = Group::replica_dn("a");
  trigger.uri = group["a"].uri();
  EXPECT_EQ(call(ldup::oid::trigger_replication, ldup::encode(trigger)), confidentiality_required);
  const ldup::TerminateReplicationRequest terminate{.target = trigger.target, .uri = trigger.uri};
  EXPECT_EQ(call(ldup::oid::terminate_replication, ldup::encode(terminate)), confidentiality_required);
  const ldup::CreateReplGroupRequest session{suffix, "a", std::string(ldup::oid::incremental_update_protocol),
                                             ldup::Initiator::supplier, std::nullopt};
  const ldup::CreateGroupingRequest grouping{std::string(ldup::oid::replication_grouping), ldup::encode(session)};
  EXPECT_EQ(call(ldup::oid::create_grouping, ldup::encode(grouping)), confidentiality_required);
  EXPECT_EQ(group.trigger_when_free("b", "a", "incremental").code, 0) << "from the machine itself";
}

// The entries of both are deleted and made anew while one is away, which then knows neither. What it holds of the other
// shows that they were not set up apart.
TEST(Roles, ReplicasMadeAnewWhileOneWasAwayGoOn) {
  Group group({{"a"}, {"b"}});
  add_units(group, {"before"});
  group["b"].stop();
  {
    auto a = group.client("a");
    for (const auto& id : group.ids()) {
      const auto dn = Group::replica_dn(id);
      const auto was = a.read(dn, {"replicaURI"});
      ASSERT_TRUE(was);
      ASSERT_EQ(a.remove(dn), 0);
      ASSERT_EQ(a.add(dn, {{"objectClass", {"subentry", "replicaSubentry-2"}},
                           {"cn", {id}},
                           {"replicaURI", was->attributes.at("replicaURI")},
                           {"replicaType", {"2"}},
                           {"replicaOnline", {"TRUE"}}}),
                0);
    }
    ASSERT_EQ(add_unit(a, "meanwhile"), 0);
  }
  group["b"].start();
  EXPECT_TRUE(group.shows("b", unit_dn("meanwhile")));
  auto b = group.client("b");
  // A replica that was made anew says for itself whether it takes part.
  EXPECT_EQ(b.modify(Group::replica_dn("b"), {{Change::replace, "replicaOnline", {"TRUE"}}}), 0);
  EXPECT_EQ(add_unit(b, "after"), 0);
  EXPECT_TRUE(group.shows("a", unit_dn("after")));
  EXPECT_TRUE(group.settles());
  EXPECT_EQ(group.difference("a", "b"), "");
}

// It has the name of the one that "b" knows, and nothing of what that was.
TEST(Roles, AReplicaMadeAnewOnItsOwnIsRefused) {
  Group group({{"a"}, {"b"}});
  add_units(group, {"before"});
  group["b"].stop();
  group["a"].stop();
  std::filesystem::remove_all(group["a"].data_directory());
  auto ldif = fmt::format("dn: {}\nobjectClass: domain\nobjectClass: replicationContext\ndc: example\n\n", suffix);
  for (const auto& id : group.ids()) {
    ldif += fmt::format(
        "dn: {}\nobjectClass: subentry\nobjectClass: replicaSubentry-2\ncn: {}\nsubtreeSpecification: {{}}\n"
        "replicaURI: {}\nreplicaType: 2\nreplicaOnline: TRUE\nlostAndFoundEntryDN: cn=lostAndFound,{}\n\n",
        Group::replica_dn(id), id, group[id].uri(), suffix);
  }
  group["a"].load(ldif);
  group["a"].start();
  {
    auto a = group.client("a");
    ASSERT_EQ(add_unit(a, "other"), 0);
  }
  group["b"].start();
  for (const auto* id : {"a", "b"}) {
    EXPECT_TRUE(support::eventually(std::chrono::seconds(20), [&] {
      const auto all = group.history(id);
      return std::any_of(all.begin(), all.end(), [](const auto& each) {
        return each["direction"] == "sent" && each.dump().find("set up apart") != std::string::npos;
      });
    })) << id;
  }
  auto b = group.client("b");
  EXPECT_FALSE(b.read(unit_dn("other")));
  EXPECT_TRUE(b.read(unit_dn("before")));
  EXPECT_EQ(b.search(suffix, 2, "(objectClass=replicaSubentry-2)", {"1.1"}).size(), 2);
  EXPECT_EQ(b.search(suffix, 2, "(objectClass=*)", {"1.1"}).size(), 3) << "the top, what was added, Lost & Found";
  EXPECT_EQ(group.trigger_when_free("b", "a", "full").code, 0) << "the way out";
  EXPECT_TRUE(group.settles());
  EXPECT_TRUE(group.client("a").read(unit_dn("before")));
}

}  // namespace
}  // namespace replkit::replication_test
