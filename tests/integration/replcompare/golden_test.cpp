// What people and scripts see, whole: compared with tests/golden/replcompare.
#include <fmt/format.h>

#include <regex>

#include "tests/integration/replcompare/harness.hpp"
#include "tests/support/golden.hpp"
#include "tests/support/temp_dir.hpp"

namespace replkit::support {
namespace {

struct Case {
  const char* name;
  Words words;  // A, B and C stand for the servers, DEAD for a port where nobody listens, FILE for a dump of A
};

// The words a reader of the golden file sees are those of the case; the rest is the same for all.
const std::vector<Case>& cases() {
  static const std::vector<Case> all{
      {"same", {"-H", "A", "-H", "C", "-b", unit("people")}},
      {"text", {"-H", "A", "-H", "B", "-b", std::string(suffix)}},
      {"three", {"-H", "A", "-H", "B", "-H", "C", "-b", std::string(suffix)}},
      {"json", {"-H", "A", "-H", "B", "-b", std::string(suffix), "--json"}},
      {"jsonl", {"-H", "A", "-H", "B", "-b", unit("people"), "--format", "jsonl"}},
      {"ldif", {"-H", "A", "-H", "B", "-b", std::string(suffix), "--format", "ldif"}},
      {"ldif-portable-reverse",
       {"-H", "A", "-H", "B", "-b", std::string(suffix), "--format", "ldif", "--portable", "--reverse"}},
      {"stalled", {"-H", "A", "-H", "B", "-b", unit("late"), "--max-lag", "0s"}},
      {"in-flight", {"-H", "A", "-H", "B", "-b", unit("late"), "--max-lag", "90000h"}},
      {"quick", {"-H", "A", "-H", "B", "-b", unit("people"), "--quick"}},
      {"dead", {"-H", "A", "-H", "DEAD", "-b", unit("people")}},
      {"one-of-three-dead", {"-H", "A", "-H", "DEAD", "-H", "C", "-b", unit("people")}},
      {"no-base", {"-H", "A", "-H", "B", "-b", "ou=typo," + std::string(suffix)}},
      {"file", {"-H", "A", "-H", "FILE", "-b", unit("people")}},
      {"stop-after", {"-H", "A", "-H", "B", "-b", unit("people"), "--stop-after", "1"}},
      {"max-details", {"-H", "A", "-H", "B", "-b", unit("people"), "--max-details", "0"}},
      {"verbose", {"-H", "A", "-H", "C", "-b", unit("people"), "-v"}},
  };
  return all;
}

class Golden : public testing::TestWithParam<Case> {
 protected:
  static void SetUpTestSuite() {
    Tree right;
    right.add_unit("people");
    right.add_person("uid=ann", unit("people"), {"mail: ann@example.com", "description: right"});
    right.add_person("uid=bob", unit("people"));
    right.add_person("uid=carl", unit("people"));
    right.add_person("uid=dora", unit("people"));
    right.add_unit("from");
    right.add_unit("to");
    right.add_unit("team", unit("from"));
    right.add_person("uid=member", "ou=team," + unit("from"));
    right.add_unit("late");
    right.add_person("uid=late", unit("late"));
    Tree wrong = right;
    auto& ann = wrong.at("uid=ann," + unit("people"));
    Tree::edit(ann, "description", "description: " + std::string(300, 'w'));
    ann.lines.insert(ann.lines.end(),
                     {"jpegPhoto:: /9j/4AABAgMF", "userPassword: secret", "description;lang-de: falsch"});
    wrong.remove("uid=bob," + unit("people"));
    wrong.move("uid=carl," + unit("people"), "uid=karl," + unit("people"));
    wrong.at("uid=dora," + unit("people")).uuid = "ffffffff-0000-4000-8000-000000000000";
    wrong.move("ou=team," + unit("from"), "ou=team," + unit("to"));
    // A change that A's vector does not cover: B alone has it.
    auto& late = wrong.at("uid=late," + unit("late"));
    late.lines.push_back("title: new");
    late.csn = "20260301000000.000000Z#000000#002#000000";
    const Tree* trees[] = {&right, &wrong, &right};
    for (unsigned i = 0; i < 3; ++i) {
      SlapdOptions options;
      options.server_id = i + 1;
      servers_.push_back(std::make_unique<Slapd>(options));
      servers_.back()->load(trees[i]->ldif());
      servers_.back()->start();
    }
    directory_ = std::make_unique<TempDir>();
    servers_[0]->dump_to(*directory_ / "a.ldif");
    dead_ = std::make_unique<ReservedPort>();
  }
  static void TearDownTestSuite() {
    servers_.clear();
    directory_.reset();
    dead_.reset();
  }

  static std::string meaning(const std::string& word) {
    if (word == "A" || word == "B" || word == "C") return servers_[static_cast<std::size_t>(word[0] - 'A')]->uri();
    if (word == "DEAD") return fmt::format("ldap://127.0.0.1:{}", dead_->number());
    if (word == "FILE") return "file:" + (*directory_ / "a.ldif").string();
    return word;
  }

  static inline std::vector<std::unique_ptr<Slapd>> servers_;
  static inline std::unique_ptr<TempDir> directory_;
  static inline std::unique_ptr<ReservedPort> dead_;
};

// Digests are keyed anew in each run, and time goes on.
std::string steady(std::string text) {
  text = std::regex_replace(text, std::regex("digest [0-9a-f]{16}"), "digest DIGEST");
  text = std::regex_replace(text, std::regex("\"digest\": ?\"[0-9a-f]{16}\""), "\"digest\": \"DIGEST\"");
  text = std::regex_replace(text, std::regex("\\([0-9a-z ]+ old\\)"), "(LENGTH old)");
  text = std::regex_replace(text, std::regex("change in flight: .*"), "change in flight: LENGTH");
  text = std::regex_replace(text, std::regex("(most_waiting\": ?)[0-9]+"), "$1N");
  return std::regex_replace(text, std::regex("(age_seconds|in_flight_seconds)\": ?[0-9.]+"), "$1\": SECONDS");
}

TEST_P(Golden, IsWhatItWas) {
  const auto& [name, words] = GetParam();
  std::string text = "$ replcompare";
  Words real;
  for (const auto& word : words) {
    text += word.find_first_of(" (") == std::string::npos ? " " + word : " '" + word + "'";
    real.push_back(meaning(word));
  }
  const auto found = replcompare(real + bind_as(replicator_dn));
  auto output = found.out + (found.err.empty() ? "" : "--- stderr\n" + found.err);
  // By name, so that a reader knows which is which; as long as what they stand for, so that nothing is aligned anew.
  for (const auto& [letter, shown] : {std::pair{"A", "ldap://a.example.local"},
                                      {"B", "ldap://b.example.local"},
                                      {"C", "ldap://c.example.local"},
                                      {"DEAD", "ldap://dead.example.co"}}) {
    const auto uri = meaning(letter);
    for (std::size_t at = 0; (at = output.find(uri, at)) != std::string::npos;) output.replace(at, uri.size(), shown);
  }
  text += fmt::format("\n{}--- status {}\n", steady(output), found.status);
  EXPECT_TRUE(matches_golden(text, fmt::format("{}/{}.txt", GOLDEN_DIRECTORY, name)));
}

INSTANTIATE_TEST_SUITE_P(Replcompare, Golden, testing::ValuesIn(cases()), [](const auto& each) {
  return std::regex_replace(std::string(each.param.name), std::regex("-"), "_");
});

}  // namespace
}  // namespace replkit::support
