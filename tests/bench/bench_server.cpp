// bench_server N PAIRS BIN-DIRECTORY: replserver against slapd with the same N persons. See tests/bench/server.
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

#include "common/base/error.hpp"
#include "common/base/text.hpp"
#include "tests/bench/bench_load.hpp"
#include "tests/bench/bench_runner.hpp"
#include "tests/support/replserver.hpp"
#include "tests/support/seed_data.hpp"
#include "tests/support/slapd.hpp"
#include "tests/support/temp_dir.hpp"

namespace replkit::bench {

namespace {

using support::Client;
using support::Replserver;
using support::SeedOptions;
using support::Slapd;

constexpr std::size_t most_import_pairs = 3;
constexpr const char* durable = "full";

// What both are asked to index: as the Slapd of the tests does.
constexpr const char* indexes =
    "[indexes]\nobjectClass = [\"equality\"]\nuid = [\"equality\"]\ncn = [\"equality\"]\nou = [\"equality\"]\n"
    "entryUUID = [\"equality\"]\n";

// A job's times on both sides, run side by side in pairs.
struct Series {
  std::string name;
  std::vector<double> replserver, slapd, replserver_again;
};

class Bench {
 public:
  Bench(std::size_t persons, std::size_t pairs, std::string bin)
      : pairs_(pairs),
        bin_(std::move(bin)),
        seed_{.persons = persons},
        slapd_({.durability = support::Durability::full,
                .max_size = std::max<std::uint64_t>(std::uint64_t{2} << 30, persons * 16384),
                .session_log = 0}),
        replserver_({.durability = durable, .tables = indexes}) {}

  void run() {
    progress(fmt::format("making {} persons", seed_.persons));
    support::write_seed_data(seed_, work_ / "seed.ldif");
    measure_import();
    slapd_.start();
    replserver_.start();
    ours_ = {replserver_.uri(), replserver_.root_dn()};
    theirs_ = {slapd_.uri(), slapd_.root_dn()};
    const auto whole = [&](const Side& side) {
      return run_side_by_side(
                 {{bin_ + "/bench_reader", side.uri, side.dn, std::string(support::password), seed_.suffix}})
          .wall;
    };
    measure("whole tree, one connection", whole);
    measure("equality, indexed, 8 connections", [&](const Side& side) { return equality(side); });
    measure("add, 8 connections", [&](const Side& side) { return add(side); });
    measure("modify, 8 connections", [&](const Side& side) { return modify(side); });
    report();
  }

 private:
  void measure(const std::string& name, const std::function<double(const Side&)>& job) {
    Series series{name, {}, {}, {}};
    for (std::size_t i = 0; i <= pairs_; ++i) {
      progress(i == 0 ? fmt::format("{}: warming up", name) : fmt::format("{}: pair {} of {}", name, i, pairs_));
      double a = 0;
      // Who goes first changes from pair to pair.
      if (i % 2 == 0) a = job(ours_);
      const double b = job(theirs_);
      if (i % 2 == 1) a = job(ours_);
      const double again = job(ours_);
      if (i == 0) continue;
      series.replserver.push_back(a);
      series.slapd.push_back(b);
      series.replserver_again.push_back(again);
    }
    all_.push_back(std::move(series));
  }

  void measure_import() {
    Series series{"import", {}, {}, {}};
    const auto file = work_ / "seed.ldif";
    for (std::size_t i = 0; i < std::min(pairs_, most_import_pairs); ++i) {
      progress(fmt::format("import: pair {}", i + 1));
      const auto ours = [&] {
        std::filesystem::remove_all(replserver_.data_directory());
        return seconds_of([&] { replserver_.load_file(file); });
      };
      series.replserver.push_back(ours());
      slapd_.clear();
      series.slapd.push_back(seconds_of([&] { slapd_.load_file(file); }));
      series.replserver_again.push_back(ours());
    }
    all_.push_back(std::move(series));
  }

  double equality(const Side& side) {
    return spread(side, 20000, [&](Client& client, std::size_t i) {
      const std::string dn = support::person_dn(seed_, i * 7919 % seed_.persons);
      const auto found = client.search(seed_.suffix, 2, "(" + dn.substr(0, dn.find(',')) + ")");
      if (found.size() != 1) throw std::runtime_error("not one entry for " + dn);
    });
  }

  double add(const Side& side) {
    const std::string round = std::to_string(rounds_++);
    return spread(side, 4000, [&](Client& client, std::size_t i) {
      const std::string uid = fmt::format("bench-{}-{}", round, i);
      support::expect_success(client.add(fmt::format("uid={},ou=load,{}", uid, seed_.suffix),
                                         {{"objectClass", {"inetOrgPerson"}},
                                          {"uid", {uid}},
                                          {"cn", {"Some Body " + uid}},
                                          {"sn", {"Body"}},
                                          {"mail", {uid + "@example.com"}},
                                          {"description", {"an entry of the benchmark"}}}),
                              "add");
    });
  }

  double modify(const Side& side) {
    const std::string round = std::to_string(rounds_++);
    return spread(side, 4000, [&](Client& client, std::size_t i) {
      support::expect_success(
          client.modify(support::person_dn(seed_, i * 7919 % seed_.persons),
                        {{support::Change::replace, "description", {fmt::format("changed {} {}", round, i)}}}),
          "modify");
    });
  }

  void report() const {
    fmt::print("{} persons, {} pairs. Speed of replserver, slapd being 1: median (range)\n\n", seed_.persons, pairs_);
    for (const Series& series : all_) {
      print_ratios(
          fmt::format("{} ({:.2f} s / {:.2f} s)", series.name, median(series.replserver), median(series.slapd)),
          series.slapd, series.replserver);
      print_ratios("  replserver / itself", series.replserver, series.replserver_again);
    }
  }

  std::size_t pairs_, rounds_ = 0;
  std::string bin_;
  SeedOptions seed_;
  support::TempDir work_;
  Slapd slapd_;
  Replserver replserver_;
  Side ours_, theirs_;
  std::vector<Series> all_;
};

}  // namespace

}  // namespace replkit::bench

int main(int argc, char** argv) {
  const auto persons = argc == 4 ? replkit::parse_uint(argv[1]) : std::nullopt;
  const auto pairs = argc == 4 ? replkit::parse_uint(argv[2]) : std::nullopt;
  if (!persons || !pairs || *pairs == 0) {
    fmt::print(stderr, "usage: bench_server N PAIRS BIN-DIRECTORY\n");
    return 3;
  }
  try {
    replkit::bench::Bench(*persons, *pairs, argv[3]).run();
  } catch (const std::exception& error) {
    fmt::print(stderr, "bench_server: {}\n", error.what());
    return 1;
  }
}
