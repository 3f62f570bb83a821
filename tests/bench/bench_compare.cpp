// bench_compare N PAIRS BIN-DIRECTORY: replcompare against bare readers, ldapsearch and ldapsearch | sort | diff, on
// two slapds with the same N persons. See tests/bench/compare.
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "common/base/error.hpp"
#include "common/base/text.hpp"
#include "tests/bench/bench_runner.hpp"
#include "tests/support/seed_data.hpp"
#include "tests/support/slapd.hpp"
#include "tests/support/temp_dir.hpp"

namespace replkit::bench {

namespace {

using support::SeedOptions;
using support::Slapd;
using support::SlapdOptions;

// The series of one way to do the job, and its ratios to others run right beside it.
struct Series {
  std::vector<double> wall, cpu, peak;
  void add(const Cost& cost) {
    wall.push_back(cost.wall);
    cpu.push_back(cost.cpu);
    peak.push_back(cost.peak_mib);
  }
};

std::vector<double> ratios(const std::vector<double>& a, const std::vector<double>& b) {
  std::vector<double> result;
  for (std::size_t i = 0; i < a.size() && i < b.size(); ++i) result.push_back(a[i] / b[i]);
  return result;
}

void progress(const std::string& text) {
  fmt::print(stderr, "bench: {}\n", text);
}

class Bench {
 public:
  Bench(std::size_t persons, std::size_t pairs, std::string bin)
      : pairs_(pairs),
        bin_(std::move(bin)),
        seed_{.persons = persons},
        first_(slapd_options(1)),
        second_(slapd_options(2)) {
    // replcompare wants a password file that is nobody else's business.
    support::write_file(work_ / "password", support::password);
    std::filesystem::permissions(work_ / "password", std::filesystem::perms::owner_read);
  }

  void run() {
    seed();
    measure("full", {});
    measure("quick", {"--quick"});
    measure_diff();
    report_ratios();
    report_memory();
  }

 private:
  struct Mode {
    Series compare, readers, readers_again, searches;
  };

  SlapdOptions slapd_options(unsigned id) const {
    SlapdOptions options{.server_id = id};
    options.max_size = std::max<std::uint64_t>(options.max_size, seed_.persons * 4096);
    return options;
  }

  void seed() {
    progress(fmt::format("making {} persons", seed_.persons));
    const std::filesystem::path file = work_ / "seed.ldif";
    support::write_seed_data(seed_, file);
    progress("loading");
    first_.load_file(file);
    std::filesystem::remove(file);
    // The same database file gives the same entries in the same order.
    // cp, because the file is as long as the database may get, and mostly holes.
    support::run_checked({"cp", "--sparse=always", (first_.directory() / "data" / "data.mdb").string(),
                          (second_.directory() / "data" / "data.mdb").string()});
    first_.start();
    second_.start();
    entries_ = seed_.persons + seed_.persons / 200 + 5;  // counting them by a search would make this process big
  }

  Command compare(const std::vector<std::string>& options) const {
    Command result{bin_ + "/replcompare",
                   "-x",
                   "-D",
                   first_.root_dn(),
                   "-y",
                   (work_ / "password").string(),
                   "-b",
                   seed_.suffix,
                   "-H",
                   first_.uri(),
                   "-H",
                   second_.uri()};
    result.insert(result.end(), options.begin(), options.end());
    return result;
  }

  std::vector<Command> both(const std::function<Command(const Slapd&)>& command) const {
    return {command(first_), command(second_)};
  }

  Command reader(const Slapd& slapd, bool quick) const {
    Command result{bin_ + "/bench_reader", slapd.uri(), slapd.root_dn(), std::string(support::password), seed_.suffix};
    if (quick) result.push_back("--meta");
    return result;
  }

  Command ldapsearch(const Slapd& slapd, bool quick) const {
    Command result{"ldapsearch",
                   "-LLL",
                   "-x",
                   "-o",
                   "ldif_wrap=no",
                   "-H",
                   slapd.uri(),
                   "-D",
                   slapd.root_dn(),
                   "-w",
                   std::string(support::password),
                   "-b",
                   seed_.suffix,
                   "(objectClass=*)"};
    if (!quick) result.push_back("*");
    result.insert(result.end(), {"entryUUID", "entryCSN"});
    return result;
  }

  void measure(const std::string& name, const std::vector<std::string>& options) {
    const bool quick = !options.empty();
    Mode& mode = modes_[name];
    const auto readers = both([&](const Slapd& slapd) { return reader(slapd, quick); });
    const auto searches = both([&](const Slapd& slapd) { return ldapsearch(slapd, quick); });
    for (std::size_t i = 0; i <= pairs_; ++i) {
      progress(i == 0 ? fmt::format("{}: warming up", name) : fmt::format("{}: pair {} of {}", name, i, pairs_));
      Cost a, b;
      // Who goes first changes from pair to pair.
      if (i % 2 == 0) a = run_side_by_side({compare(options)});
      b = run_side_by_side(readers);
      if (i % 2 == 1) a = run_side_by_side({compare(options)});
      const Cost again = run_side_by_side(readers), search = run_side_by_side(searches);
      if (i == 0) continue;
      mode.compare.add(a);
      mode.readers.add(b);
      mode.readers_again.add(again);
      mode.searches.add(search);
    }
  }

