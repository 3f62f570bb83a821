#include "common/ldup/area.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/base/error.hpp"

namespace replkit::ldup {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const model::Schema& schema() {
  return model::Schema::standard();
}

Replica replica_with(std::string_view subtree) {
  Replica replica;
  replica.subtree = model::SubtreeSpecification::parse(subtree);
  return replica;
}

TEST(Area, HoldsDownToTheNextRoot) {
  Area area("ou=Eng, o=X", schema());
  area.add_subordinate("ou=lab,OU=eng,o=x");
  area.add_subordinate("ou=sales,o=x");
  area.add_subordinate("ou=eng,o=x");
  EXPECT_THAT(area.subordinates(), ElementsAre("ou=lab,OU=eng,o=x"));
  for (const auto* in : {"ou=eng,o=x", "cn=a,ou=eng,o=x", "CN=A , OU=ENG , O=X", "cn=b,cn=a,ou=eng,o=x"})
    EXPECT_TRUE(area.holds(in)) << in;
  for (const auto* out :
       {"o=x", "", "ou=sales,o=x", "ou=lab,ou=eng,o=x", "cn=a,ou=lab,ou=eng,o=x", "xou=eng,o=x", "not a dn"})
    EXPECT_FALSE(area.holds(out)) << out;
  EXPECT_THROW(Area("not a dn", schema()), ParseError);
}

TEST(Area, ReplicasHoldTheirSubtree) {
  Area area("o=x", schema());
  area.add_subordinate("ou=own,ou=people,o=x");
  struct Case {
    const char* subtree;
    std::vector<std::string> in;
    std::vector<std::string> out;
  };
  for (const auto& c : std::vector<Case>{
           {"{}", {"o=x", "ou=people,o=x", "cn=a,ou=people,o=x"}, {"o=y", "ou=own,ou=people,o=x"}},
           {"{ base \"ou=people\" }", {"ou=people,o=x", "cn=a,OU=People,o=x"}, {"o=x", "ou=groups,o=x"}},
           {"{ specificExclusions { chopBefore:\"ou=people\" } }",
            {"o=x", "ou=groups,o=x"},
            {"ou=people,o=x", "cn=a,ou=people,o=x"}},
           {"{ specificExclusions { chopAfter:\"ou=people\" } }", {"o=x", "ou=people,o=x"}, {"cn=a,ou=people,o=x"}},
           {"{ base \"ou=people\", specificExclusions { chopBefore:\"cn=a\" } }",
            {"ou=people,o=x", "cn=b,ou=people,o=x"},
            {"cn=a,ou=people,o=x", "cn=a,o=x"}},
           {"{ minimum 1 }", {"ou=people,o=x"}, {"o=x"}},
           {"{ maximum 1 }", {"o=x", "ou=people,o=x"}, {"cn=a,ou=people,o=x"}},
           {"{ base \"ou=people\", minimum 1, maximum 1 }",
            {"cn=a,ou=people,o=x"},
            {"ou=people,o=x", "cn=b,cn=a,ou=people,o=x"}},
       }) {
    const auto replica = replica_with(c.subtree);
    for (const auto& dn : c.in) EXPECT_TRUE(area.holds(dn, replica)) << c.subtree << ' ' << dn;
    for (const auto& dn : c.out) EXPECT_FALSE(area.holds(dn, replica)) << c.subtree << ' ' << dn;
  }
}

TEST(Area, ReplicasNeedWhatIsAboveTheirPart) {
  const Area area("o=x", schema());
  const auto below = replica_with("{ base \"ou=b,ou=a\", specificExclusions { chopBefore:\"cn=c\" } }");
  for (const auto* in : {"o=x", "ou=a,o=x", "ou=b,ou=a,o=x", "cn=d,ou=b,ou=a,o=x"})
    EXPECT_TRUE(area.needs(in, below)) << in;
  for (const auto* out : {"ou=c,o=x", "cn=c,ou=b,ou=a,o=x", "cn=d,ou=a,o=x", "o=y"})
    EXPECT_FALSE(area.needs(out, below)) << out;
  const auto deep = replica_with("{ base \"ou=a\", minimum 2, maximum 3 }");
  EXPECT_TRUE(area.needs("cn=1,ou=a,o=x", deep)) << "something below it may be held";
  EXPECT_FALSE(area.needs("cn=4,cn=3,cn=2,cn=1,ou=a,o=x", deep));
}

TEST(Area, RootOfTheTree) {
  const Area area("", schema());
  EXPECT_TRUE(area.holds(""));
  EXPECT_TRUE(area.holds("o=x"));
  EXPECT_TRUE(area.holds("cn=a,ou=people,o=x", replica_with("{ base \"ou=people,o=x\" }")));
  EXPECT_FALSE(area.holds("o=x", replica_with("{ base \"ou=people,o=x\" }")));
}

TEST(Area, FindsReplicasByNameAndId) {
  Area area("o=x", schema());
  Replica replica;
  replica.dn = "cn=R1, o=x";
  replica.id = "r1";
  area.add(replica);
  for (const auto* name : {"cn=r1,o=x", "CN=R1,O=X", "r1", "R1"}) EXPECT_NE(area.replica(name), nullptr) << name;
  for (const auto* name : {"cn=r2,o=x", "r2", "", "cn=r1"}) EXPECT_EQ(area.replica(name), nullptr) << name;
}

TEST(Covers, SubtreesOfReplicas) {
  const auto covers_text = [](std::string_view outer, std::string_view inner) {
    return covers(model::SubtreeSpecification::parse(outer), model::SubtreeSpecification::parse(inner), schema());
  };
  constexpr auto all = "{}";
  constexpr auto people = "{ base \"ou=people\" }";
  constexpr auto no_people = "{ specificExclusions { chopBefore:\"ou=people\" } }";
  constexpr auto people_only_top = "{ specificExclusions { chopAfter:\"ou=People\" } }";
  constexpr auto no_a = "{ specificExclusions { chopBefore:\"cn=a,ou=people\" } }";
  constexpr auto people_no_a = "{ base \"OU=people\", specificExclusions { chopBefore:\"cn=A\" } }";
  for (const auto* same : {all, people, no_people, people_only_top, "{ maximum 1 }"}) {
    EXPECT_TRUE(covers_text(same, same)) << same;
    EXPECT_TRUE(covers_text(all, same)) << same;
  }
  EXPECT_FALSE(covers_text(people, all));
  EXPECT_FALSE(covers_text(no_people, all));
  EXPECT_FALSE(covers_text(no_people, people));
  EXPECT_FALSE(covers_text(people_only_top, people));
  EXPECT_TRUE(covers_text(people_only_top, no_people));
  EXPECT_FALSE(covers_text(no_people, people_only_top));
  EXPECT_TRUE(
      covers_text(people_only_top, "{ specificExclusions { chopBefore:\"ou=groups\", chopAfter:\"ou=people\" } }"));
  EXPECT_TRUE(covers_text(no_a, people_no_a));
  EXPECT_TRUE(covers_text(no_a, no_people));
  EXPECT_TRUE(covers_text(no_a, people_only_top));
  EXPECT_FALSE(covers_text(no_a, people));
  EXPECT_TRUE(covers_text(no_people, "{ base \"ou=groups\" }"));
  EXPECT_FALSE(covers_text("{ maximum 1 }", "{ maximum 2 }"));
}

TEST(AreasOf, NestedAreasEndUpperOnes) {
  Findings findings;
  const auto areas =
      areas_of({"ou=lab,ou=eng,o=x", "o=x", "ou=eng, O=X", "o=y", "OU=eng,o=x", "nonsense"}, schema(), findings);
  ASSERT_EQ(areas.size(), 4U);
  EXPECT_THAT(areas[0].root(), "o=x");
  EXPECT_THAT(areas[0].subordinates(), ElementsAre("ou=eng, O=X")) << "only the one directly below";
  const auto* eng = area_of(areas, "cn=a,ou=eng,o=x");
  ASSERT_NE(eng, nullptr);
  EXPECT_EQ(eng->root(), "ou=eng, O=X");
  EXPECT_THAT(eng->subordinates(), ElementsAre("ou=lab,ou=eng,o=x"));
  EXPECT_EQ(area_of(areas, "cn=a,ou=lab,ou=eng,o=x")->root(), "ou=lab,ou=eng,o=x");
  EXPECT_EQ(area_of(areas, "ou=eng,o=x"), eng) << "a root belongs to its own area";
  EXPECT_EQ(area_of(areas, "cn=a,o=x")->root(), "o=x");
  EXPECT_EQ(area_of(areas, "o=y")->root(), "o=y");
  EXPECT_EQ(area_of(areas, "o=z"), nullptr);
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].code, "area-root");
}

