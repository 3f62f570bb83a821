// bench_replication N ROUNDS full|none: replserver's replication against slapd's syncrepl with the same N persons. See
// tests/bench/replication.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "common/base/error.hpp"
#include "common/base/text.hpp"
#include "tests/bench/bench_load.hpp"
#include "tests/bench/bench_runner.hpp"
#include "tests/bench/replicated_pair.hpp"

namespace replkit::bench {

namespace {

using support::Client;

constexpr std::size_t most_refreshes = 5;
constexpr std::size_t most_changes = 4000;
constexpr std::size_t most_single = 300;

// One run of a job: a time, and what both processes took for it.
struct Sample {
  double time = 0;
  double cpu = 0;
};

struct Contestant {
  std::string name;
  std::unique_ptr<ReplicatedPair> pair;
};

Client client_of(const Side& side) {
  return Client(side.uri, side.dn, std::string(support::password), std::chrono::minutes(5));
}

class Bench {
 public:
  Bench(std::size_t persons, std::size_t rounds, support::Durability durability)
      : rounds_(rounds),
        durability_(durability),
        changes_(std::min(most_changes, persons)),
        seed_{.persons = persons},
        singles_(std::min(most_single, persons)) {}

  void run() {
    progress(fmt::format("{} persons for each supplier", seed_.persons));
    all_.push_back({"replserver", replserver_pair(seed_, durability_)});
    all_.push_back({"syncrepl", slapd_pair(seed_, durability_, Syncrepl::plain)});
    all_.push_back({"delta-syncrepl", slapd_pair(seed_, durability_, Syncrepl::delta)});
    fmt::print("{} persons, {} rounds. Speed of replserver, slapd 2.5 being 1: median (range); (seconds / seconds)\n\n",
               seed_.persons, rounds_);
    measure(fmt::format("full update of {} entries", seed_.persons), std::min(rounds_, most_refreshes),
            [&](ReplicatedPair& pair) { return refresh(pair); });
    for (const auto& each : all_) {
      fmt::print("  memory after it, without mapped files: {} {:.0f} MiB + {:.0f} MiB\n", each.name,
                 each.pair->supplier_memory(), each.pair->consumer_memory());
    }
    measure(fmt::format("{} adds, 8 clients", changes_), rounds_,
            [&](ReplicatedPair& pair) { return burst(pair, [&](Client& client, std::size_t i) { add(client, i); }); });
    measure(fmt::format("{} modifies, 8 clients", changes_), rounds_, [&](ReplicatedPair& pair) {
      return burst(pair, [&](Client& client, std::size_t i) { modify(client, i * 7919); });
    });
    measure(fmt::format("{} modifies while the consumer was down", changes_), rounds_,
            [&](ReplicatedPair& pair) { return catch_up(pair); });
    measure_lag();
  }

 private:
  // Runs the job at each, who is first changing from round to round, replserver twice; prints the ratios.
  std::vector<std::vector<Sample>> run_rounds(const std::string& name, std::size_t rounds,
                                              const std::vector<ReplicatedPair*>& pairs,
                                              const std::function<Sample(ReplicatedPair&)>& job) {
    std::vector<std::vector<Sample>> out(pairs.size());
    for (std::size_t round = 0; round <= rounds; ++round) {
      progress(round == 0 ? name + ": warming up" : fmt::format("{}: round {} of {}", name, round, rounds));
      for (std::size_t i = 0; i < pairs.size(); ++i) {
        const auto which = (i + round) % pairs.size();
        ++run_;
        const auto sample = job(*pairs[which]);
        if (round > 0) out[which].push_back(sample);
      }
    }
    return out;
  }

  std::vector<ReplicatedPair*> contestants() const {
    std::vector<ReplicatedPair*> out;
    for (const auto& each : all_) out.push_back(each.pair.get());
    out.push_back(all_.front().pair.get());  // against itself: how noisy the machine is
    return out;
  }

  static std::vector<double> column(const std::vector<Sample>& samples, double Sample::*member) {
    std::vector<double> out;
    for (const auto& each : samples) out.push_back(each.*member);
    return out;
  }

  void compare(const std::string& what, const std::vector<std::vector<Sample>>& samples, double Sample::*member,
               const char* unit) {
    const auto ours = column(samples.front(), member);
    for (std::size_t i = 1; i < samples.size(); ++i) {
      const bool itself = i + 1 == samples.size();
      const auto other = column(samples[i], member);
      print_ratios(fmt::format("{} / {} ({:.2f} / {:.2f} {})", what, itself ? "itself" : all_[i].name, median(ours),
                               median(other), unit),
                   other, ours);
    }
  }

  void measure(const std::string& name, std::size_t rounds, const std::function<Sample(ReplicatedPair&)>& job) {
    const auto samples = run_rounds(name, rounds, contestants(), job);
    compare(name, samples, &Sample::time, "s");
    compare("  processor time of both", samples, &Sample::cpu, "s");
    std::fflush(stdout);
  }

  Sample refresh(ReplicatedPair& pair) {
    Sample out;
    const auto before = pair.supplier_cpu();
    out.time = pair.refresh();
    out.cpu = pair.supplier_cpu() - before + pair.consumer_cpu();
    // Entries of replication itself are not seen.
    if (const auto there = count_entries(pair.consumer(), seed_.suffix);
        there != count_entries(pair.supplier(), seed_.suffix)) {
      throw LocalError(fmt::format("only {} entries have come to {}", there, pair.consumer().uri));
    }
    return out;
  }

