// Several servers, several writers that get into each other's way, links that break: in the end all hold the same.
// tests/soak sets REPLKIT_ROUNDS.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <random>
#include <set>
#include <thread>

#include "common/base/text.hpp"
#include "tests/integration/replication/group.hpp"
#include "tests/support/process.hpp"

namespace replkit::replication_test {
namespace {

// Adds, renames, moves, changes and deletes what the others do too; what is refused is refused.
void write(Group& group, const std::string& id, std::uint64_t seed, const std::atomic<bool>& stop,
           std::atomic<std::uint64_t>& done) {
  std::mt19937_64 random(seed);
  const auto pick = [&](std::uint64_t count) {
    return std::uniform_int_distribution<std::uint64_t>(0, count - 1)(random);
  };
  const auto name = [&] { return fmt::format("n{}", pick(12)); };
  while (!stop) {
    try {
      auto client = group.client(id);
      while (!stop) {
        const auto below = pick(3) == 0 ? unit_dn(name()) : suffix;
        const auto dn = fmt::format("ou={},{}", name(), below);
        switch (pick(6)) {
          case 0:
          case 1:
            client.add(dn, {{"objectClass", {"organizationalUnit"}}, {"ou", {dn.substr(3, dn.find(',') - 3)}}});
            break;
          case 2:
            client.modify(dn, {{support::Change::replace, "description", {fmt::format("{} {}", id, pick(1000))}}});
            break;
          case 3:
            client.modify(dn, {{support::Change::add, "businessCategory", {fmt::format("{}", pick(20))}}});
            break;
          case 4:
            client.rename(dn, "ou=" + name(), pick(2) == 0 ? suffix : unit_dn(name()));
            break;
          default:
            client.remove(dn);
        }
        ++done;
      }
    } catch (const std::runtime_error&) {  // the server is down
      std::this_thread::yield();
    }
  }
}

// What replmeta shows of all entries, each line with the entry's UUID: the CSN of every value and record; of deleted
// ones the CSN of the deletion. Without what is each server's own.
std::set<std::string> metadata(Group& group, const std::string& id) {
  const auto text = support::run_checked({REPLMETA, "search", "-x", "-H", group[id].uri(), "-D", group.root_dn(), "-w",
                                          "secret", "-b", suffix, "-o", "ldif-wrap=no", "(objectClass=*)", "*", "+"});
  std::set<std::string> out;
  std::vector<std::string_view> record;
  for (const auto line : split(text, '\n')) {
    if (!line.empty()) {
      if (!line.starts_with("#")) record.push_back(line);
      continue;
    }
    std::string_view uuid;
    for (const auto each : record) {
      if (each.starts_with("entryUUID: ")) uuid = each;
    }
    for (const auto each : record) {
      if (each.find("hasSubordinates") == each.npos) out.insert(fmt::format("{} {}", uuid, each));
    }
    record.clear();
  }
  return out;
}

// Returns the first few lines that only one of them has.
std::string difference(const std::set<std::string>& one, const std::set<std::string>& other) {
  std::vector<std::string> lines;
  std::set_symmetric_difference(one.begin(), one.end(), other.begin(), other.end(), std::back_inserter(lines));
  std::string out;
  for (std::size_t i = 0; i < std::min<std::size_t>(lines.size(), 20); ++i) out += lines[i] + '\n';
  return out;
}

int rounds() {
  const char* given = std::getenv("REPLKIT_ROUNDS");
  return given == nullptr ? 2 : std::max(1, std::atoi(given));
}

TEST(Convergence, OfFourServersThatAreKilled) {
  Group group({{"a"}, {"b"}, {"c"}, {"d"}});
  std::mt19937_64 random(20261121);
  for (int round = 0; round < rounds(); ++round) {
    std::atomic<bool> stop{false};
    std::atomic<std::uint64_t> done{0};  // requests
    std::vector<std::thread> writers;
    for (const auto& id : group.ids())
      writers.emplace_back([&, id, seed = random()] { write(group, id, seed, stop, done); });
    for (int kills = 0; kills < 4; ++kills) {
      auto& victim = group[group.ids()[random() % 4]];
      const auto until = done + 200 + random() % 800;
      EXPECT_TRUE(support::eventually(std::chrono::seconds(60), [&] { return done >= until; }));
      victim.kill9();
      victim.start();
    }
    stop = true;
    for (auto& writer : writers) writer.join();
    ASSERT_TRUE(group.settles(std::chrono::seconds(90))) << "round " << round;
    for (const char* other : {"b", "c", "d"}) EXPECT_EQ(group.difference("a", other), "") << "round " << round;
    std::set<std::string> expected;
    std::string apart;
    support::eventually(std::chrono::seconds(60), [&] {  // what was deleted comes when it comes
      expected = metadata(group, "a");
      apart.clear();
      for (const char* other : {"b", "c", "d"}) apart += difference(metadata(group, other), expected);
      return apart.empty();
    });
    EXPECT_EQ(apart, "") << "round " << round;
    EXPECT_GT(expected.size(), 100);
    if (HasFailure()) return;
  }
}

}  // namespace
}  // namespace replkit::replication_test