model::Entry replica_entry(const std::string& dn) {
  return {dn,
          {{"objectClass", {"subentry", "replicationSubentry"}},
           {"replicaURI", {"ldap://h"}},
           {"replicaType", {"2"}},
           {"replicaOnline", {"TRUE"}},
           {"subtreeSpecification", {"{}"}},
           {"lostAndFoundEntryDN", {"cn=l,o=x"}}}};
}

model::Entry agreement_entry(const std::string& dn) {
  return {dn, {{"objectClass", {"replicaAgreement"}}, {"replicaDN", {"cn=r2,o=x"}}}};
}

TEST(ReadArea, SortsEntriesByClassAndPlace) {
  Area area("o=x", schema());
  area.add_subordinate("ou=eng,o=x");
  Findings findings;
  read_area({agreement_entry("cn=to2,CN=R1,O=X"), replica_entry("cn=r1,o=x"), replica_entry("cn=r2,o=x"),
             replica_entry("cn=r9,ou=eng,o=x"), agreement_entry("cn=to2,cn=r9,ou=eng,o=x"),
             model::Entry{"cn=a,o=x", {{"objectClass", {"person"}}}}, model::Entry{"cn=b,o=x", {}}},
            area, findings);
  EXPECT_THAT(findings, IsEmpty());
  EXPECT_EQ(area.replicas().size(), 2U);
  EXPECT_EQ(area.agreements().size(), 1U);
}

TEST(ReadArea, TellsWhatStandsInTheWrongPlace) {
  Area area("o=x", schema());
  Findings findings;
  read_area({replica_entry("cn=r1,ou=people,o=x"), agreement_entry("cn=to2,o=x")}, area, findings);
  EXPECT_THAT(area.replicas(), IsEmpty());
  EXPECT_THAT(area.agreements(), IsEmpty());
  ASSERT_EQ(findings.size(), 2U);
  EXPECT_EQ(findings[0].code, "misplaced");
  EXPECT_EQ(findings[0].dn, "cn=r1,ou=people,o=x");
  EXPECT_EQ(findings[1].dn, "cn=to2,o=x");
}

}  // namespace
}  // namespace replkit::ldup
