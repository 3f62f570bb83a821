#include "common/compare/repair.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "common/compare/compare.hpp"
#include "tests/unit/compare/fake_source.hpp"
#include "tests/unit/compare/tree.hpp"
#include "tests/unit/compare/tree_server.hpp"

namespace replkit::compare {
namespace {

constexpr Plant every_plant[] = {Plant::remove,       Plant::add,    Plant::change_value, Plant::add_value,
                                 Plant::remove_value, Plant::binary, Plant::option,       Plant::case_only,
                                 Plant::rename,       Plant::move,   Plant::identity};

class RepairTest : public testing::Test {
 protected:
  RepairTest() {
    std::string pattern = testing::TempDir() + "repair.XXXXXX";
    folder = ::mkdtemp(pattern.data());
    options.area.base = "dc=example,dc=com";
    for (const char* name : {"wanted", "current"}) options.sources.push_back({name, std::nullopt, folder + "/" + name});
  }
  ~RepairTest() override { std::filesystem::remove_all(folder); }

  void compare_texts(const std::string& wanted, const std::string& current) {
    std::ofstream(folder + "/wanted", std::ios::binary) << wanted;
    std::ofstream(folder + "/current", std::ios::binary) << current;
    differences.clear();
    Callbacks callbacks;
    callbacks.difference = [this](Difference&& difference) { differences.push_back(std::move(difference)); };
    const auto result = compare(options, StoppedClock(csn_at(59).time()), cancel, callbacks);
    ASSERT_TRUE(result.complete());
    rules = result.rules;
  }

  // Applies the repair to the server, by way of LDIF, up to the first step that is refused.
  Repair repair(TreeServer& server, const RepairOptions& how) {
    auto plan = plan_repair(differences, how, rules);
    std::string text;
    model::LdifWriter writer([&](std::string_view part) { text += part; });
    for (const auto& change : plan.changes) writer.change(change);
    EXPECT_EQ(plan.comments.size(), plan.changes.size());
    model::LdifReader reader(model::memory_bytes(text), "repair");
    refused.clear();
    try {
      while (const auto record = reader.next()) server.apply(std::get<model::ChangeRecord>(*record));
    } catch (const std::runtime_error& error) {
      refused = error.what();
      if (!plan.names_change_hands) ADD_FAILURE() << refused << "\n" << text;
    }
    return plan;
  }

