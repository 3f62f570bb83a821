#include "common/tasks/history.hpp"

#include <sstream>

#include "tests/unit/tasks/testing.hpp"

namespace replkit::tasks {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const std::string session =
    R"({"schema":1,"started":"2026-11-21T10:00:00Z","ended":"2026-11-21T10:00:01.500000Z","session":"r1-1","area":"o=x",)"
    R"("direction":"received","partner":"r2","peer":"IP=::1","kind":"incremental","updates":3,"primitives":9,)"
    R"("applied":2,"superseded":1,"result":"failure","code":50,"text":"no","schema_mismatches":["a: b"]})";
const std::string change =
    R"({"time":"2026-11-21T10:00:02Z","administrator":"cn=a","as":"cn=b","operation":"modify","dn":"o=x",)"
    R"("attributes":["mail","sn"],"write_unwriteable":true,"result":0,"csn":"20261121100002Z#000000#r1#000000"})";

struct Read {
  std::vector<std::pair<std::uint64_t, HistoryLine>> lines;
  std::vector<std::string> malformed;  // "NUMBER WHY"
};

Read read(const std::string& text) {
  Read out;
  std::istringstream in(text);
  read_history(
      in, [&](auto number, HistoryLine&& line) { out.lines.emplace_back(number, std::move(line)); },
      [&](auto number, const std::string& why) { out.malformed.push_back(std::to_string(number) + ' ' + why); });
  return out;
}

TEST(History, SessionsAndChangesInOneFile) {
  const auto found = read(session + "\n\n" + change + "\n");
  ASSERT_EQ(found.lines.size(), 2U);
  EXPECT_THAT(found.malformed, IsEmpty());
  const auto& first = found.lines[0].second;
  ASSERT_NE(first.session(), nullptr);
  EXPECT_EQ(first.session()->partner, "r2");
  EXPECT_EQ(first.session()->applied, 2U);
  EXPECT_THAT(first.session()->schema_mismatches, ElementsAre("a: b"));
  EXPECT_TRUE(first.failed());
  EXPECT_EQ(what_text(first), "incremental session: 3 entries, 9 primitives, 2 were news, 1 s");
  EXPECT_EQ(result_text(first), "failure (50): no");
  EXPECT_EQ(found.lines[1].first, 3U);
  const auto& second = found.lines[1].second;
  ASSERT_NE(second.change(), nullptr);
  EXPECT_EQ(second.change()->as, "cn=b");
  EXPECT_FALSE(second.failed());
  EXPECT_EQ(what_text(second), "modify o=x: mail sn (write-unwriteable)");
}

TEST(History, MalformedLinesAreNamedAndPassedOver) {
  const auto without = [](const std::string& line, const std::string& part) {
    auto out = line;
    return out.erase(out.find(part), part.size());
  };
  const auto found = read("nonsense\n[1]\n{}\n" + std::string(10'000, '[') + "\n" +
                          without(session, R"("direction":"received",)") + "\n" + without(change, R"(,"result":0)") +
                          "\n" + R"({"operation":1,"time":"2026-11-21T10:00:02Z","result":0})" + "\n" +
                          R"({"operation":"add","time":"yesterday","result":0})" + "\n" + change + "\n");
  EXPECT_EQ(found.lines.size(), 1U);
  EXPECT_THAT(found.malformed,
              ElementsAre("1 this is no JSON", "2 a JSON object is expected", "3 neither a session nor an operation",
                          "4 nested too deep", HasSubstr("5 direction"), HasSubstr("6 result"),
                          HasSubstr("7 operation"), HasSubstr("8 time: a time as")));
}

TEST(History, LongLinesAreNotKept) {
  const auto found = read(std::string(3 << 20, 'x') + "\n" + change + "\n");
  EXPECT_THAT(found.malformed, ElementsAre("1 it is over 1 MiB long"));
  EXPECT_EQ(found.lines.size(), 1U);
}

// The server may be writing at this moment.
TEST(History, ALastLineCutOffIsNoError) {
  EXPECT_THAT(read(change + "\n" + change.substr(0, 40)).malformed, IsEmpty());
  EXPECT_EQ(read(change).lines.size(), 1U);
}

TEST(History, Instants) {
  EXPECT_EQ(parse_utc("2026-11-21T10:00:02.5Z"), *parse_generalized_time("20261121100002.5Z"));
  for (const char* text : {"", "2026-11-21", "2026-11-21T10:00:02", "2026-11-21T10:00:61Z", "2026-13-21T10:00:02Z",
                           "2026/11/21T10:00:02Z", "2026-11-21T10:00:02.Z"}) {
    EXPECT_EQ(parse_utc(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace replkit::tasks
