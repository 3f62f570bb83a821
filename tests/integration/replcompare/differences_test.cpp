// What replcompare finds between servers that were loaded with nearly the same entries.
#include <fmt/format.h>

#include "tests/integration/replcompare/harness.hpp"

namespace replkit::support {
namespace {

using testing::HasSubstr;
using testing::Not;

// Three servers whose vectors are equal: A, B with what is planted, C the same as A.
class Differences : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    SlapdOptions options;
    options.modules = {"ppolicy"};  // for its attributes
    a_ = std::make_unique<Slapd>(options);
    options.server_id = 2;
    b_ = std::make_unique<Slapd>(options);
    options.server_id = 3;
    c_ = std::make_unique<Slapd>(options);
    const auto right = right_tree();
    a_->load(right.ldif());
    b_->load(planted(right).ldif());
    c_->load(right.ldif());
    for (auto* server : {a_.get(), b_.get(), c_.get()}) server->start();
  }
  static void TearDownTestSuite() {
    a_.reset();
    b_.reset();
    c_.reset();
  }

  static Tree right_tree() {
    Tree tree;
    tree.add_unit("same");
    tree.add_person("uid=ann", unit("same"), {"mail: ann@example.com", "mail: a@example.com", "title: Head"});
    tree.add_person("uid=bob", unit("same"), {"userPassword: swordfish"});
    tree.add_unit("missing");
    tree.add_person("uid=here", unit("missing"));
    tree.add_person("uid=gone", unit("missing"), {"description: only on A"});
    tree.add_unit("changed");
    tree.add_person("uid=carl", unit("changed"), {"description: old", "mail: carl@example.com"});
    tree.add_unit("renamed");
    tree.add_person("uid=before", unit("renamed"));
    tree.add_unit("moved");
    tree.add_unit("from", unit("moved"));
    tree.add_unit("to", unit("moved"));
    tree.add_unit("team", "ou=from," + unit("moved"));
    for (int i = 0; i < 3; ++i) tree.add_person(fmt::format("uid=m{}", i), "ou=team,ou=from," + unit("moved"));
    tree.add_unit("identity");
    tree.add_person("uid=twin", unit("identity"));
    tree.add_unit("binary");
    tree.add_person("uid=photo", unit("binary"), {"jpegPhoto:: /9j/4AABAgME"});
    tree.add_unit("options");
    tree.add_person("uid=lang", unit("options"), {"description: x", "description;lang-de: eins"});
    tree.add_unit("secret");
    tree.add_person("uid=key", unit("secret"), {"userPassword: swordfish"});
    tree.add_unit("local");
    tree.add_person("uid=locked", unit("local"), {"userPassword: x", "pwdChangedTime: 20260101000000Z"});
    tree.add_unit("many");
    for (int i = 0; i < 20; ++i) tree.add_person(fmt::format("uid=n{:02}", i), unit("many"), {"description: one"});
    return tree;
  }

  static Tree planted(Tree tree) {
    // The same but for case and order.
    Tree::edit(tree.at("uid=ann," + unit("same")), "title", "title: HEAD");
    Tree::edit(tree.at("uid=ann," + unit("same")), "mail: ann", "mail: A@example.com");
    Tree::edit(tree.at("uid=ann," + unit("same")), "mail: a@", "mail: ANN@example.com");
    tree.remove("uid=gone," + unit("missing"));
    Tree::edit(tree.at("uid=carl," + unit("changed")), "description", "description: new");
    tree.move("uid=before," + unit("renamed"), "uid=after," + unit("renamed"));
    tree.move("ou=team,ou=from," + unit("moved"), "ou=team,ou=to," + unit("moved"));
    tree.at("uid=twin," + unit("identity")).uuid = "ffffffff-0000-4000-8000-000000000000";
    Tree::edit(tree.at("uid=photo," + unit("binary")), "jpegPhoto", "jpegPhoto:: /9j/4AABAgMF");
    Tree::edit(tree.at("uid=lang," + unit("options")), "description;lang-de", "description;lang-de: zwei");
    Tree::edit(tree.at("uid=key," + unit("secret")), "userPassword", "userPassword: correct-horse");
    tree.at("uid=locked," + unit("local")).lines.push_back("pwdFailureTime: 20260101000000.000000Z");
    Tree::edit(tree.at("uid=locked," + unit("local")), "pwdChangedTime", "pwdChangedTime: 20260102000000Z");
    for (int i = 0; i < 20; ++i) {
      Tree::edit(tree.at(fmt::format("uid=n{:02},{}", i, unit("many"))), "description", "description: two");
    }
    return tree;
  }