  std::string folder;
  Options options;
  CancelToken cancel;
  std::vector<Difference> differences;
  FingerprintRules rules;
  std::string refused;
};

struct Round {
  bool ids;
  bool exact;
  bool portable;
};

class RepairProperty : public RepairTest, public testing::WithParamInterface<Round> {};

TEST_P(RepairProperty, MakesTheOneTheOtherAndBack) {
  const auto round = GetParam();
  options.exact = round.exact;
  const bool keep = round.ids && !round.portable;
  unsigned again = 0;
  std::size_t steps = 0;
  for (unsigned seed = 0; seed < seeds(150); ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    Random random(seed);
    const auto wanted = random_tree(random, 3 + random() % 30);
    auto current = wanted;
    for (auto n = random() % 25; n > 0; --n) {
      std::vector<unsigned> used;  // one entry may change in several ways
      const auto what = random() % (std::size(every_plant) + 3);
      if (what < std::size(every_plant)) {
        plant(random, current, every_plant[what], 1000 + static_cast<unsigned>(n), used);
      } else {
        shuffle_names(random, current);
      }
    }
    const TreeServer should(wanted, round.exact);
    const TreeServer was(current, round.exact);
    auto server = was;
    const Spelling spelling{.ids = round.ids, .keep_case = true};
    compare_texts(to_ldif(wanted, random, spelling), to_ldif(current, random, spelling));
    if (HasFatalFailure()) return;
    auto plan = repair(server, {.wanted = 0, .current = 1, .keep_identity = keep});
    steps += plan.changes.size();
    if (!plan.names_change_hands) {
      ASSERT_EQ(server.lines(keep), should.lines(keep));
      repair(server, {.wanted = 1, .current = 0, .keep_identity = keep});
      ASSERT_EQ(server.lines(keep), was.lines(keep));
      continue;
    }
    // Entries that differed in nothing moved along with a name, or stand in the way: the next runs mend that.
    unsigned rounds = 1;
    for (; server.lines(keep) != should.lines(keep) && rounds < 6; ++rounds) {
      compare_texts(should.ldif(), server.ldif());
      repair(server, {.wanted = 0, .current = 1, .keep_identity = keep});
    }
    ASSERT_EQ(server.lines(keep), should.lines(keep)) << refused;
    if (rounds > 1) ++again;
    if (HasFailure()) return;
  }
  EXPECT_GT(steps, 500U);
  EXPECT_LE(again * 20, seeds(150)) << "names that change hands are rare";
}

INSTANTIATE_TEST_SUITE_P(Trees, RepairProperty,
                         testing::Values(Round{true, false, false}, Round{true, true, false}, Round{true, false, true},
                                         Round{false, false, false}),
                         [](const auto& one) {
                           return std::string(one.param.ids ? "WithIds" : "WithoutIds") +
                                  (one.param.exact ? "Exact" : "") + (one.param.portable ? "Portable" : "");
                         });

// Plans for differences written down here.
class RepairPlan : public testing::Test {
 protected:
  static Shown shown(const std::string& dn, std::vector<model::Attribute> attributes,
                     const std::string& id = uuid_of(1)) {
    Shown out;
    out.known = true;
    out.present = true;
    out.dn = dn;
    out.id = id;
    attributes.push_back({"entryUUID", {id}});
    out.entry = model::Entry{dn, std::move(attributes)};
    return out;
  }
  static Shown absent() {
    Shown out;
    out.known = true;
    return out;
  }
  void difference(Shown wanted, Shown current, Verdict verdict = Verdict::diverged) {
    auto& out = differences.emplace_back();
    out.judgement.verdict = verdict;
    out.kind = wanted.present && current.present ? DifferenceKind::changed : DifferenceKind::missing;
    out.entries = {std::move(wanted), std::move(current)};
  }
  Repair plan() { return plan_repair(differences, how, rules); }
  std::string text() {
    std::string out;
    model::LdifWriter writer([&](std::string_view part) { out += part; });
    for (const auto& change : plan().changes) writer.change(change);
    return out;
  }