  void add(Client& client, std::size_t i) {
    const std::string uid = fmt::format("bench-{}-{}", run_, i);
    support::expect_success(client.add(fmt::format("uid={},ou=load,{}", uid, seed_.suffix),
                                       {{"objectClass", {"inetOrgPerson"}},
                                        {"uid", {uid}},
                                        {"cn", {"Some Body " + uid}},
                                        {"sn", {"Body"}},
                                        {"mail", {uid + "@example.com"}},
                                        {"description", {"an entry of the benchmark"}}}),
                            "add");
  }

  std::string text(std::size_t i) const { return fmt::format("changed {} {}", run_, i); }

  void modify(Client& client, std::size_t i) {
    support::expect_success(client.modify(support::person_dn(seed_, i % seed_.persons),
                                          {{support::Change::replace, "description", {text(i % seed_.persons)}}}),
                            "modify");
  }

  bool has_modified(Client& client, std::size_t i) const {
    const auto found = client.read(support::person_dn(seed_, i), {"description"});
    if (!found) return false;
    const auto description = found->attributes.find("description");
    return description != found->attributes.end() && description->second.front() == text(i);
  }

  // Writes an entry after all the others, which comes after all the others.
  std::string mark(const ReplicatedPair& pair) {
    const auto dn = fmt::format("cn=mark {},ou=load,{}", run_, seed_.suffix);
    support::expect_success(client_of(pair.supplier()).add(dn, {{"objectClass", {"organizationalRole"}}}), dn);
    return dn;
  }

  // Throws unless what the burst before did has come whole.
  void check(const ReplicatedPair& pair) {
    const auto load = "ou=load," + seed_.suffix;
    auto client = client_of(pair.consumer());
    auto from = client_of(pair.supplier());
    const auto left = client.search(load, 1, "(objectClass=*)", {"1.1"}).size();
    const auto right = from.search(load, 1, "(objectClass=*)", {"1.1"}).size();
    bool same = left == right;
    for (std::size_t i = 0; i < changes_ && same; i += 97) {
      const auto dn = support::person_dn(seed_, i * 7919 % seed_.persons);
      const auto a = client.read(dn, {"description"});
      const auto b = from.read(dn, {"description"});
      same = a && b && a->attributes == b->attributes;
    }
    if (!same) throw LocalError(fmt::format("{} does not have it all", pair.consumer().uri));
  }

  Sample burst(ReplicatedPair& pair, const std::function<void(Client&, std::size_t)>& change) {
    const auto before = pair.cpu();
    Sample out;
    out.time = seconds_of([&] {
      spread(pair.supplier(), changes_, change);
      await_entry(pair.consumer(), mark(pair));
    });
    out.cpu = pair.cpu() - before;
    check(pair);
    return out;
  }

  Sample catch_up(ReplicatedPair& pair) {
    pair.stop_consumer();
    spread(pair.supplier(), changes_, [&](Client& client, std::size_t i) { modify(client, i * 7919); });
    const auto last = mark(pair);
    const auto before = pair.supplier_cpu();
    Sample out;
    out.time = seconds_of([&] {
      pair.start_consumer();
      await_entry(pair.consumer(), last);
    });
    out.cpu = pair.supplier_cpu() - before + pair.consumer_cpu();
    check(pair);
    return out;
  }

  // Milliseconds from the answer of the supplier until the change is read, by a client that asks again at once.
  std::vector<double> lags(ReplicatedPair& pair) {
    auto writer = client_of(pair.supplier());
    auto reader = client_of(pair.consumer());
    std::vector<double> out;
    for (std::size_t i = 0; i < singles_; ++i) {
      modify(writer, i);
      out.push_back(1000 * seconds_of([&] {
                      const auto start = std::chrono::steady_clock::now();
                      while (!has_modified(reader, i)) {
                        if (std::chrono::steady_clock::now() - start > std::chrono::minutes(1)) {
                          throw LocalError("a single change does not come to " + pair.consumer().uri);
                        }
                      }
                    }));
    }
    std::sort(out.begin(), out.end());
    return out;
  }

  void measure_lag() {
    // Of each round the median, in place of a time, and the 99th percentile, in place of processor time.
    const auto samples = run_rounds(fmt::format("lag of {} single modifies", singles_), rounds_, contestants(),
                                    [&](ReplicatedPair& pair) {
                                      const auto sorted = lags(pair);
                                      return Sample{sorted[sorted.size() / 2], sorted[sorted.size() * 99 / 100]};
                                    });
    compare("lag of a single modify, median", samples, &Sample::time, "ms");
    compare("lag of a single modify, 99 %", samples, &Sample::cpu, "ms");
  }

  std::size_t rounds_;
  support::Durability durability_;
  std::size_t changes_, run_ = 0;
  support::SeedOptions seed_;
  std::size_t singles_;
  std::vector<Contestant> all_;
};

}  // namespace

}  // namespace replkit::bench

int main(int argc, char** argv) {
  const auto persons = argc == 4 ? replkit::parse_uint(argv[1]).value_or(0) : 0;
  const auto rounds = argc == 4 ? replkit::parse_uint(argv[2]).value_or(0) : 0;
  const std::string durability = argc == 4 ? argv[3] : "";
  if ((durability != "full" && durability != "none") || persons == 0 || rounds == 0) {
    fmt::print(stderr, "usage: bench_replication N ROUNDS full|none\n");
    return 3;
  }
  try {
    using replkit::support::Durability;
    replkit::bench::Bench(persons, rounds, durability == "full" ? Durability::full : Durability::none).run();
  } catch (const std::exception& error) {
    fmt::print(stderr, "bench_replication: {}\n", error.what());
    return 1;
  }
}
