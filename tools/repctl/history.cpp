// repctl history: what servers have on record of sessions and changes (draft-ietf-ldup-mrm-02 4.19, 4.22).
#include "common/tasks/history.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <fstream>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>

#include "common/base/files.hpp"
#include "common/base/text.hpp"
#include "common/cli/output.hpp"
#include "common/cli/program.hpp"
#include "common/cli/table.hpp"
#include "common/ldup/agreement.hpp"
#include "common/tasks/names.hpp"
#include "common/tasks/schedule_words.hpp"
#include "tools/repctl/view.hpp"

namespace replkit::tools {

namespace {

using tasks::HistoryLine;

// "2h" ago, or a day or moment in UTC.
Instant since_of(const std::string& text) {
  if (const auto length = parse_duration(text)) return system_clock().now() - *length;
  if (const auto instant = tasks::parse_utc(text)) return *instant;
  try {
    return Instant(tasks::parse_moment(text, tasks::DayPart::begin).time_since_epoch());
  } catch (const UsageError&) {
    throw UsageError(fmt::format("--since \"{}\": 2h, 2026-12-24 or 2026-12-24T18:30 is expected", printable(text)));
  }
}

struct Wanted {
  std::optional<Instant> since;
  std::string area;
  const HistorySettings& settings;

  bool takes(const HistoryLine& line) const {
    const auto* session = line.session();
    if (since && line.time < *since) return false;
    if (settings.failed && !line.failed()) return false;
    const bool of_sessions = settings.mismatches || !settings.partner.empty();
    if (session == nullptr) return !of_sessions && !settings.sessions && area.empty();
    if (settings.changes) return false;
    if (settings.mismatches && session->schema_mismatches.empty()) return false;
    if (!settings.partner.empty() && !equals_ignore_case(session->partner, settings.partner)) return false;
    return area.empty() || tasks::same_dn(session->area, area);
  }
};

struct Found {
  std::string file;
  std::uint64_t number = 0;
  HistoryLine line;
};

// The newest lines of all files, as many as are wanted.
class Newest {
 public:
  explicit Newest(std::size_t most) : most_(most) {}

  void add(Found found) {
    const auto time = found.line.time;
    bytes_ += found.line.size;
    lines_.emplace(time, std::move(found));
    while (lines_.size() > most_ || bytes_ > most_bytes) {
      full_ = full_ || bytes_ > most_bytes;
      bytes_ -= lines_.begin()->second.line.size;
      lines_.erase(lines_.begin());
      dropped_ = true;
    }
  }

  const std::multimap<Instant, Found>& lines() const { return lines_; }
  bool dropped() const { return dropped_; }
  // Whether lines were left out because they would take too much memory.
  bool full() const { return full_; }

 private:
  static constexpr std::size_t most_bytes = 64 << 20;