  static inline const std::vector<model::Attribute> person{{"objectClass", {"person"}},
                                                           {"cn", {"a"}},
                                                           {"sn", {"s"}},
                                                           {"createTimestamp", {"20260101000000Z"}},
                                                           {"entryCSN", {csn_at(1).text()}},
                                                           {"userPassword", {"pw"}}};
  std::vector<Difference> differences;
  RepairOptions how;
  FingerprintRules rules = fake_rules();
};

TEST_F(RepairPlan, AddsKeepWhoTheyAre) {
  difference(shown("cn=a,dc=x", person), absent());
  EXPECT_EQ(
      text(),
      "dn: cn=a,dc=x\ncontrol: 1.3.6.1.4.1.4203.666.5.12 true\nchangetype: add\nobjectClass: person\ncn: a\nsn: s\n"
      "createTimestamp: 20260101000000Z\nuserPassword: pw\nentryUUID: " +
          uuid_of(1) + "\n\n");
  EXPECT_FALSE(plan().identities_differ);
  how.keep_identity = false;
  EXPECT_EQ(text(), "dn: cn=a,dc=x\nchangetype: add\nobjectClass: person\ncn: a\nsn: s\nuserPassword: pw\n\n");
  EXPECT_TRUE(plan().identities_differ);
}

TEST_F(RepairPlan, DeletesShowWhatTheyTakeAway) {
  difference(absent(), shown("cn=a,dc=x", person));
  const auto found = plan();
  ASSERT_EQ(found.changes.size(), 1U);
  EXPECT_THAT(found.comments[0], testing::Contains("userPassword: pw"));
  EXPECT_THAT(found.comments[0], testing::Contains("entryUUID: " + uuid_of(1)));
}

TEST_F(RepairPlan, ParentsFirstAndChildrenFirst) {
  for (const char* dn : {"ou=c,ou=b,ou=a,dc=x", "ou=a,dc=x", "ou=b,ou=a,dc=x"}) {
    difference(shown(dn, person), absent());
    difference(absent(), shown(dn + std::string(",ou=old"), person));
  }
  std::vector<std::string> names;
  for (const auto& change : plan().changes) names.push_back(change.dn);
  EXPECT_THAT(names, testing::ElementsAre("ou=a,dc=x", "ou=b,ou=a,dc=x", "ou=c,ou=b,ou=a,dc=x",
                                          "ou=c,ou=b,ou=a,dc=x,ou=old", "ou=b,ou=a,dc=x,ou=old", "ou=a,dc=x,ou=old"));
}

TEST_F(RepairPlan, ChangedValuesAreTakenAwayByName) {
  auto other = person;
  other[1].values = {"a", "b"};
  other[2].values = {"t"};
  difference(shown("cn=a,dc=x", person), shown("cn=a,dc=x", other));
  EXPECT_EQ(text(),
            "dn: cn=a,dc=x\nchangetype: modify\ndelete: cn\ncn: b\n-\ndelete: sn\nsn: t\n-\nadd: sn\nsn: s\n-\n\n");
}

TEST_F(RepairPlan, WithoutAnEqualityRuleAllValuesAreReplaced) {
  auto other = person;
  other.push_back({"jpegPhoto", {"old"}});
  auto wanted = person;
  wanted.push_back({"jpegPhoto", {"new"}});
  difference(shown("cn=a,dc=x", wanted), shown("cn=a,dc=x", other));
  EXPECT_EQ(text(), "dn: cn=a,dc=x\nchangetype: modify\nreplace: jpegPhoto\njpegPhoto: new\n-\n\n");
  EXPECT_THAT(plan().comments[0], testing::ElementsAre("old jpegPhoto:: b2xk"));
}

TEST_F(RepairPlan, AnotherIdIsReplaced) {
  difference(shown("cn=a,dc=x", person), shown("cn=a,dc=x", person, uuid_of(2)));
  differences[0].identity_differs = true;
  EXPECT_EQ(text(),
            "dn: cn=a,dc=x\ncontrol: 1.3.6.1.4.1.4203.666.5.12 true\nchangetype: modify\nreplace: "
            "entryUUID\nentryUUID: " +
                uuid_of(1) + "\n-\n\n");
  how.keep_identity = false;
  EXPECT_EQ(text(), "");
  EXPECT_TRUE(plan().identities_differ);
}

TEST_F(RepairPlan, WhatReplicationMayMendIsLeftOut) {
  difference(shown("cn=a,dc=x", person), absent(), Verdict::in_flight);
  EXPECT_EQ(text(), "");
  EXPECT_EQ(plan().in_flight, 1U);
}

TEST_F(RepairPlan, WhatIsNotKnownWholeIsLeftOut) {
  auto light = shown("cn=a,dc=x", person);
  light.entry.reset();
  difference(light, absent());
  difference(shown("no dn", person), absent());
  difference(Shown{}, shown("cn=a,dc=x", person));
  EXPECT_EQ(text(), "");
  EXPECT_EQ(plan().not_detailed, 2U) << "of the third nobody knows whether it should be there";
}

TEST_F(RepairPlan, WithSomeAttributesOnlyNothingIsAddedOrDeleted) {
  rules.only = {"sn"};
  auto other = person;
  other[2].values = {"t"};
  difference(shown("cn=a,dc=x", person), absent());
  difference(absent(), shown("cn=b,dc=x", person, uuid_of(2)));
  difference(shown("cn=c,dc=x", person, uuid_of(3)), shown("cn=c,dc=x", other, uuid_of(3)));
  const auto found = plan();
  EXPECT_EQ(found.not_detailed, 2U);
  ASSERT_EQ(found.changes.size(), 1U);
  EXPECT_EQ(found.changes[0].dn, "cn=c,dc=x");
}

TEST_F(RepairPlan, ExcludedAttributesAreNotWritten) {
  rules.excluded = {"userPassword"};
  difference(shown("cn=a,dc=x", person), absent());
  EXPECT_EQ(text().find("userPassword"), std::string::npos);
}

TEST_F(RepairPlan, ANameThatHoldsWhatLdifCannotWriteStopsNothing) {
  auto odd = person;
  odd.push_back({"bad name", {"v"}});
  difference(absent(), shown("cn=a,dc=x", odd));
  const auto found = plan();
  ASSERT_EQ(found.changes.size(), 1U);
  EXPECT_EQ(found.comments[0].size(), 1U);
}

}  // namespace
}  // namespace replkit::compare
