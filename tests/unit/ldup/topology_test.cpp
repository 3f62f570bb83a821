#include "common/ldup/topology.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ostream>

namespace replkit::ldup {

void PrintTo(const Finding& finding, std::ostream* out) {
  *out << finding.code << ": " << describe(finding);
}

namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr auto full_update = "2.25.181348535598521182392638709585471321732.3.2.1";

// An area o=x with replicas r1, r2, ... of these types.
class Group {
 public:
  explicit Group(const std::vector<ReplicaType>& types) : area_("o=x", model::Schema::standard()) {
    for (const auto type : types) {
      Replica replica;
      replica.id = "r" + std::to_string(area_.replicas().size() + 1);
      replica.dn = "cn=" + replica.id + ",o=x";
      replica.uris = {"ldap://" + replica.id};
      replica.type = type;
      replica.online = true;
      replicas_.push_back(replica);
      area_.add(replica);
    }
  }

  Replica& replica(std::size_t number) { return replicas_.at(number - 1); }

  Agreement& send(int from, const std::string& to) {
    auto& agreement = agreements_.emplace_back();
    agreement.dn = "cn=a" + std::to_string(agreements_.size()) + ",cn=r" + std::to_string(from) + ",o=x";
    agreement.replica_dn = to;
    return agreement;
  }
  Agreement& send(int from, int to) { return send(from, "cn=R" + std::to_string(to) + ", o=x"); }

  Area area() const {
    Area area("o=x", model::Schema::standard());
    for (const auto& replica : replicas_) area.add(replica);
    for (const auto& agreement : agreements_) area.add(agreement);
    return area;
  }
  Findings check() const { return check_topology(area()); }
  std::vector<std::string> codes() const {
    std::vector<std::string> out;
    for (const auto& finding : check()) out.push_back(finding.code);
    return out;
  }
  // "1>2" for each link, "?" behind those that are not valid, "-" behind valid ones that are not active.
  std::string links() const {
    std::string out;
    for (const auto& link : links_of(area())) {
      out += (out.empty() ? "" : " ") + std::to_string(link.supplier + 1) + ">" + std::to_string(link.consumer + 1);
      if (!link.valid) out += "?";
      if (link.valid && !link.active) out += "-";
    }
    return out;
  }