  // What people do today: both sides to sorted files, then diff.
  void measure_diff() {
    const auto side = [&](const Slapd& slapd, const std::string& file) {
      std::string command;
      for (const std::string& argument : ldapsearch(slapd, false)) command += fmt::format("'{}' ", argument);
      return fmt::format("{} | LC_ALL=C sort > {}/{} &", command, work_.path().string(), file);
    };
    const std::string script = fmt::format("{}\n{}\nwait\ndiff {}/a {}/b", side(first_, "a"), side(second_, "b"),
                                           work_.path().string(), work_.path().string());
    for (std::size_t i = 0; i < std::min<std::size_t>(pairs_, 3); ++i) {
      progress("ldapsearch | sort | diff");
      diff_.add(run_side_by_side({{"bash", "-c", script}}));
    }
  }

  void report_ratios() {
    fmt::print("{} entries a server, {} pairs; medians (smallest to largest ratio)\n\n", entries_, pairs_);
    fmt::print("{:<8}{:<44}{:>8}   {}\n", "", "", "median", "range");
    for (const auto& [name, mode] : modes_) {
      const auto line = [&](const std::string& what, const std::vector<double>& a, const std::vector<double>& b) {
        const std::vector<double> all = ratios(a, b);
        const auto [least, most] = std::minmax_element(all.begin(), all.end());
        fmt::print("{:<8}{:<44}{:>8.2f}   {:.2f} to {:.2f}\n", name, what, median(all), *least, *most);
      };
      line("wall, replcompare / two bare readers", mode.compare.wall, mode.readers.wall);
      line("wall, two bare readers / themselves", mode.readers_again.wall, mode.readers.wall);
      line("wall, replcompare / two ldapsearch", mode.compare.wall, mode.searches.wall);
      line("client CPU, replcompare / two bare readers", mode.compare.cpu, mode.readers.cpu);
      line("client CPU, replcompare / two ldapsearch", mode.compare.cpu, mode.searches.cpu);
      if (name == "full") {
        line("wall, replcompare / ldapsearch | sort | diff", mode.compare.wall, diff_.wall);
        line("client CPU, the same", mode.compare.cpu, diff_.cpu);
      }
    }
    fmt::print("\n{:<36}{:>10}{:>12}{:>12}\n", "", "wall s", "client CPU s", "peak MiB");
    const auto row = [](const std::string& what, const Series& series) {
      fmt::print("{:<36}{:>10.2f}{:>12.2f}{:>12.1f}\n", what, median(series.wall), median(series.cpu),
                 median(series.peak));
    };
    for (const auto& [name, mode] : modes_) {
      row("replcompare, " + name, mode.compare);
      row("two bare readers, " + name, mode.readers);
      row("two ldapsearch, " + name, mode.searches);
    }
    row("ldapsearch | sort | diff, full", diff_);
  }

  void report_memory() {
    progress("the second server again, in random order");
    second_.stop();
    second_.clear();
    SeedOptions shuffled = seed_;
    shuffled.shuffle = 1;
    const std::filesystem::path file = work_ / "shuffled.ldif";
    support::write_seed_data(shuffled, file);
    second_.load_file(file);
    std::filesystem::remove(file);
    second_.start();
    fmt::print("\n{:<36}{:>10}{:>12}{:>14}\n", "one side in random order", "wall s", "peak MiB", "bytes/entry");
    for (const auto& [name, mode] : modes_) {
      const Cost cost = run_side_by_side(
          {compare(name == "quick" ? std::vector<std::string>{"--quick"} : std::vector<std::string>{})});
      const double same = median(mode.compare.peak);
      fmt::print("{:<36}{:>10.2f}{:>12.1f}{:>14.1f}\n", "replcompare, " + name, cost.wall, cost.peak_mib,
                 (cost.peak_mib - same) * 1048576 / static_cast<double>(entries_));
    }
    fmt::print("(bytes an entry: what it takes more than with both sides in the same order)\n");
  }

  std::size_t pairs_, entries_ = 0;
  std::string bin_;
  SeedOptions seed_;
  support::TempDir work_;
  Slapd first_, second_;
  std::map<std::string, Mode> modes_;
  Series diff_;
};

}  // namespace

}  // namespace replkit::bench

int main(int argc, char** argv) {
  const auto persons = argc == 4 ? replkit::parse_uint(argv[1]) : std::nullopt;
  const auto pairs = argc == 4 ? replkit::parse_uint(argv[2]) : std::nullopt;
  if (!persons || !pairs || *pairs == 0) {
    fmt::print(stderr, "usage: bench_compare N PAIRS BIN-DIRECTORY\n");
    return 3;
  }
  try {
    replkit::bench::Bench(*persons, *pairs, argv[3]).run();
  } catch (const std::exception& error) {
    fmt::print(stderr, "bench_compare: {}\n", error.what());
    return 1;
  }
}
