// Every request of pdus.table gets the answer that stands there.
#include <gtest/gtest.h>

#include <map>
#include <sstream>
#include <stdexcept>

#include "common/base/files.hpp"
#include "common/base/text.hpp"
#include "tests/integration/replserver/lab.hpp"
#include "tests/integration/replserver/pdus.hpp"
#include "tests/support/certificates.hpp"

namespace replkit::replserver_test {
namespace {

struct Row {
  std::string results;
  std::string name;
  std::string bytes;
};

// Makes bytes of the notation that the table explains.
class Notation {
 public:
  explicit Notation(std::string_view text) : text_(text) {}

  std::string read() {
    auto out = read_items();
    if (at_ != text_.size()) fail();
    return out;
  }

 private:
  std::string read_items() {
    std::string out;
    while (at_ < text_.size() && text_[at_] != '}') {
      const char next = text_[at_++];
      if (next == '"') {
        const auto end = text_.find('"', at_);
        if (end == text_.npos) fail();
        out += text_.substr(at_, end - at_);
        at_ = end + 1;
      } else if (next == '{') {
        if (out.empty()) fail();
        const auto tag = static_cast<unsigned char>(out.back());
        out.pop_back();
        out += element(tag, read_items());
        if (at_ == text_.size()) fail();
        ++at_;
      } else if (next != ' ') {
        const auto high = hex_digit(next);
        const auto low = at_ < text_.size() ? hex_digit(text_[at_++]) : std::nullopt;
        if (!high || !low) fail();
        out += static_cast<char>(*high * 16 + *low);
      }
    }
    return out;
  }

  [[noreturn]] void fail() const { throw std::runtime_error("not in the table's notation: " + std::string(text_)); }

  std::string_view text_;
  std::size_t at_ = 0;
};

std::vector<Row> read_table() {
  constexpr std::size_t most = 1 << 20;
  std::istringstream lines(read_file(PDUS_TABLE, most));
  std::map<std::string, std::string> names;
  const auto replace = [&](std::string text) {
    for (const auto& [name, value] : names) {
      for (auto at = text.find(name); at != text.npos; at = text.find(name)) text.replace(at, name.size(), value);
    }
    return text;
  };
  std::vector<Row> out;
  for (std::string line; std::getline(lines, line);) {
    if (line.empty() || line.starts_with('#')) continue;
    if (line.starts_with("= ")) {
      const auto end = line.find(' ', 2);
      names[line.substr(2, end - 2)] = replace(line.substr(end + 1));
      continue;
    }
    const auto first = line.find(" | ");
    const auto second = line.find(" | ", first + 3);
    if (second == line.npos) throw std::runtime_error("no row of the table: " + line);
    const auto bytes = replace(line.substr(second + 3));
    out.push_back({line.substr(0, first), line.substr(first + 3, second - first - 3), Notation(bytes).read()});
  }
  return out;
}

constexpr std::string_view odd_entry =
    "dn: cn=odd,dc=example,dc=com\nobjectClass: inetOrgPerson\nobjectClass: posixAccount\ncn: odd\nsn: one\nuid: odd\n"
    "uidNumber: 5\ngidNumber: 5\nhomeDirectory: /\ndescription: a person\n";

// Returns what the table calls the results.
std::string results_of(WireClient& client) {
  std::string out;
  while (const auto answer = client.receive()) {
    if (answer->kind == protocol::ResponseKind::entry || answer->kind == protocol::ResponseKind::reference) continue;
    if (!out.empty()) out += ' ';
    out += answer->id == 0 ? "bye" : std::to_string(static_cast<int>(answer->result.code));
  }
  return out.empty() ? "closed" : out;
}

// Sends it as the administrator, and returns what the table calls the results.
std::string results_of(const Replserver& server, std::string_view bytes) {
  auto client = connect_as_administrator(server);
  client.send_bytes(bytes);
  client.end_writing();
  return results_of(client);
}

TEST(TableTest, DamagedOnesDoNoHarm) {
  Replserver server;
  server.load(people(5) + std::string(odd_entry));
  server.start();
  const auto rows = read_table();
  const auto seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  for (int i = 0; i < 1000 * rounds(1); ++i) {
    const auto& row = rows[random() % rows.size()];
    const auto results = results_of(server, damaged(row.bytes, random));
    EXPECT_EQ((" " + results + " ").find(" 80 "), std::string::npos)
        << row.name;  // other: an error of the server's own
    if (!server.running()) FAIL() << "the server is gone after: " << row.name;
  }
  EXPECT_TRUE(serves(server));
  EXPECT_EQ(server.stop(), 0);
  EXPECT_EQ(server.check(), "");
}

TEST(TableTest, EveryRequestIsAnsweredAsItShouldBe) {
  const support::TempDir directory;
  support::Certificates certificates(directory / "certificates");
  Replserver server(support::ReplserverOptions{.tls = certificates.good()});
  server.load(people(5) + std::string(odd_entry));
  server.start();
  const auto rows = read_table();
  EXPECT_GT(rows.size(), 300U);
  for (const auto& row : rows) {
    EXPECT_EQ(results_of(server, row.bytes), row.results) << row.name;
    if (!server.running()) FAIL() << "the server is gone after: " << row.name;
  }
  // Of nobody they do no harm either.
  for (const auto& row : rows) {
    WireClient client(server.uri());
    client.send_bytes(row.bytes);
    client.end_writing();
    EXPECT_NE(results_of(client), "80") << row.name;
  }
  EXPECT_TRUE(serves(server));
  EXPECT_EQ(server.stop(), 0);
  EXPECT_EQ(server.check(), "");
}

}  // namespace
}  // namespace replkit::replserver_test