  // A against B, as the replicator, who may read everything.
  static Words pair(const std::string& base) {
    return sources({a_->uri(), b_->uri()}) + bind_as(replicator_dn) + Words{"-b", base};
  }

  static inline std::unique_ptr<Slapd> a_, b_, c_;
};

TEST_F(Differences, TheSameDataAreTheSame) {
  const auto found = compare_json(pair(unit("same")));
  TRACE_OUTPUT(found);
  EXPECT_EQ(found.status, 0);
  EXPECT_EQ(found.document.at("schema"), "replcompare/1");
  EXPECT_EQ(found.document.at("base"), unit("same"));
  EXPECT_EQ(found.document.at("complete"), true);
  EXPECT_EQ(found.summary().at("matched"), 3);
  EXPECT_EQ(found.differences(), nlohmann::json::array());
  const auto& source = found.document.at("sources").at(0);
  EXPECT_EQ(source.at("name"), a_->uri());
  EXPECT_EQ(source.at("kind"), "openldap");
  EXPECT_EQ(source.at("entries"), 3);
  EXPECT_EQ(source.at("complete"), true);
  EXPECT_EQ(source.at("reasons"), nlohmann::json::array());
  EXPECT_EQ(source.at("vector").at("001"), "20260201000000.000000Z#000000#001#000000");
  const auto exact = compare_json(pair(unit("same")) + Words{"--exact"});
  EXPECT_EQ(exact.status, 1);
  EXPECT_THAT(replcompare(pair(unit("same")) + Words{"-v"}).out, HasSubstr("left out: authTimestamp"));
  EXPECT_EQ(exact.difference("uid=ann").at("attributes").size(), 2U);
}

TEST_F(Differences, AMissingEntry) {
  const auto found = compare_json(pair(unit("missing")));
  TRACE_OUTPUT(found);
  EXPECT_EQ(found.status, 1);
  EXPECT_EQ(found.summary().at("missing"), 1);
  EXPECT_EQ(found.summary().at("diverged"), 1);
  const auto difference = found.difference("uid=gone");
  EXPECT_EQ(difference.at("kind"), "missing");
  EXPECT_EQ(difference.at("verdict"), "diverged");
  EXPECT_EQ(difference.at("entries").at(0).at("source"), 0);
  EXPECT_EQ(difference.at("entries").at(0).at("present"), true);
  EXPECT_EQ(difference.at("entries").at(0).at("dn"), "uid=gone," + unit("missing"));
  EXPECT_TRUE(difference.at("entries").at(0).contains("uuid"));
  EXPECT_TRUE(difference.at("entries").at(0).contains("csn"));
  EXPECT_EQ(difference.at("entries").at(1), (nlohmann::json{{"source", 1}, {"present", false}}));
}

