// What a server holds back is never taken for missing or changed.
#include <fmt/format.h>

#include "tests/integration/replcompare/harness.hpp"

namespace replkit::support {
namespace {

using testing::AnyOf;
using testing::Eq;
using testing::HasSubstr;
using testing::Not;

constexpr int persons = 30;

Tree people() {
  Tree tree;
  tree.add_unit("people");
  for (int i = 0; i < persons; ++i) {
    tree.add_person(fmt::format("uid=p{:02}", i), unit("people"),
                    {"telephoneNumber: 1", "description: x", "userPassword: swordfish"});
  }
  return tree;
}

// One server that shows everything, and one whose rules and limits each test sets.
class Rights : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    SlapdOptions options;
    options.access = {"to attrs=userPassword by anonymous auth by * none", "to * by * read"};
    open_ = std::make_unique<Slapd>(options);
    options.server_id = 2;
    strict_ = std::make_unique<Slapd>(options);
    for (auto* server : {open_.get(), strict_.get()}) {
      server->load(people().ldif());
      server->start();
    }
  }
  static void TearDownTestSuite() {
    open_.reset();
    strict_.reset();
  }

  // Sets the rules of the strict server; the replicator and the monitor are under them, too.
  static void access(const std::vector<std::string>& rules) {
    auto all = Words{"to attrs=userPassword by anonymous auth by * none"} + rules;
    std::string change = fmt::format("dn: {}\nchangetype: modify\nreplace: olcAccess\n", Slapd::database_dn);
    for (std::size_t i = 0; i < all.size(); ++i) change += fmt::format("olcAccess: {{{}}}{}\n", i, all[i]);
    strict_->modify_config(change);
  }
  static void limits(const std::string& value) {
    const auto change =
        value.empty() ? std::string("delete: olcLimits\n") : fmt::format("replace: olcLimits\nolcLimits: {}\n", value);
    strict_->modify_config(fmt::format("dn: {}\nchangetype: modify\n{}", Slapd::database_dn, change));
  }

  static Words both(std::string_view who = reader_dn) {
    return sources({open_->uri(), strict_->uri()}) + bind_as(who) + Words{"-b", std::string(suffix)};
  }

  // The result is incomplete, says so of the strict server, and reports no difference.
  static void expect_incomplete(const ComparedJson& found, const std::string& reason) {
    TRACE_OUTPUT(found);
    EXPECT_EQ(found.status, 2);
    EXPECT_EQ(found.document.at("complete"), false);
    EXPECT_EQ(found.document.at("sources").at(1).at("complete"), false);
    EXPECT_THAT(found.reasons(), HasSubstr(reason));
    EXPECT_EQ(found.differences().size(), 0U);
    EXPECT_EQ(found.summary().at("diverged"), 0);
  }

  static inline std::unique_ptr<Slapd> open_, strict_;
};

TEST_F(Rights, ASizeLimit) {
  access({"to * by * read"});
  limits("dn.exact=\"" + std::string(reader_dn) + "\" size=10 size.prtotal=unlimited");
  expect_incomplete(compare_json(both()), "size limit");
  const auto paged = compare_json(both() + Words{"--page-size", "5"});
  TRACE_OUTPUT(paged);
  EXPECT_EQ(paged.status, 0);
  const auto quick = compare_json(both() + Words{"--quick"});
  EXPECT_EQ(quick.status, 2);
  limits("");
}

TEST_F(Rights, AnAdministrativeLimitOnPages) {
  access({"to * by * read"});
  limits("dn.exact=\"" + std::string(reader_dn) + "\" size.prtotal=disabled");
  const auto found = compare_json(both() + Words{"--page-size", "5"});
  TRACE_OUTPUT(found);
  EXPECT_EQ(found.status, 2);
  EXPECT_EQ(found.differences().size(), 0U);
  limits("");
}

TEST_F(Rights, ALimitOnWhatTheServerLooksThrough) {
  access({"to * by * read"});
  limits("dn.exact=\"" + std::string(reader_dn) + "\" size.unchecked=5");
  expect_incomplete(compare_json(both()), "administrative limit");
  limits("");
}

TEST_F(Rights, AnonymousSeesNothing) {
  access({"to * by users read by * none"});
  const auto found = compare_json(sources({open_->uri(), strict_->uri()}) + Words{"-b", std::string(suffix)});
  expect_incomplete(found, "may not see");
}

TEST_F(Rights, AMandatoryAttributeIsHidden) {
  access({"to attrs=sn by * none", "to * by * read"});
  expect_incomplete(compare_json(both()), "sn");
}

TEST_F(Rights, ObjectClassIsHidden) {
  access({"to attrs=objectClass by * none", "to * by * read"});
  const auto found = compare_json(both());
  TRACE_OUTPUT(found);
  EXPECT_EQ(found.status, 2);
  EXPECT_EQ(found.differences().size(), 0U);
}

TEST_F(Rights, TheIdIsHidden) {
  access({"to attrs=entryUUID by * none", "to * by * read"});
  expect_incomplete(compare_json(both()), "entryUUID");
}

TEST_F(Rights, TheCsnIsHidden) {
  access({"to attrs=entryCSN by * none", "to * by * read"});
  const auto found = compare_json(both());
  TRACE_OUTPUT(found);
  EXPECT_EQ(found.status, 0);  // the content can be compared all the same
  const auto quick = compare_json(both() + Words{"--quick"});
  TRACE_OUTPUT(quick);
  EXPECT_THAT(quick.status, AnyOf(Eq(2), Eq(3)));
}

