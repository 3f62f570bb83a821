// The repair LDIF, applied with ldapmodify, makes the servers the same; reversed, it brings the old state back.
#include <fmt/format.h>
#include <sys/stat.h>

#include <filesystem>

#include "common/base/files.hpp"
#include "tests/integration/replcompare/harness.hpp"
#include "tests/support/temp_dir.hpp"

namespace replkit::support {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

// The escapes of RFC 4514 2.4 and other odd names.
const std::vector<std::string>& odd_rdns() {
  static const std::vector<std::string> rdns{
      "cn=a\\,b",        "cn=a\\+b",       "cn=\\22quoted\\22", "cn=back\\\\slash", "cn=\\3Cless\\3E",
      "cn=semi\\;colon", "cn=\\23hash",    "cn=\\20 lead",      "cn=trail\\20",     "cn=eq\\3Dual",
      "cn=a\\0Aline",    "cn=L\\C4\\8Dur", "cn=1+sn=2",         "cn=/slash*(star)"};
  return rdns;
}

class Repair : public testing::Test {
 protected:
  Repair() {
    SlapdOptions options;
    good_ = std::make_unique<Slapd>(options);
    options.server_id = 2;
    bad_ = std::make_unique<Slapd>(options);
  }

  void load(const Tree& good, const Tree& bad) {
    good_->load(good.ldif());
    bad_->load(bad.ldif());
    good_->start();
    bad_->start();
    before_ = bad_state();
  }

  Words pair() const {
    return sources({good_->uri(), bad_->uri()}) + bind_as(replicator_dn) + Words{"-b", std::string(suffix)};
  }
  // A repaired entry has a CSN of its own that the other side has not seen: no lag between servers that do not
  // replicate, so anything left over is a finding.
  ComparedJson compare_now(const Words& more = {}) const {
    return compare_json(pair() + Words{"--max-lag", "0s"} + more);
  }
  std::string ldif(const Words& more = {}) const {
    const auto written = replcompare(pair() + Words{"--format", "ldif"} + more);
    EXPECT_EQ(written.status, 1) << written.err;
    return written.out;
  }

  // All entries of the bad server but for what every write changes.
  std::string bad_state() const {
    std::string out;
    for (const auto& entry :
         bad_->root_client().search(std::string(suffix), 2, "(objectClass=*)", {"*", "entryUUID"})) {
      auto attributes = entry.attributes;
      std::string text = entry.dn + "\n";
      for (auto& [name, values] : attributes) {
        std::sort(values.begin(), values.end());
        for (const auto& value : values) text += name + ": " + value + "\n";
      }
      states_[entry.dn] = text;
    }
    for (const auto& [dn, text] : states_) out += text + "\n";
    states_.clear();
    return out;
  }

  static Tree good_tree() {
    Tree tree;
    tree.add_unit("people");
    for (const char* name : {"ann", "bob", "carl", "dora", "emil"}) {
      tree.add_person(fmt::format("uid={}", name), unit("people"),
                      {"description: " + std::string(name), "userPassword: secret of " + std::string(name),
                       "jpegPhoto:: /9j/4AABAgME", "mail: a@example.com", "mail: b@example.com"});
    }
    tree.add_unit("tree");
    tree.add_unit("branch", unit("tree"));
    tree.add_person("uid=leaf", "ou=branch," + unit("tree"));
    tree.add_unit("from");
    tree.add_unit("to");
    tree.add_unit("team", unit("from"));
    tree.add_person("uid=member", "ou=team," + unit("from"));
    tree.add_unit("odd");
    for (const auto& rdn : odd_rdns()) {
      auto& node = tree.add_person(rdn, unit("odd"));
      // The naming values stand in the name; slapadd wants them in the entry too.
      node.lines = {"objectClass: inetOrgPerson", "sn: Person", "description: one"};
      if (rdn == "cn=1+sn=2") node.lines = {"objectClass: inetOrgPerson", "cn: 1", "sn: 2", "description: one"};
    }
    return tree;
  }