TEST_F(Differences, AChangedEntry) {
  const auto found = compare_json(pair(unit("changed")));
  TRACE_OUTPUT(found);
  EXPECT_EQ(found.status, 1);
  const auto expected = nlohmann::json::parse(R"([{"name": "description", "only": [
      {"source": 0, "values": ["old"]}, {"source": 1, "values": ["new"]}]}])");
  const auto difference = found.difference("uid=carl");
  EXPECT_EQ(difference.at("kind"), "changed");
  EXPECT_EQ(difference.at("verdict"), "diverged");
  EXPECT_EQ(difference.at("attributes"), expected);
  EXPECT_EQ(compare_json(pair(unit("changed")) + Words{"--attrs", "mail,cn"}).status, 0);
  EXPECT_EQ(compare_json(pair(unit("changed")) + Words{"--attrs", "description"}).status, 1);
  EXPECT_EQ(compare_json(pair(unit("changed")) + Words{"--exclude-attrs", "description"}).status, 0);
  EXPECT_EQ(compare_json(pair(unit("changed")) + Words{"--exclude-branch", "uid=carl," + unit("changed")}).status, 0);
  EXPECT_EQ(compare_json(pair(unit("changed")) + Words{"-s", "base"}).status, 0);
  EXPECT_EQ(compare_json(pair(unit("changed")) + Words{"-s", "one"}).status, 1);
  EXPECT_EQ(compare_json(pair(unit("changed")) + Words{"-s", "children"}).status, 1);
  EXPECT_EQ(compare_json(pair(unit("changed")) + Words{"(uid=nobody)"}).status, 0);
  EXPECT_EQ(compare_json(pair(unit("changed")) + Words{"(uid=carl)"}).status, 1);
  EXPECT_EQ(compare_json(pair(unit("changed")) + Words{"--page-size", "1"}).status, 1);
  EXPECT_EQ(compare_json(pair(unit("changed")) + Words{"--rate", "1000"}).status, 1);
}

TEST_F(Differences, QuickSeesWhatCsnsTellAndSaysSo) {
  EXPECT_EQ(compare_json(pair(unit("missing")) + Words{"--quick"}).status, 1);
  const auto found = replcompare(pair(unit("changed")) + Words{"--quick"});  // planted under the same CSN
  TRACE_OUTPUT(found);
  EXPECT_EQ(found.status, 0);
  EXPECT_THAT(found.out, HasSubstr("--quick"));
}

TEST_F(Differences, ARenamedEntryAndAMovedSubtree) {
  const auto renamed = compare_json(pair(unit("renamed")));
  TRACE_OUTPUT(renamed);
  const auto difference = renamed.difference("uid=before");
  EXPECT_EQ(difference.at("kind"), "renamed");
  EXPECT_EQ(difference.at("entries").at(1).at("dn"), "uid=after," + unit("renamed"));
  EXPECT_EQ(renamed.summary().at("missing"), 0);

  const auto moved = compare_json(pair(unit("moved")));
  TRACE_OUTPUT(moved);
  EXPECT_EQ(moved.differences().size(), 1U);
  EXPECT_EQ(moved.difference("ou=team").at("descendants"), 3);
  EXPECT_EQ(moved.summary().at("renamed"), 1);
  // Seen from below one of the two places it is in.
  const auto half = compare_json(pair("ou=from," + unit("moved")));
  TRACE_OUTPUT(half);
  EXPECT_EQ(half.status, 1);
  EXPECT_EQ(half.summary().at("missing"), 4);
}

TEST_F(Differences, OneNameWithTwoIdentities) {
  const auto found = compare_json(pair(unit("identity")));
  TRACE_OUTPUT(found);
  EXPECT_EQ(found.differences().size(), 1U);
  const auto difference = found.difference("uid=twin");
  EXPECT_EQ(difference.at("kind"), "changed");
  EXPECT_EQ(difference.at("identity_differs"), true);
}

TEST_F(Differences, BinaryOptionsAndSecrets) {
  const auto binary = compare_json(pair(unit("binary")));
  TRACE_OUTPUT(binary);
  const auto photo = binary.difference("uid=photo").at("attributes").at(0);
  EXPECT_EQ(photo.at("name"), "jpegPhoto");
  EXPECT_EQ(photo.at("only").at(0).at("values").at(0), (nlohmann::json{{"base64", "/9j/4AABAgME"}}));

  const auto options = compare_json(pair(unit("options")));
  TRACE_OUTPUT(options);
  EXPECT_EQ(options.difference("uid=lang").at("attributes").at(0).at("name"), "description;lang-de");
  EXPECT_EQ(options.difference("uid=lang").at("attributes").size(), 1U);

  const auto secret = compare_json(pair(unit("secret")));
  TRACE_OUTPUT(secret);
  EXPECT_THAT(secret.out + secret.err, Not(HasSubstr("swordfish")));
  EXPECT_THAT(secret.out, Not(HasSubstr("c3dvcmRmaXNo")));
  const auto value = secret.difference("uid=key").at("attributes").at(0).at("only").at(0).at("values").at(0);
  EXPECT_EQ(value.at("redacted"), true);
  EXPECT_THAT(replcompare(pair(unit("secret"))).out, Not(HasSubstr("swordfish")));
  EXPECT_THAT(replcompare(pair(unit("secret")) + Words{"--show-secrets"}).out, HasSubstr("swordfish"));
}

