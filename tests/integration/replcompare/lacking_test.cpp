// An entry that shows less than its classes demand: is it damaged, or does the server hide something?
#include <fmt/format.h>

#include <algorithm>

#include "tests/integration/replcompare/harness.hpp"

namespace replkit::support {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;

const std::string damaged = "uid=p3," + unit("people");
const std::string account = "cn=account," + unit("people");

Tree whole() {
  Tree tree;
  tree.add_unit("people");
  for (int i = 0; i < 5; ++i) {
    tree.add_person(fmt::format("uid=p{}", i), unit("people"), {"telephoneNumber: 1", "description: x"});
  }
  tree.add_person("cn=account", unit("people"), {"objectClass: simpleSecurityObject", "userPassword: swordfish"});
  std::stable_partition(tree.at(account).lines.begin(), tree.at(account).lines.end(),
                        [](const auto& line) { return line.starts_with("objectClass"); });
  return tree;
}

// Two servers, of which the second lacks of one entry an attribute that its class demands, and has others otherwise.
class Lacking : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    SlapdOptions options;
    options.access = {"to attrs=userPassword by anonymous auth by * none", "to * by * read"};
    whole_ = std::make_unique<Slapd>(options);
    whole_->load(whole().ldif());
    options.server_id = 2;
    damaged_ = std::make_unique<Slapd>(options);
    auto tree = whole();
    auto& node = tree.at(damaged);
    std::erase_if(node.lines, [](const auto& line) { return line.starts_with("sn:"); });
    std::erase_if(node.lines, [](const auto& line) { return line.starts_with("description:"); });
    Tree::edit(node, "telephoneNumber", "telephoneNumber: 2");
    damaged_->load_damaged(tree.ldif());
    for (auto* server : {whole_.get(), damaged_.get()}) server->start();
  }
  static void TearDownTestSuite() {
    whole_.reset();
    damaged_.reset();
  }

  // Sets the rules of the second server.
  static void access(const std::vector<std::string>& rules) {
    auto all = Words{"to attrs=userPassword by anonymous auth by * none"} + rules + Words{"to * by * read"};
    std::string change = fmt::format("dn: {}\nchangetype: modify\nreplace: olcAccess\n", Slapd::database_dn);
    for (std::size_t i = 0; i < all.size(); ++i) change += fmt::format("olcAccess: {{{}}}{}\n", i, all[i]);
    damaged_->modify_config(change);
  }

  static Words both() {
    return sources({whole_->uri(), damaged_->uri()}) + bind_as(reader_dn) + Words{"-b", std::string(suffix)};
  }
  static std::vector<std::string> names(const nlohmann::json& difference) {
    std::vector<std::string> out;
    for (const auto& attribute : difference.at("attributes")) out.push_back(attribute.at("name"));
    return out;
  }

  static inline std::unique_ptr<Slapd> whole_, damaged_;
};

TEST_F(Lacking, WhatIsNotThereIsADifference) {
  access({});
  const auto found = compare_json(both());
  TRACE_OUTPUT(found);
  EXPECT_EQ(found.status, 1);
  EXPECT_EQ(found.document.at("complete"), true);
  const auto difference = found.difference("uid=p3");
  EXPECT_THAT(names(difference), testing::ElementsAre("description", "sn", "telephoneNumber"));
  EXPECT_FALSE(difference.at("entries").at(1).contains("lacking"));
  EXPECT_THAT(found.notes(), HasSubstr("it is not there"));
}

TEST_F(Lacking, WhatMayBeHiddenIsNotButTheRestIs) {
  access({"to dn.exact=\"" + damaged + "\" attrs=sn by * none"});
  const auto found = compare_json(both());
  TRACE_OUTPUT(found);
  EXPECT_EQ(found.status, 1);
  EXPECT_EQ(found.document.at("complete"), false);
  EXPECT_THAT(found.reasons(), HasSubstr("hidden from this identity, or damage"));
  const auto difference = found.difference("uid=p3");
  EXPECT_THAT(names(difference), testing::ElementsAre("description", "telephoneNumber"));
  EXPECT_THAT(difference.at("entries").at(1).at("lacking"), testing::ElementsAre("sn"));
  EXPECT_THAT(replcompare(both()).out, HasSubstr("lacks sn, which the classes demand: hidden from this"));
  const auto repair = replcompare(both() + Words{"--format", "ldif"});
  EXPECT_THAT(repair.out, HasSubstr("telephoneNumber: 1"));
  EXPECT_THAT(repair.out, Not(HasSubstr("add: sn")));
}

TEST_F(Lacking, PasswordsThatNobodyIsShownAreANote) {
  access({});
  for (const auto* server : {whole_.get(), damaged_.get()}) {
    const auto found = compare_json(sources({server->uri(), server->ldapi_uri()}) + bind_as(reader_dn) +
                                    Words{"-b", account, "-s", "base"});
    TRACE_OUTPUT(found);
    EXPECT_EQ(found.status, 0);
    EXPECT_THAT(found.notes(), HasSubstr("no source shows userPassword"));
    EXPECT_EQ(found.reasons(), "");
  }
}

TEST_F(Lacking, OnePasswordIsEnoughToSeeThatTheyAreHidden) {
  whole_->modify_config(fmt::format("dn: {}\nchangetype: modify\nreplace: olcAccess\nolcAccess: {{0}}to * by * read\n",
                                    Slapd::database_dn));
  access({});
  const auto found = compare_json(both() + Words{"--exclude-branch", damaged});
  whole_->modify_config(
      fmt::format("dn: {}\nchangetype: modify\nreplace: olcAccess\nolcAccess: {{0}}to attrs="
                  "userPassword by * none\nolcAccess: {{1}}to * by * read\n",
                  Slapd::database_dn));
  TRACE_OUTPUT(found);
  EXPECT_EQ(found.status, 2);
  EXPECT_THAT(found.differences(), SizeIs(0));
  EXPECT_THAT(found.reasons(), HasSubstr("--exclude-attrs userPassword"));
}

}  // namespace
}  // namespace replkit::support
