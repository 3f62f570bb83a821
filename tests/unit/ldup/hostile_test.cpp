// Whatever an entry's values are, reading it tells what is wrong and never throws; what was read can be used.
#include <gtest/gtest.h>

#include <random>

#include "common/ldup/schedule_timer.hpp"
#include "common/ldup/topology.hpp"

namespace replkit::ldup {
namespace {

constexpr std::array attributes = {
    "cn",
    "entryUUID",
    "replicaURI",
    "replicaSecondaryURL",
    "replicaType",
    "replicaOnline",
    "attributeInclusionFilter",
    "attributeExclusionFilter",
    "lostAndFoundEntryDN",
    "subtreeSpecification",
    "updateVector",
    "description",
    "replicaDN",
    "scheduleDN",
    "replicationCredentialsDN",
    "replicationMechanismOID",
    "replicationStatus",
    "secondsToWaitDefault",
    "attrs1",
    "attrReplicationGroup2",
    "updateVectorTrigger",
    "scheduleTimePeriod",
    "scheduleMonthOfYearMask",
    "scheduleDayOfMonthMask",
    "scheduleDayOfWeekMask",
    "scheduleTimeOfDayMask",
    "scheduleLocalOrUtcTime",
    "ldupMaxPendingChanges",
    "ldupBindDN",
    "ldupBindPassword",
    "ldupBindMechanism",
    "ldupStartTLS",
};
constexpr std::array values = {
    "cn=r1,o=x",
    "cn=r2,o=x",
    "ldap://h:1",
    "1",
    "2",
    "3",
    "TRUE",
    "FALSE",
    "*",
    "1.1",
    "cn,mail;lang-de",
    "{}",
    "{ base \"ou=a\", specificExclusions { chopBefore:\"cn=b\" }, minimum 1 }",
    "20260101T000000/THISANDFUTURE",
    "'111111111111'B",
    "'0111110'B",
    "T210000/T080000",
    "ietf-ldup-full-update",
    "20260101120000Z # Success #",
    "EXTERNAL",
    "\x30\x04\x04\x02\x63\x6E",
    "886e751f-3e7b-4c03-98ed-7f16d487b684",
};
constexpr std::array classes = {"replicaSubentry", "replicaAgreement", "replicaEventSchedule", "replicaTimeSchedule",
                                "person"};
constexpr std::array names = {"cn=r1,o=x",      "cn=r2,o=x",      "cn=R3,o=x",
                              "cn=a,cn=r1,o=x", "cn=b,cn=r2,o=x", "cn=c,cn=r1,ou=y,o=x",
                              "no dn",          "cn=a+sn=b,o=x",  ""};

class Generator {
 public:
  explicit Generator(std::uint32_t seed) : engine_(seed) {}

  std::size_t below(std::size_t n) { return std::uniform_int_distribution<std::size_t>(0, n - 1)(engine_); }

  std::string value() {
    std::string text = values.at(below(values.size()));
    for (auto damage = below(3); damage > 0; --damage) {
      const auto at = below(text.size() + 1);
      if (below(2) == 0) text.insert(at, 1, static_cast<char>(below(256)));
      if (at < text.size() && below(2) == 0) text[at] = static_cast<char>(below(256));
      if (below(4) == 0) text.resize(at);
    }
    return text;
  }

  model::Entry entry() {
    model::Entry entry;
    entry.dn = below(10) == 0 ? value() : names.at(below(names.size()));
    entry.add("objectClass", classes.at(below(classes.size())));
    for (const auto* name : attributes) {
      for (auto count = below(3); count > 0; --count) entry.add(name, value());
    }
    return entry;
  }

 private:
  std::mt19937 engine_;
};

TEST(Hostile, EntriesAreReadWhateverTheirValues) {
  const auto now = *parse_generalized_time("20261121120000Z");
  for (std::uint32_t seed = 0; seed < 3000; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Generator generator(seed);
    const auto entry = generator.entry();
    Findings findings;
    const auto replica = Replica::read(entry, findings);
    const auto agreement = Agreement::read(entry, findings);
    const auto schedule = Schedule::read(entry, findings);
    const auto credentials = Credentials::read(entry, true, findings);
    for (const auto& finding : findings) ASSERT_FALSE(describe(finding).empty());
    (void)replica.servers();
    (void)replica.context_dn();
    CycleTimer timer(
        schedule, {}, 0, false, [] { return 0.5; }, now);
    timer.note(ChangeKind::ordinary, now);
    (void)timer.next(now);
    Findings again;
    if (replica.id.empty()) continue;
    ASSERT_EQ(Replica::read(replica.to_entry(), again).to_entry(), replica.to_entry());
  }
}

TEST(Hostile, AreasOfAnyEntriesCanBeChecked) {
  std::size_t replicas = 0;
  std::size_t agreements = 0;
  for (std::uint32_t seed = 0; seed < 300; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Generator generator(seed);
    std::vector<model::Entry> entries;
    for (int i = 0; i < 40; ++i) entries.push_back(generator.entry());
    Area area("o=x", model::Schema::standard());
    Findings findings;
    read_area(entries, area, findings);
    replicas += area.replicas().size();
    agreements += area.agreements().size();
    for (const auto& finding : check_topology(area)) ASSERT_FALSE(describe(finding).empty());
    for (const auto& replica : area.replicas()) (void)area.holds("cn=x,ou=a,o=x", replica);
  }
  EXPECT_GT(replicas, 300U);
  EXPECT_GT(agreements, 100U);
}

TEST(Hostile, LargeGroupsAreCheckedQuickly) {
  Area area("o=x", model::Schema::standard());
  constexpr int count = 100;
  for (int i = 0; i < count; ++i) {
    Replica replica;
    replica.id = "r" + std::to_string(i);
    replica.dn = "cn=" + replica.id + ",o=x";
    replica.uris = {"ldap://" + replica.id};
    replica.type = ReplicaType::updateable;
    replica.online = true;
    area.add(replica);
  }
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_TRUE(check_topology(area).empty());
  for (int i = 0; i < count; ++i) {
    for (int other = 0; other < count; ++other) {
      Agreement agreement;
      agreement.dn = "cn=a" + std::to_string(other) + ",cn=r" + std::to_string(i) + ",o=x";
      agreement.replica_dn = "cn=r" + std::to_string(other) + ",o=x";
      if (i != other) area.add(agreement);
    }
  }
  EXPECT_TRUE(check_topology(area).empty());
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(30));
}

}  // namespace
}  // namespace replkit::ldup