  std::unique_ptr<Slapd> good_, bad_;
  std::string before_;
  mutable std::map<std::string, std::string> states_;
};

Tree with_naming_values(Tree tree, const std::vector<std::pair<std::string, std::string>>& values) {
  for (const auto& [rdn, line] : values) tree.at(rdn + "," + unit("odd")).lines.push_back(line);
  return tree;
}

const std::vector<std::pair<std::string, std::string>>& naming_values() {
  static const std::vector<std::pair<std::string, std::string>> values{{"cn=a\\,b", "cn: a,b"},
                                                                       {"cn=a\\+b", "cn: a+b"},
                                                                       {"cn=\\22quoted\\22", "cn: \"quoted\""},
                                                                       {"cn=back\\\\slash", "cn: back\\slash"},
                                                                       {"cn=\\3Cless\\3E", "cn:: PGxlc3M+"},
                                                                       {"cn=semi\\;colon", "cn: semi;colon"},
                                                                       {"cn=\\23hash", "cn: #hash"},
                                                                       {"cn=\\20 lead", "cn:: ICBsZWFk"},
                                                                       {"cn=trail\\20", "cn:: dHJhaWwg"},
                                                                       {"cn=eq\\3Dual", "cn: eq=ual"},
                                                                       {"cn=a\\0Aline", "cn:: YQpsaW5l"},
                                                                       {"cn=L\\C4\\8Dur", "cn:: TMSNdXI="},
                                                                       {"cn=/slash*(star)", "cn: /slash*(star)"}};
  return values;
}

// Every kind of difference once.
Tree damaged(Tree tree) {
  tree.remove("uid=ann," + unit("people"));
  tree.remove(unit("tree"));
  auto& bob = tree.at("uid=bob," + unit("people"));
  Tree::edit(bob, "description", "description: BOBBY");
  Tree::edit(bob, "userPassword", "userPassword: another");
  Tree::edit(bob, "jpegPhoto", "jpegPhoto:: /9j/4AABAgMF");
  Tree::edit(bob, "mail: b@", "mail: c@example.com");
  bob.lines.push_back("description;lang-de: nur hier");
  tree.move("uid=carl," + unit("people"), "uid=karl," + unit("people"));
  tree.move("ou=team," + unit("from"), "ou=team," + unit("to"));
  tree.at("uid=dora," + unit("people")).uuid = "ffffffff-0000-4000-8000-00000000000d";
  tree.add_unit("extra").uuid = "ffffffff-0000-4000-8000-000000000001";
  tree.add_person("uid=child", unit("extra")).uuid = "ffffffff-0000-4000-8000-000000000002";
  return tree;
}

TEST_F(Repair, MakesThemTheSameAndBack) {
  const auto good = with_naming_values(good_tree(), naming_values());
  load(good, damaged(good));
  const auto repair = ldif();
  const auto undo = ldif({"--reverse"});
  SCOPED_TRACE(repair);
  EXPECT_THAT(repair, AllOf(HasSubstr("1.3.6.1.4.1.4203.666.5.12"), HasSubstr("# Makes " + bad_->uri() + " the same")));
  bad_->modify(repair);
  const auto after = compare_now();
  TRACE_OUTPUT(after);
  EXPECT_EQ(after.status, 0);
  EXPECT_EQ(after.differences().size(), 0U);
  SCOPED_TRACE(undo);
  bad_->modify(undo);
  EXPECT_EQ(bad_state(), before_);
}

TEST_F(Repair, PortableOnesToo) {
  const auto good = with_naming_values(good_tree(), naming_values());
  load(good, damaged(good));
  const auto repair = ldif({"--portable"});
  const auto undo = ldif({"--portable", "--reverse"});
  SCOPED_TRACE(repair);
  EXPECT_THAT(repair,
              AllOf(Not(HasSubstr("1.3.6.1.4.1.4203.666.5.12")), HasSubstr("WARNING"), Not(HasSubstr("\nentryUUID:"))));
  bad_->modify(repair);
  const auto after = compare_now();
  TRACE_OUTPUT(after);
  for (const auto& difference : after.differences()) {
    EXPECT_EQ(difference.value("identity_differs", false), true) << difference.dump(2);
    EXPECT_EQ(difference.at("attributes").size(), 0U) << difference.dump(2);
  }
  EXPECT_EQ(after.summary().at("missing"), 0);
  bad_->modify(undo);
  const auto back = compare_now();
  EXPECT_EQ(back.summary().at("missing"), 6) << back.out;  // ann, tree, branch, leaf; extra and its child
}

TEST_F(Repair, OddNamesAreRepaired) {
  const auto good = with_naming_values(good_tree(), naming_values());
  auto bad = good;
  for (std::size_t i = 0; i < odd_rdns().size(); ++i) {
    const auto dn = odd_rdns()[i] + "," + unit("odd");
    if (i % 2 == 0) {
      bad.remove(dn);
    } else {
      Tree::edit(bad.at(dn), "description", "description: two");
    }
  }
  load(good, bad);
  const auto found = compare_now();
  TRACE_OUTPUT(found);
  EXPECT_EQ(found.summary().at("missing"), (odd_rdns().size() + 1) / 2);
  EXPECT_EQ(found.summary().at("changed"), odd_rdns().size() / 2);
  const auto repair = ldif();
  const auto undo = ldif({"--reverse"});
  SCOPED_TRACE(repair);
  bad_->modify(repair);
  EXPECT_EQ(compare_now().status, 0);
  bad_->modify(undo);
  EXPECT_EQ(bad_state(), before_);
}

TEST_F(Repair, TwoNamesChangeTheirHolders) {
  auto good = good_tree();
  good = with_naming_values(good, naming_values());
  auto bad = good;
  std::swap(bad.at("uid=ann," + unit("people")).uuid, bad.at("uid=bob," + unit("people")).uuid);
  load(good, bad);
  const auto repair = ldif();
  SCOPED_TRACE(repair);
  bad_->modify(repair);
  const auto after = compare_now();
  TRACE_OUTPUT(after);
  EXPECT_EQ(after.status, 0);
}

TEST_F(Repair, GoesToFilesThatOthersCannotRead) {
  const auto good = with_naming_values(good_tree(), naming_values());
  load(good, damaged(good));
  const TempDir directory;
  const auto written = replcompare(pair() + Words{"--format", "ldif", "--output-dir", directory.path().string()});
  TRACE_OUTPUT(written);
  EXPECT_EQ(written.status, 1);
  EXPECT_EQ(written.out, "");
  std::vector<std::filesystem::path> files;
  for (const auto& file : std::filesystem::directory_iterator(directory.path())) files.push_back(file.path());
  ASSERT_EQ(files.size(), 1U);
  struct stat info = {};
  ASSERT_EQ(::stat(files[0].c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777, 0600U);
  EXPECT_THAT(written.err, HasSubstr(files[0].string()));
  bad_->modify(read_file(files[0], 1U << 20));
  EXPECT_EQ(compare_now().status, 0);
  const auto nowhere = replcompare(pair() + Words{"--format", "ldif", "--output-dir", "/nonexistent/here"});
  EXPECT_EQ(nowhere.status, 7);
}

TEST_F(Repair, ADumpOfARunningServerHoldsWhatItsEntriesTell) {
  const auto good = with_naming_values(good_tree(), naming_values());
  load(good, good);
  good_->modify(fmt::format("dn: uid=emil,{}\nchangetype: modify\nadd: title\ntitle: new\n", unit("people")));
  const TempDir directory;
  good_->dump_to(directory / "dump.ldif");  // slapd has not written the new contextCSN to its database yet
  const auto words = sources({good_->uri(), "file:" + (directory / "dump.ldif").string()}) + bind_as(replicator_dn) +
                     Words{"-b", std::string(suffix)};
  const auto same = compare_json(words);
  TRACE_OUTPUT(same);
  EXPECT_EQ(same.status, 0);
  EXPECT_EQ(same.document.at("sources").at(0).at("vector"), same.document.at("sources").at(1).at("vector"));
  // What changes after the dump is newer than the file, which is no finding.
  good_->modify(fmt::format("dn: uid=emil,{}\nchangetype: modify\nreplace: title\ntitle: newer\n", unit("people")));
  const auto later = compare_json(words + Words{"--max-lag", "0s"});
  TRACE_OUTPUT(later);
  EXPECT_EQ(later.status, 0);
  EXPECT_EQ(later.difference("uid=emil").at("waits_for"), "file");
}

TEST_F(Repair, NothingToRepairIsAnEmptyOne) {
  const auto good = with_naming_values(good_tree(), naming_values());
  load(good, good);
  const auto written = replcompare(pair() + Words{"--format", "ldif"});
  EXPECT_EQ(written.status, 0);
  EXPECT_THAT(written.out, HasSubstr("# 0 changes"));
  EXPECT_THAT(written.out, Not(HasSubstr("changetype")));
}

}  // namespace
}  // namespace replkit::support