 private:
  Area area_;
  std::vector<Replica> replicas_;
  std::vector<Agreement> agreements_;
};

constexpr auto up = ReplicaType::updateable;
constexpr auto ro = ReplicaType::read_only;
constexpr auto primary = ReplicaType::primary;

TEST(Topology, WithoutAgreementsAllSendToAll) {
  const Group group({up, up, up});
  EXPECT_EQ(group.links(), "1>2 1>3 2>1 2>3 3>1 3>2");
  EXPECT_THAT(group.check(), IsEmpty());
}

TEST(Topology, FractionalOnesDoNotSupplyFullOnesByThemselves) {
  Group group({up, ro, ro});
  group.replica(2).filter.inclusion = AttributeList::parse("cn");
  EXPECT_EQ(group.links(), "1>2 1>3 3>1 3>2");
  EXPECT_THAT(group.codes(), IsEmpty()) << "who supplies the fractional one tells what it has";
}

TEST(Topology, AgreementsMakeTheLinks) {
  Group group({up, up, up});
  group.send(2, 3);
  group.send(1, 2);
  EXPECT_EQ(group.links(), "1>2 2>3");
  const auto findings = group.check();
  ASSERT_EQ(findings.size(), 2U);
  EXPECT_EQ(findings[0].code, "unreachable");
  EXPECT_EQ(findings[0].dn, "cn=r2,o=x");
  EXPECT_THAT(findings[0].text, HasSubstr("arrive at r1:"));
  EXPECT_EQ(findings[1].dn, "cn=r3,o=x");
  EXPECT_THAT(findings[1].text, HasSubstr("arrive at r1, r2:"));
}

TEST(Topology, ARingReachesAll) {
  Group group({up, up, up});
  group.send(1, 2);
  group.send(2, 3);
  group.send(3, 1);
  EXPECT_THAT(group.check(), IsEmpty());
  EXPECT_THAT(reached_from(group.area(), links_of(group.area()), 1, true), ElementsAre(true, true, true));
}

TEST(Topology, AgreementsThatNameNothing) {
  Group group({up, up});
  group.send(1, 2);
  group.send(2, 1);
  group.send(1, "cn=r3,o=x");
  group.send(1, "cn=r1,o=x");
  group.send(1, "");
  EXPECT_EQ(group.links(), "1>2 2>1");
  const auto findings = group.check();
  ASSERT_EQ(findings.size(), 2U);
  EXPECT_EQ(findings[0].code, "agreement-consumer");
  EXPECT_EQ(findings[0].dn, "cn=a3,cn=r1,o=x");
  EXPECT_THAT(findings[0].text, HasSubstr("names cn=r3,o=x"));
  EXPECT_EQ(findings[1].code, "agreement-consumer");
  EXPECT_EQ(findings[1].dn, "cn=a4,cn=r1,o=x");
}

TEST(Topology, AnAgreementWithoutConsumerEndsTheDefault) {
  Group group({up, up});
  group.send(1, "");
  EXPECT_EQ(group.links(), "");
  EXPECT_THAT(group.codes(), ElementsAre("unreachable", "unreachable"));
}

TEST(Topology, DoubledAgreements) {
  Group group({up, up});
  group.send(1, 2);
  group.send(1, 2);
  group.send(2, 1);
  EXPECT_THAT(group.codes(), ElementsAre("agreement-double"));
}

TEST(Topology, FullAndIncrementalBesideEachOtherAreWell) {
  Group group({up, up});
  group.send(1, 2);
  group.send(1, 2).mechanism = full_update;
  group.send(2, 1);
  EXPECT_THAT(group.check(), IsEmpty());
  EXPECT_EQ(group.links(), "1>2 1>2- 2>1");
}

TEST(Topology, OnlyFullUpdatesSendNoChanges) {
  Group group({up, up});
  group.send(1, 2).mechanism = full_update;
  group.send(2, 1);
  EXPECT_THAT(group.codes(), ElementsAre("agreement-full-only", "unreachable"));
}

TEST(Topology, SuspendedReplicasAreNotUnreachable) {
  Group group({up, up, up});
  group.send(1, 2);
  group.send(2, 1);
  group.send(2, 3);
  group.send(3, 2);
  group.replica(2).online = false;
  EXPECT_EQ(group.links(), "1>2- 2>1- 2>3- 3>2-");
  const auto findings = group.check();
  ASSERT_EQ(findings.size(), 3U);
  for (const auto& finding : findings) {
    EXPECT_EQ(finding.code, "suspended");
    EXPECT_EQ(finding.severity, Severity::warning);
  }
  EXPECT_THAT(findings[0].text, HasSubstr("arrive at r2, r3 now"));
}

TEST(Topology, FiltersOfSupplierAndConsumer) {
  Group group({up, ro, ro});
  group.send(1, 2);
  group.send(2, 3);
  group.send(3, 1);
  group.replica(2).filter.exclusion = AttributeList::parse("mail");
  const auto findings = group.check();
  ASSERT_GE(findings.size(), 2U);
  EXPECT_EQ(findings[0].code, "filter-1");
  EXPECT_EQ(findings[0].dn, "cn=a2,cn=r2,o=x");
  EXPECT_THAT(findings[0].text, HasSubstr("r2 cannot supply r3"));
  EXPECT_THAT(findings[0].text, HasSubstr("mail"));
  EXPECT_EQ(group.links(), "1>2 2>3? 3>1");
  EXPECT_EQ(findings[1].code, "unreachable") << "the link does not count";
  group.replica(3).filter.inclusion = AttributeList::parse("mail");
  EXPECT_THAT(group.codes(), testing::Contains("filter-2"));
  group.replica(2).filter = {AttributeList::parse("cn"), {}};
  EXPECT_THAT(group.codes(), testing::Contains("filter-3"));
}

TEST(Topology, AgreementsThatLeaveOutWhatIsHeld) {
  Group group({up, up});
  group.send(1, 2).exclusion = AttributeList::parse("mail,cn");
  group.send(2, 1);
  const auto findings = group.check();
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].code, "agreement-excludes");
  EXPECT_EQ(findings[0].severity, Severity::warning);
  EXPECT_THAT(findings[0].text, HasSubstr("mail, cn"));
  group.replica(2).type = ro;
  group.replica(2).filter.exclusion = AttributeList::parse("cn,mail");
  EXPECT_THAT(group.codes(), testing::Not(testing::Contains("agreement-excludes")));
}

TEST(Topology, SubtreesOfSupplierAndConsumer) {
  Group group({up, ro});
  group.send(1, 2);
  group.send(2, 1);
  group.replica(2).subtree = model::SubtreeSpecification::parse("{ base \"ou=people\" }");
  EXPECT_THAT(group.codes(), ElementsAre("subtree"));
  EXPECT_EQ(group.links(), "1>2 2>1?");
}

TEST(Topology, TheGroupAsAWhole) {
  EXPECT_THAT(Group({primary, primary}).codes(), ElementsAre("two-primaries"));
  EXPECT_THAT(Group({primary, up}).codes(), IsEmpty());
  EXPECT_THAT(Group({ro, ro}).codes(), ElementsAre("no-updateable"));
  EXPECT_THAT(Group({}).codes(), IsEmpty());
  Group same({up, up});
  same.replica(2).uris = {"ldap://other", "ldap://r1"};
  same.replica(2).id = "r1";
  EXPECT_THAT(same.codes(), ElementsAre("same-id", "same-server"));
}

TEST(Topology, WhoSuppliesALeafTellsWhatItHas) {
  Group star({up, ro, ro});
  star.send(1, 2);
  star.send(1, 3);
  EXPECT_THAT(star.codes(), IsEmpty());
  Group chain({up, ro, ro});
  chain.send(1, 2);
  chain.send(2, 1);
  chain.send(2, 3);
  EXPECT_THAT(chain.codes(), IsEmpty()) << "the way back is there";
}

TEST(Topology, AChainOfReadOnlyOnesNeedsAWayBackForItsVectors) {
  Group group({up, ro, ro});
  group.send(1, 2);
  group.send(2, 3);
  const auto findings = group.check();
  ASSERT_EQ(findings.size(), 2U);
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(findings[i].code, "no-return");
    EXPECT_EQ(findings[i].severity, Severity::note);
    EXPECT_EQ(findings[i].dn, i == 0 ? "cn=r2,o=x" : "cn=r3,o=x");
    EXPECT_THAT(findings[i].text, HasSubstr("is not told to r1,"));
  }
  EXPECT_FALSE(has_errors(findings));
}

}  // namespace
}  // namespace replkit::ldup