TEST_F(Rights, AnOptionalAttributeIsHiddenEverywhere) {
  access({"to attrs=telephoneNumber by * none", "to * by * read"});
  expect_incomplete(compare_json(both()), "telephoneNumber");
  // Whoever says that it does not matter gets a clear answer.
  EXPECT_EQ(compare_json(both() + Words{"--exclude-attrs", "telephoneNumber"}).status, 0);
}

TEST_F(Rights, WhatIsHiddenFromBothIsTold) {
  access({"to attrs=userPassword by * none", "to * by * read"});
  const auto found = compare_json(both());
  TRACE_OUTPUT(found);
  EXPECT_EQ(found.status, 0);
  EXPECT_THAT(found.notes(), HasSubstr("userPassword"));
}

TEST_F(Rights, TheChildrenOfAnEntryAreHidden) {
  access({"to dn.children=\"" + unit("people") + "\" by * none", "to * by * read"});
  expect_incomplete(compare_json(both()), "may not see");
}

TEST_F(Rights, ASubtreeIsHidden) {
  access({"to dn.subtree=\"" + unit("people") + "\" by * none", "to * by * read"});
  const auto found = compare_json(both());
  TRACE_OUTPUT(found);
  // Nothing that the reader may ask tells it from a missing subtree, unless the server counts its entries.
  const auto counted = compare_json(both(monitor_dn));
  expect_incomplete(counted, "counts");
}

TEST_F(Rights, HalfOfTheEntriesAreHidden) {
  access({"to filter=(uid=p0*) by * none", "to * by * read"});
  expect_incomplete(compare_json(both(monitor_dn)), "counts 34 entries but shows 24");
}

TEST_F(Rights, TheSameEntriesAreHiddenOnBothSides) {
  access({"to filter=(uid=p0*) by * none", "to * by * read"});
  const auto words =
      sources({strict_->uri(), strict_->ldapi_uri()}) + bind_as(monitor_dn) + Words{"-b", std::string(suffix)};
  const auto found = compare_json(words);
  TRACE_OUTPUT(found);
  EXPECT_EQ(found.status, 2);
}

TEST_F(Rights, TheVectorIsHidden) {
  access({"to attrs=contextCSN by * none", "to * by * read"});
  const auto found = compare_json(both());
  TRACE_OUTPUT(found);
  EXPECT_EQ(found.status, 0);
  EXPECT_TRUE(found.document.at("sources").at(1).at("vector").is_null());
}

TEST_F(Rights, NothingMayBeRead) {
  access({"to * by * none"});
  const auto found = compare_json(both());
  TRACE_OUTPUT(found);
  EXPECT_EQ(found.status, 2);
  EXPECT_EQ(found.differences().size(), 0U);
  const auto text = replcompare(both());
  EXPECT_THAT(text.out, HasSubstr("may not see"));
}

TEST_F(Rights, AHiddenDifferenceDoesNotHideAFoundOne) {
  access({"to attrs=sn by * none", "to * by * read"});
  // The entry is there on one side only, and every right to see that is given.
  strict_->modify(
      fmt::format("dn: ou=extra,{}\nchangetype: add\nobjectClass: organizationalUnit\nou: extra\n", suffix));
  const auto found = compare_json(both() + Words{"--max-lag", "0s"});
  TRACE_OUTPUT(found);
  EXPECT_EQ(found.status, 1);
  EXPECT_EQ(found.document.at("complete"), false);
  EXPECT_EQ(found.difference("ou=extra").at("verdict"), "in_flight");
  EXPECT_EQ(found.difference("ou=extra").at("stalled"), true);
  strict_->modify(fmt::format("dn: ou=extra,{}\nchangetype: delete\n", suffix));
}

TEST_F(Rights, FractionalReplicationIsReadFromTheConfiguration) {
  access({"to attrs=telephoneNumber by dn.exact=\"" + std::string(monitor_dn) + "\" none", "to * by * read"});
  strict_->modify_config(
      fmt::format("dn: {}\nchangetype: modify\nadd: olcSyncrepl\nolcSyncrepl: rid=001 provider={} "
                  "bindmethod=simple binddn=\"{}\" credentials={} searchbase=\"{}\" "
                  "type=refreshOnly interval=10:00:00:00 exattrs=telephoneNumber,description\n",
                  Slapd::database_dn, open_->uri(), replicator_dn, "hidden-credential", suffix));
  const auto found = compare_json(both(monitor_dn));
  TRACE_OUTPUT(found);
  EXPECT_EQ(found.status, 0);
  EXPECT_THAT(found.notes(), HasSubstr("does not replicate telephoneNumber, description"));
  EXPECT_THAT(found.document.at("excluded_attributes").dump(), HasSubstr("telephoneNumber"));
  EXPECT_THAT(found.out + found.err, Not(HasSubstr("hidden-credential")));
  const auto reader = compare_json(both());
  TRACE_OUTPUT(reader);
  EXPECT_THAT(reader.notes(), HasSubstr("cn=config is not readable"));
  strict_->modify_config(fmt::format("dn: {}\nchangetype: modify\ndelete: olcSyncrepl\n", Slapd::database_dn));
}

}  // namespace
}  // namespace replkit::support