TEST_F(Differences, OperationalAttributesAreComparedWhenAskedFor) {
  EXPECT_EQ(compare_json(pair(unit("local"))).status, 0);
  const auto all = compare_json(pair(unit("local")) + Words{"--attrs", "*,+"});
  TRACE_OUTPUT(all);
  EXPECT_EQ(all.status, 1);
  ASSERT_EQ(all.difference("uid=locked").at("attributes").size(), 1U);  // failed binds are every server's own
  EXPECT_EQ(all.difference("uid=locked").at("attributes").at(0).at("name"), "pwdChangedTime");
  EXPECT_EQ(compare_json(pair(unit("local")) + Words{"--attrs", "pwdFailureTime"}).status, 1);
  EXPECT_EQ(compare_json(pair(unit("same")) + Words{"--attrs", "*,+"}).status, 0);
}

TEST_F(Differences, TheOddOneOfThreeIsNamed) {
  const auto words = sources({a_->uri(), b_->uri(), c_->uri()}) + bind_as(monitor_dn);
  const auto found = compare_json(words + Words{"-b", unit("changed")});
  TRACE_OUTPUT(found);
  EXPECT_EQ(found.difference("uid=carl").at("odd"), nlohmann::json::array({1}));
  const auto missing = compare_json(words + Words{"-b", unit("missing")});
  EXPECT_EQ(missing.difference("uid=gone").at("odd"), nlohmann::json::array({1}));
  const auto twin = compare_json(words + Words{"-b", unit("identity")});
  TRACE_OUTPUT(twin);
  EXPECT_EQ(twin.differences().size(), 1U);
  const auto text = replcompare(words + Words{"-b", unit("changed")});
  EXPECT_THAT(text.out, HasSubstr("odd one out: " + b_->uri()));
}

TEST_F(Differences, StopAfterAndMaxDetails) {
  const auto stopped = compare_json(pair(unit("many")) + Words{"--stop-after", "5"});
  TRACE_OUTPUT(stopped);
  EXPECT_EQ(stopped.status, 1);
  EXPECT_EQ(stopped.differences().size(), 5U);
  EXPECT_EQ(stopped.document.at("complete"), false);
  const auto capped = compare_json(pair(unit("many")) + Words{"--max-details", "3"});
  TRACE_OUTPUT(capped);
  EXPECT_EQ(capped.status, 1);
  EXPECT_EQ(capped.differences().size(), 20U);
  EXPECT_EQ(capped.summary().at("changed"), 20);
  int bare = 0;
  for (const auto& difference : capped.differences()) {
    EXPECT_THAT(difference.at("dn").get<std::string>(), HasSubstr("ou=many"));
    EXPECT_TRUE(difference.at("entries").at(0).contains("uuid"));
    if (difference.value("details", true)) continue;
    ++bare;
    EXPECT_TRUE(difference.at("attributes").empty());
  }
  EXPECT_EQ(bare, 17);
}

TEST_F(Differences, KnownDifferencesAreIgnoredUntilTheyExpire) {
  const TempDir directory;
  const auto file = directory / "known.toml";
  write_file(file, fmt::format("[[ignore]]\nbelow = \"{}\"\nreason = \"ticket 5\"\n", unit("many")));
  const auto ignored = compare_json(pair(unit("many")) + Words{"--ignore-file", file.string()});
  TRACE_OUTPUT(ignored);
  EXPECT_EQ(ignored.status, 0);
  EXPECT_EQ(ignored.summary().at("ignored"), 20);
  EXPECT_EQ(ignored.summary().at("diverged"), 0);
  write_file(file, fmt::format("[[ignore]]\nbelow = \"{}\"\nuntil = 2020-01-31\n", unit("many")));
  const auto expired = compare_json(pair(unit("many")) + Words{"--ignore-file", file.string()});
  EXPECT_EQ(expired.status, 1);
  EXPECT_THAT(expired.notes(), HasSubstr("expired"));
  write_file(file, "[[ignore]]\nbelow = \"no dn\"\n");
  const auto bad = replcompare(pair(unit("many")) + Words{"--ignore-file", file.string()});
  EXPECT_EQ(bad.status, 3);
  EXPECT_THAT(bad.err, HasSubstr("known.toml:2"));
}

