// repctl cycle: trigger, terminate (draft-ietf-ldup-mrm-02 3.12, 3.13).
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>
#include <utility>

#include "common/base/text.hpp"
#include "common/base/time.hpp"
#include "common/cli/output.hpp"
#include "common/cli/program.hpp"
#include "common/cli/prompt.hpp"
#include "common/tasks/audit_log.hpp"
#include "common/tasks/cycle_atoms.hpp"
#include "tools/repctl/servers.hpp"

namespace replkit::tools {

namespace {

using repctl::Server;
using std::chrono::milliseconds;
using Trigger = ldup::TriggerReplicationRequest;

constexpr milliseconds usual_wait{10'000};

// What one server is asked, and what it answered.
struct Row {
  Server* server = nullptr;
  tasks::AreaFacts area;
  std::string dn;    // of the target
  std::string what;  // the request in words
  std::vector<std::string> notes;
  bool sends_all = false;                                    // a full update to the target
  std::function<std::optional<repctl::Problem>(Row&)> send;  // returns why it was refused
  std::string state = "not_tried";                           // "done", "failed"
  nlohmann::json answer = nlohmann::json::object();
  std::string answer_text;
};

const char* word_of(Trigger::Mode mode) {
  if (mode == Trigger::Mode::offline_write) return "write the file";
  return mode == Trigger::Mode::offline_read ? "read the file" : "online";
}

std::string words_of(const Trigger& request) {
  return fmt::format("TriggerReplication: {}, {}{}, target {} at {}",
                     request.update == Trigger::Update::full ? "full" : "incremental", word_of(request.mode),
                     request.file ? " " + printable(*request.file) : "", printable(request.target),
                     printable(request.uri));
}

Trigger request_of(const RepctlSettings& settings, const Server& server, const tasks::AreaFacts& area) {
  const auto mode = settings.offline_write  ? Trigger::Mode::offline_write
                    : settings.offline_read ? Trigger::Mode::offline_read
                                            : Trigger::Mode::online;
  const auto update =
      settings.full || mode != Trigger::Mode::online ? Trigger::Update::full : Trigger::Update::incremental;
  return tasks::trigger_request(server.facts, area, {settings.replica, settings.cycle_uri}, update, mode,
                                settings.offline_write ? settings.offline_write : settings.offline_read);
}

repctl::Problem problem_of(const ldap::WriteOutcome& outcome, std::string text) {
  auto status = ldap::status_of(outcome.code);
  if (outcome.code == ldap::ResultCode::referral) status = ExitStatus::refused;
  return {status, std::move(text)};
}

// Sends it, and again for at most `wait` while another cycle runs. Returns for how long that was.
std::pair<tasks::TriggerOutcome, milliseconds> trigger_when_free(Server& server, const Trigger& request,
                                                                 milliseconds wait) {
  using Clock = std::chrono::steady_clock;
  const auto begin = Clock::now();
  const auto passed = [&] { return std::chrono::duration_cast<milliseconds>(Clock::now() - begin); };
  auto outcome = tasks::trigger(*server.connection, request);
  if (outcome.result.code != ldap::ResultCode::busy || wait.count() == 0) return {std::move(outcome), milliseconds(0)};
  fmt::print(stderr, "repctl: note: {}: a cycle runs already: it is tried again for {}\n", printable(server.name),
             format_duration(wait));
  // A short cycle ends at any time; long ones need not be asked about often.
  constexpr milliseconds longest_pause{1000};
  for (milliseconds pause{50}; outcome.result.code == ldap::ResultCode::busy && passed() < wait;
       pause = std::min(pause * 2, longest_pause)) {
    if (!cli::run_token().wait(std::min(pause, wait - passed()))) break;
    outcome = tasks::trigger(*server.connection, request);
  }
  return {std::move(outcome), passed()};
}

void plan_trigger(const RepctlSettings& settings, Row& plan) {
  const auto request = request_of(settings, *plan.server, plan.area);
  plan.dn = request.target;
  plan.what = words_of(request);
  plan.notes = tasks::obstacles(plan.server->facts, plan.area, request);
  if (const auto full = tasks::full_update(plan.server->facts, plan.area, request)) {
    plan.what += fmt::format(": {0} loses all its entries of {1}, and gets those of {2}", full->consumer,
                             printable(plan.area.dn), full->supplier);
    plan.sends_all = !full->consumer_is_here;
    if (full->consumer_is_here && request.mode == Trigger::Mode::online) {
      plan.notes.push_back(
          fmt::format("the full update comes here, as only {} has an agreement to supply the other: "
                      "it is this server's own replica {} that loses all its entries",
                      full->supplier, full->consumer));
    }
  }
  plan.send = [request, wait = settings.wait.value_or(usual_wait)](Row& row) -> std::optional<repctl::Problem> {
    const auto [outcome, tried] = trigger_when_free(*row.server, request, wait);
    if (!outcome.result.done()) {
      auto problem = problem_of(outcome.result, tasks::explain(row.server->facts, row.area, request, outcome.result));
      if (tried.count() > 0) problem.text += fmt::format(" (it was tried for {})", format_duration(tried));
      return problem;
    }
    row.answer_text = "it has begun";
    if (const auto& agreement = outcome.response.agreement) {
      row.answer["agreement"] = cli::json_text(*agreement);
      row.answer_text += fmt::format(", under {}", *agreement);
    }
    if (const auto& session = outcome.response.session_id) {
      row.answer["session"] = cli::json_text(*session);
      row.answer_text += fmt::format(", session {}", *session);
    }
    return std::nullopt;
  };
}

void plan_terminate(const RepctlSettings& settings, Row& plan) {
  const auto request = tasks::terminate_request(plan.server->facts, plan.area, {settings.replica, settings.cycle_uri});
  plan.dn = request.target;
  plan.what = fmt::format("TerminateReplication: target {} at {}", printable(request.target), printable(request.uri));
  plan.send = [request](Row& row) -> std::optional<repctl::Problem> {
    const auto outcome = tasks::terminate(*row.server->connection, request);
    if (!outcome.result.done()) {
      return problem_of(outcome.result, tasks::explain(row.server->facts, row.area, request, outcome.result));
    }
    row.answer["sessions"] = outcome.response.sessions;
    row.answer_text = outcome.response.sessions == 0
                          ? std::string("nothing ran")
                          : counted(static_cast<std::uint64_t>(outcome.response.sessions), "session") + " ended";
    return std::nullopt;
  };
}

// Throws UsageError when a script did not say --yes.
bool agreed(const RepctlSettings& settings, const std::vector<Row>& rows) {
  if (settings.yes) return true;
  if (!cli::can_prompt()) {
    throw UsageError("there is nobody to ask: say --yes, or --dry-run to see what would be sent");
  }
  for (const auto& row : rows) fmt::print(stderr, "{}: {}\n", printable(row.server->name), row.what);
  return cli::confirm("Do this? [y/N] ", cli::run_token());
}

void send(Row& row, tasks::AuditLog& audit, const std::string& verb) {
  Server& server = *row.server;
  const auto record = [&](std::string_view state, const std::string& text = {}) {
    audit.write(verb, row.dn, row.what, server.uri, server.facts.identity, state, text);
  };
  record("sent");
  row.state = "failed";
  std::string problem;
  try {
    if (const auto refused = row.send(row)) {
      problem = refused->text;
      server.problem = refused;
    } else {
      row.state = "done";
    }
  } catch (const Error& error) {
    problem = fmt::format("{}; whether it was done is unknown: repctl status", error.what());
    server.problem = {error.status(), problem};
  }
  record(row.state, problem);
}

void print(const RepctlSettings& settings, const std::string& command, const std::vector<Server>& servers,
           const std::vector<Row>& rows) {
  if (!settings.json) {
    for (const auto& row : rows) {
      if (settings.dry_run) {
        cli::print_out(fmt::format("{}: {}\n", printable(row.server->uri), row.what));
      } else if (row.state == "done") {
        cli::print_out(fmt::format("{}: {}\n", printable(row.server->name), printable(row.answer_text)));
      }
    }
    return;
  }
  auto list = nlohmann::json::array();
  for (const auto& row : rows) {
    nlohmann::json each = row.answer;
    each.update({{"server", row.server->name}, {"uri", row.server->uri}, {"request", row.what}, {"notes", row.notes}});
    if (!settings.dry_run) each["state"] = row.state;
    list.push_back(std::move(each));
  }
  const auto problems = repctl::problems_json(servers);
  cli::print_out(cli::to_json({{"schema", "repctl/1"},
                               {"command", command},
                               {"dry_run", settings.dry_run},
                               {"servers", list},
                               {"problems", problems}},
                              2) +
                 '\n');
}

// `harmless`: there is nothing to ask about.
ExitStatus run_cycle(RepctlSettings& settings, const std::string& verb, bool harmless,
                     void (*plan)(const RepctlSettings&, Row&)) {
  const auto dn = repctl::area_of(settings);
  auto servers = repctl::open_servers(settings);
  std::vector<Row> rows(servers.size());
  repctl::for_each_server(servers, [&](Server& server) {
    auto& row = rows[static_cast<std::size_t>(&server - servers.data())];
    row.server = &server;
    tasks::require_ldup(server.facts, "cycle");
    row.area = tasks::read_area(*server.connection, server.facts, dn);
    plan(settings, row);
  });
  std::erase_if(rows, [](const Row& row) { return !row.send; });
  if (std::count_if(rows.begin(), rows.end(), [](const Row& row) { return row.sends_all; }) > 1) {
    throw UsageError(
        "several servers would send a full update to one replica, each in place of the other's: name one "
        "with -H");
  }
  for (const auto& row : rows) {
    for (const auto& note : row.notes) fmt::print(stderr, "repctl: note: {}: {}\n", row.server->name, printable(note));
  }
  if (!settings.dry_run && !rows.empty()) {
    if (!harmless && !agreed(settings, rows)) {
      fmt::print(stderr, "repctl: nothing was sent\n");
      return ExitStatus::undecided;
    }
    tasks::AuditLog audit(settings.audit_file.empty() ? tasks::state_directory() / "audit.jsonl"
                                                      : std::filesystem::path(settings.audit_file),
                          tasks::current_actor("repctl cycle " + verb));
    for (auto& row : rows) {
      if (cli::run_token().cancelled()) {
        row.server->problem = {ExitStatus::undecided,
                               fmt::format("{}: interrupted: nothing was sent", printable(row.server->name))};
      } else {
        send(row, audit, verb);
      }
    }
  }
  print(settings, "cycle " + verb, servers, rows);
  cli::flush_out();
  if (!settings.json) repctl::tell_problems(servers);
  return repctl::status_of(servers);
}

}  // namespace

ExitStatus cycle_trigger(RepctlSettings& settings) {
  if (settings.offline_read && settings.offline_write) {
    throw UsageError("--offline-read and --offline-write contradict each other");
  }
  const bool harmless = !settings.full && !settings.offline_read;
  return run_cycle(settings, "trigger", harmless, plan_trigger);
}

ExitStatus cycle_terminate(RepctlSettings& settings) {
  return run_cycle(settings, "terminate", false, plan_terminate);
}

}  // namespace replkit::tools