  std::size_t most_;
  std::size_t bytes_ = 0;
  bool full_ = false;
  std::multimap<Instant, Found> lines_;
  bool dropped_ = false;
};

// Reads a file; returns how many of its lines are malformed. Names the first of them.
std::uint64_t read_one(const std::string& file, const Wanted& wanted, Newest& newest) {
  constexpr std::uint64_t most_named = 10;
  std::uint64_t bad = 0;
  std::ifstream opened;
  if (file != "-") {
    opened.open(file, std::ios::binary);
    if (!opened || std::filesystem::is_directory(file)) {
      throw LocalError(fmt::format("{}: cannot be read: {}", printable(file), last_error_text()));
    }
  }
  tasks::read_history(
      file == "-" ? std::cin : opened,
      [&](std::uint64_t number, HistoryLine&& line) {
        cli::run_token().check();
        if (wanted.takes(line)) newest.add({file, number, std::move(line)});
      },
      [&](std::uint64_t number, const std::string& why) {
        cli::run_token().check();
        if (++bad > most_named) return;
        fmt::print(stderr, "repctl: {}:{}: passed over: {}\n", printable(file), number, printable(why));
      });
  if (bad > most_named) fmt::print(stderr, "repctl: {}: passed over: {}\n", printable(file), counted(bad, "line"));
  return bad;
}

std::string who_text(const HistoryLine& line) {
  if (const auto* change = line.change()) {
    const auto who = change->who.empty() ? "anonymous" : change->who;
    return change->as.empty() ? who : fmt::format("{} as {}", who, change->as);
  }
  const auto& session = *line.session();
  return (session.direction == "sent" ? "to " : "from ") + session.partner;
}

void print_table(const Newest& newest) {
  cli::Table table(
      {{"Time"}, {"Who"}, {"Where"}, {.title = "What", .wraps = true}, {.title = "Result", .wraps = true}});
  for (const auto& [time, found] : newest.lines()) {
    const auto* session = found.line.session();
    const auto& peer = session != nullptr ? session->peer : found.line.change()->peer;
    table.add_row({format_utc(std::chrono::floor<std::chrono::seconds>(time)), who_text(found.line),
                   peer.empty() ? "-" : peer, what_text(found.line), result_text(found.line)});
    if (session == nullptr) continue;
    for (const auto& each : session->schema_mismatches) table.add_row({"", "", "", "schema: " + each, ""});
    for (const auto& each : session->events) table.add_row({"", "", "", "conflict: " + each, ""});
  }
  cli::print_out(table.text());
}

void print_json(const Newest& newest, std::uint64_t malformed) {
  auto list = nlohmann::json::array();
  for (const auto& [time, found] : newest.lines()) {
    list.push_back({{"file", cli::json_text(found.file)},
                    {"line", found.number},
                    {"kind", found.line.session() != nullptr ? "session" : "change"},
                    {"record", found.line.json}});
  }
  cli::print_out(cli::to_json({{"schema", "repctl/1"},
                               {"command", "history"},
                               {"records", list},
                               {"malformed", malformed},
                               {"complete", malformed == 0 && !newest.dropped()}},
                              2) +
                 '\n');
}

ExitStatus show_files(const RepctlSettings& settings) {
  const auto& given = settings.history;
  constexpr std::uint32_t usual_most = 10'000;
  if (given.sessions && given.changes) throw UsageError("--sessions and --changes leave nothing");
  const Wanted wanted{given.since.empty() ? std::nullopt : std::optional(since_of(given.since)), settings.area, given};
  Newest newest(given.limit.value_or(usual_most));
  std::uint64_t malformed = 0;
  for (const auto& file : given.files) malformed += read_one(file, wanted, newest);
  if (settings.json) {
    print_json(newest, malformed);
  } else {
    print_table(newest);
  }
  cli::flush_out();
  const bool hidden = newest.full() || (newest.dropped() && !given.limit);
  if (hidden) {
    fmt::print(stderr, "repctl: only the newest {} are shown: --since and --limit choose others\n",
               newest.lines().size());
  }
  return malformed > 0 || hidden ? ExitStatus::undecided : ExitStatus::done;
}

// --- what servers themselves tell: of each agreement the last session ---

ExitStatus show_servers(RepctlSettings& settings) {
  const auto read = repctl::read_areas(settings, true);
  cli::Table table({{"Server"}, {"Area"}, {"From"}, {"To"}, {"Last session"}, {.title = "Result", .wraps = true}});
  auto list = nlohmann::json::array();
  for (const auto& [server, area] : read.rows) {
    const auto* own = tasks::own_replica(server->facts, area);
    if (own == nullptr) continue;  // others know how their sessions went
    for (const auto* agreement : own->agreements()) {
      using Status = ldup::ReplicationStatus;
      const auto text = tasks::first_of(*agreement, tasks::name::replication_status);
      const auto status = Status::parse(text);
      const auto consumer = repctl::consumer_text(area, *agreement);
      const std::string result = text.empty()                                 ? "none yet"
                                 : status.outcome == Status::Outcome::success ? "success"
                                 : status.outcome == Status::Outcome::failure ? "failure: " + status.reason
                                                                              : status.reason;
      const auto time = status.time ? format_utc(*status.time) : "-";
      table.add_row({server->name, area.dn, own->id, consumer, time, result});
      list.push_back({{"server", server->name},
                      {"area", area.dn},
                      {"supplier", own->id},
                      {"consumer", consumer},
                      {"agreement", cli::json_text(agreement->dn)},
                      {"time", status.time ? nlohmann::json(time) : nlohmann::json()},
                      {"result", cli::json_text(result)}});
    }
  }
  if (settings.json) {
    const auto problems = repctl::problems_json(read.servers);
    cli::print_out(
        cli::to_json({{"schema", "repctl/1"}, {"command", "history"}, {"agreements", list}, {"problems", problems}},
                     2) +
        '\n');
  } else {
    cli::print_out(table.text());
  }
  return repctl::finish(settings, read);
}

}  // namespace

ExitStatus show_history(RepctlSettings& settings) {
  const auto& given = settings.history;
  if (!given.files.empty()) return show_files(settings);
  if (given.sessions || given.changes || given.failed || given.mismatches || given.limit || !given.since.empty() ||
      !given.partner.empty()) {
    throw UsageError("a server tells of the last sessions only: name the files of its history");
  }
  return show_servers(settings);
}

}  // namespace replkit::tools