TEST_F(Differences, JsonLinesComeOneByOneAndThenTheRest) {
  const auto found = replcompare(pair(unit("many")) + Words{"--format", "jsonl"});
  TRACE_OUTPUT(found);
  std::vector<nlohmann::json> lines;
  std::istringstream in(found.out);
  for (std::string line; std::getline(in, line);) lines.push_back(nlohmann::json::parse(line));
  ASSERT_EQ(lines.size(), 21U);
  EXPECT_EQ(lines.front().at("kind"), "changed");
  EXPECT_EQ(lines.back().at("schema"), "replcompare/1");
  EXPECT_EQ(lines.back().at("summary").at("changed"), 20);
}

TEST_F(Differences, AReferenceTurnsTheDirectionRound) {
  const auto found = compare_json(pair(unit("renamed")) + Words{"--reference", b_->uri()});
  TRACE_OUTPUT(found);
  EXPECT_EQ(found.difference("uid=after").at("kind"), "renamed");
  EXPECT_EQ(replcompare(pair(unit("renamed")) + Words{"--reference", "nobody"}).status, 3);
}

TEST_F(Differences, FilesAndServersInAnyMix) {
  const TempDir directory;
  const auto dump = a_->dump();
  write_file(directory / "a.ldif", dump);
  run_checked({"gzip", "-k", (directory / "a.ldif").string()});
  const auto file = "file:" + (directory / "a.ldif").string();
  const auto base = Words{"-b", std::string(suffix)};
  for (const auto& source : {file, file + ".gz"}) {
    const auto same = compare_json(sources({a_->uri(), source}) + bind_as(replicator_dn) + base);
    TRACE_OUTPUT(same);
    EXPECT_EQ(same.status, 0);
    EXPECT_EQ(same.document.at("sources").at(1).at("kind"), "ldif");
    EXPECT_EQ(same.document.at("sources").at(0).at("vector"), same.document.at("sources").at(1).at("vector"));
  }
  const auto piped = compare_json(sources({a_->uri(), "-"}) + bind_as(replicator_dn) + base, {.input = dump});
  EXPECT_EQ(piped.status, 0);
  const auto other = compare_json(sources({file, b_->uri()}) + bind_as(replicator_dn) + Words{"-b", unit("changed")});
  TRACE_OUTPUT(other);
  EXPECT_EQ(other.status, 1);
  EXPECT_EQ(other.difference("uid=carl").at("verdict"), "diverged");
  write_file(directory / "b.ldif", b_->dump());
  const auto files = compare_json(sources({file, "file:" + (directory / "b.ldif").string()}));
  const auto servers = compare_json(sources({a_->uri(), b_->uri()}) + bind_as(replicator_dn) + base);
  TRACE_OUTPUT(files);
  EXPECT_EQ(files.status, 1);
  EXPECT_EQ(files.summary().at("changed"), servers.summary().at("changed"));
  EXPECT_EQ(files.summary().at("missing"), servers.summary().at("missing"));
  EXPECT_EQ(files.summary().at("renamed"), servers.summary().at("renamed"));
}

TEST_F(Differences, TextFitsEightyColumnsWhereTheDataDo) {
  const auto found = replcompare(pair(unit("missing")));
  TRACE_OUTPUT(found);
  std::istringstream in(found.out);
  for (std::string line; std::getline(in, line);) EXPECT_LE(line.size(), 80U) << line;
  EXPECT_EQ(found.err, "");
}

}  // namespace
}  // namespace replkit::support
