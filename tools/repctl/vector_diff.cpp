// repctl vector diff: whether servers hold the same changes.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "common/base/text.hpp"
#include "common/cli/output.hpp"
#include "common/cli/program.hpp"
#include "common/cli/table.hpp"
#include "common/tasks/vectors.hpp"
#include "tools/repctl/vector_check.hpp"
#include "tools/repctl/vector_json.hpp"

namespace replkit::tools {

namespace {

using repctl::Server;
using std::chrono::milliseconds;
using tasks::Gap;
using tasks::ToldVector;

// Servers asked for what they hold, as often as it takes.
class Comparison {
 public:
  Comparison(const std::string& area, std::vector<Server> servers)
      : area_(area),
        check_(area),
        servers_(std::move(servers)),
        told_(servers_.size()),
        copies_(servers_.size()),
        counted_(servers_.size()) {}

  // Asks all servers. What each holds when it first answers is what all should hold in the end: newer changes, of which
  // a busy directory always has some, do not count.
  void read() {
    for (auto& server : servers_) server.problem.reset();
    repctl::for_each_server(servers_, [this](Server& server) { read_one(server); });
    for (std::size_t i = 0; i < servers_.size(); ++i) {
      if (servers_[i].problem || counted_[i]) continue;
      counted_[i] = true;
      for (const auto& [origin, csn] : told_[i].vector.components()) wanted_.merge(csn);
    }
    find_gaps();
  }

  // Whether all could be asked, and hold the same changes.
  bool is_same() const {
    const auto known = vectors();
    // Without any component nobody has told anything.
    return known.size() == servers_.size() && !wanted_.empty() && !tasks::any_missing(gaps_);
  }

  const std::vector<Gap>& gaps() const { return gaps_; }

  // What was told, in the order of the servers.
  std::vector<ToldVector> vectors() const {
    std::vector<ToldVector> out;
    for (std::size_t i = 0; i < servers_.size(); ++i) {
      if (!servers_[i].problem) out.push_back(told_[i]);
    }
    return out;
  }

  const std::string& area() const { return area_; }
  const std::vector<Server>& servers() const { return servers_; }
  const ldup::UpdateVector& wanted() const { return wanted_; }

 private:
  void find_gaps() {
    gaps_ = tasks::gaps(vectors(), wanted_);
    std::vector<ToldVector> all;
    for (std::size_t i = 0; i < servers_.size(); ++i) {
      if (!servers_[i].problem) all.insert(all.end(), copies_[i].begin(), copies_[i].end());
    }
    tasks::mark_vectors(gaps_, all);
    check_.run(gaps_, vectors(), servers_);
  }

  void read_one(Server& server) {
    try {
      if (!server.connection) {
        server.connection = ldap::Connection::open(server.options, cli::run_token());
        server.facts = tasks::read_server(*server.connection, server.name);
      }
      const auto area = tasks::read_area(*server.connection, server.facts, area_);
      const auto place = static_cast<std::size_t>(&server - servers_.data());
      told_[place] = tasks::own_vector(server.facts, area);
      copies_[place] = tasks::vectors_of(server.facts, area);
    } catch (const ldap::LdapError& error) {
      if (error.status() == ExitStatus::connection) server.connection.reset();
      throw;
    }
  }

  std::string area_;
  repctl::GapCheck check_;
  std::vector<Server> servers_;
  std::vector<ToldVector> told_;
  std::vector<std::vector<ToldVector>> copies_;  // what each says of all
  std::vector<bool> counted_;
  ldup::UpdateVector wanted_;
  std::vector<Gap> gaps_;
};

void read_until_same(Comparison& comparison, milliseconds limit) {
  constexpr milliseconds pause{500};
  const auto end = std::chrono::steady_clock::now() + limit;
  for (comparison.read(); !comparison.is_same(); comparison.read()) {
    const auto left = std::chrono::duration_cast<milliseconds>(end - std::chrono::steady_clock::now());
    if (left <= milliseconds(0)) return;
    cli::run_token().wait(std::min(pause, left));
    cli::run_token().check();
  }
}

std::string holders_of(const Gap& gap, const std::vector<ToldVector>& vectors) {
  std::vector<std::string> names;
  for (const auto place : gap.holders) names.push_back(vectors[place].server);
  return fmt::format("{}", fmt::join(names, " "));
}

void print_gaps(const std::vector<ToldVector>& vectors, const std::vector<Gap>& gaps, Instant now) {
  cli::Table table({{"Server"},
                    {"Replica"},
                    {"Lacks changes of"},
                    {"Has them up to"},
                    {"Newest"},
                    {.title = "Held by", .wraps = true},
                    {.title = "Waiting", .wraps = true}});
  for (const auto& gap : gaps) {
    if (gap.only_vector) continue;
    const auto& told = vectors[gap.vector];
    table.add_row({told.server, told.replica, gap.origin, gap.has ? format_utc(gap.has->time()) : "none",
                   format_utc(gap.newest.time()), holders_of(gap, vectors), text_of(tasks::delay_of(gap, now))});
  }
  cli::print_out(table.text());
}

void print_text(const Comparison& comparison, const std::vector<Gap>& gaps, Instant now) {
  const auto vectors = comparison.vectors();
  if (tasks::any_missing(gaps)) {
    print_gaps(vectors, gaps, now);
  } else if (vectors.size() > 1 && !comparison.wanted().empty()) {
    cli::print_out(fmt::format("{}: {} hold the same changes{}\n", printable(comparison.area()),
                               counted(vectors.size(), "server"),
                               vectors.size() < comparison.servers().size() ? ", as far as they could be asked" : ""));
  }
  cli::flush_out();
  for (const auto& gap : gaps) {
    if (!gap.only_vector) continue;
    fmt::print(stderr, "repctl: note: {}: lacks the newest update vector of {}, which starts no session of its own\n",
               printable(vectors[gap.vector].server), gap.origin);
  }
  repctl::tell_problems(comparison.servers());
  if (comparison.wanted().empty() && !vectors.empty()) {
    fmt::print(stderr, "repctl: no server shows an update vector: none has sent or received changes yet, or {}\n",
               "we may not read updateVector");
  }
}

}  // namespace

ExitStatus vector_diff(RepctlSettings& settings) {
  const auto area = repctl::area_of(settings);
  Comparison comparison(area, repctl::open_servers(settings));
  if (comparison.servers().size() < 2) throw UsageError("what is to be compared? Name two servers or more with -H");
  // replserver shows what it holds a fifth of a second late at most: so all that was changed before counts.
  constexpr milliseconds late{300};
  cli::run_token().wait(late);
  read_until_same(comparison, settings.wait.value_or(milliseconds(0)));
  const auto now = system_clock().now();
  const auto vectors = comparison.vectors();
  const auto& missing = comparison.gaps();
  if (settings.json) {
    repctl::print_vectors_json("vector diff", area, comparison.servers(), vectors, missing, now);
  } else {
    print_text(comparison, missing, now);
  }
  if (tasks::any_missing(missing)) return worse(ExitStatus::findings, repctl::status_of(comparison.servers()));
  return worse(repctl::status_of(comparison.servers()),
               comparison.is_same() ? ExitStatus::done : ExitStatus::undecided);
}

}  // namespace replkit::tools
