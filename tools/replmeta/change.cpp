#include "tools/replmeta/change.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "common/base/files.hpp"
#include "common/base/text.hpp"
#include "common/cli/output.hpp"
#include "common/cli/program.hpp"
#include "common/cli/prompt.hpp"
#include "common/tasks/audit_log.hpp"
#include "common/tasks/plan.hpp"

namespace replkit::tools::replmeta {

namespace {

struct Done {
  std::string state = "not_tried";  // "done", "failed"
  ExitStatus status = ExitStatus::done;
  std::string problem = {};
  ldup::MetaDataUpdateResponse response = {};
};

std::string ldif_of(const model::ChangeRecord& record, std::size_t wrap) {
  std::string out;
  model::LdifWriter([&](std::string_view text) { out += text; }, wrap).change(tasks::without_secrets(record));
  return out;
}

void print_dry_run(const Server& server, const Changes& changes) {
  model::LdifWriter comments(cli::print_out);
  for (const auto& text : changes.skipped) comments.comment("skipped: " + text);
  for (const auto& change : changes.list) {
    comments.comment(fmt::format("{}: {}", server.uri, change.what));
    cli::print_out(ldif_of(change.record, 76));
  }
}

bool agreed(const ReplmetaSettings& settings, const Server& server, const Changes& changes) {
  if (settings.yes) return true;
  if (!cli::can_prompt()) {
    throw UsageError(
        "this changes a server, and there is nobody to ask: say --yes, or --dry-run to see what it would do");
  }
  constexpr std::size_t shown = 20;
  for (std::size_t i = 0; i < std::min(shown, changes.list.size()); ++i) {
    fmt::print(stderr, "{}: {}: {}\n", printable(server.name), printable(changes.list[i].record.dn),
               changes.list[i].what);
  }
  if (changes.list.size() > shown) fmt::print(stderr, "... and {} more\n", changes.list.size() - shown);
  return cli::confirm("Do this? [y/N] ", cli::run_token());
}

// Returns where it is; empty when nothing is removed.
std::string save(const ReplmetaSettings& settings, const tasks::Actor& actor, const Server& server,
                 const Changes& changes) {
  const bool any =
      std::any_of(changes.list.begin(), changes.list.end(), [](const auto& c) { return !c.saved.empty(); });
  if (!any) return {};
  std::filesystem::path file = settings.save_file;
  if (file.empty()) {
    file = tasks::state_directory() / "removed" /
           fmt::format("{}-{}.ldif", format_generalized_time(system_clock().now()), actor.run.substr(0, 8));
  }
  if (std::filesystem::exists(file)) throw LocalError(fmt::format("{}: is there already", file.string()));
  tasks::make_private_folder(file.parent_path());
  AtomicFile out(file, FileMode::private_file);
  out.write(fmt::format("# What {} was about to remove from {}.\n", actor.command, printable(server.uri)));
  for (const auto& change : changes.list) out.write(change.saved);
  out.commit();
  fmt::print(stderr, "replmeta: what is removed is saved in {}\n", printable(file.string()));
  return file.string();
}

Done send(const Change& change, Server& server, tasks::AuditLog& audit) {
  const tasks::Step step{.server = server.name, .what = change.what, .change = change.record, .settled = {}};
  const auto record = [&](std::string_view state, const std::string& text = {}) {
    audit.write(step, server.uri, server.facts.identity, state, text);
  };
  record("sent");
  Done done;
  try {
    auto outcome = change.send(*server.connection);
    done.state = outcome.result.done() ? "done" : "failed";
    done.response = std::move(outcome.response);
    if (!outcome.result.done()) {
      const auto error =
          ldap::error_of(outcome.result, server.name, fmt::format("{} {}", change.what, printable(change.record.dn)));
      const auto hint = metadata::hint_for(change.verb, outcome.result.code, server.facts.identity);
      done.status = error.status();
      done.problem = hint.empty() ? error.what() : fmt::format("{}; {}", error.what(), hint);
    }
  } catch (const Cancelled& error) {
    done = {"failed", ExitStatus::undecided, fmt::format("{}; whether it was done is unknown", error.what())};
  } catch (const ldap::LdapError& error) {
    done = {"failed", error.status(), fmt::format("{}; whether it was done is unknown", error.what())};
  }
  record(done.state, done.problem);
  return done;
}

std::string tell(const Done& done) {
  std::string out;
  if (done.response.uuid) out += " entryUUID " + done.response.uuid->text();
  if (done.response.csn) out += " CSN " + done.response.csn->ldup_text();
  return out;
}

void print_text(const Changes& changes, const std::vector<Done>& results) {
  for (const auto& text : changes.skipped) cli::print_out(fmt::format("skipped: {}\n", printable(text)));
  for (std::size_t i = 0; i < results.size(); ++i) {
    const auto& state = results[i].state == "not_tried" ? "not tried" : results[i].state;
    cli::print_out(fmt::format("{}: {}{}\n", state, printable(changes.list[i].record.dn), tell(results[i])));
  }
  cli::flush_out();
  for (const auto& result : results) {
    if (!result.problem.empty()) fmt::print(stderr, "replmeta: {}\n", printable(result.problem));
  }
}

void print_json(const ReplmetaSettings& settings, const std::string& command, const Server& server,
                const Changes& changes, const std::vector<Done>& results, const std::string& saved) {
  auto list = nlohmann::json::array();
  for (std::size_t i = 0; i < changes.list.size(); ++i) {
    const auto& change = changes.list[i];
    nlohmann::json row = {
        {"dn", cli::json_text(change.record.dn)}, {"what", change.what}, {"ldif", ldif_of(change.record, 0)}};
    if (i < results.size()) {
      row["state"] = results[i].state;
      if (!results[i].problem.empty()) row["problem"] = results[i].problem;
      if (results[i].response.uuid) row["entryUUID"] = results[i].response.uuid->text();
      if (results[i].response.csn) row["csn"] = results[i].response.csn->ldup_text();
    }
    list.push_back(std::move(row));
  }
  nlohmann::json out = {{"schema", "replmeta/1"},    {"command", command},          {"server", server.name},
                        {"uri", server.uri},         {"dry_run", settings.dry_run}, {"changes", list},
                        {"skipped", changes.skipped}};
  if (!saved.empty()) out["saved"] = saved;
  cli::print_out(cli::to_json(out, 2) + '\n');
}

ExitStatus status_of(const std::vector<Done>& results) {
  auto status = ExitStatus::done;
  bool any = false;
  for (const auto& result : results) {
    any = any || result.state == "done";
    status = worse(status, result.status);
  }
  const bool refused =
      status == ExitStatus::connection || status == ExitStatus::authentication || status == ExitStatus::refused;
  return any && refused ? ExitStatus::undecided : status;
}

}  // namespace

ExitStatus send_changes(const ReplmetaSettings& settings, const std::string& command, Server& server,
                        const Changes& changes) {
  std::vector<Done> results;
  std::string saved;
  if (!settings.dry_run && !changes.list.empty()) {
    if (!agreed(settings, server, changes)) {
      fmt::print(stderr, "replmeta: nothing was changed\n");
      return ExitStatus::undecided;
    }
    const auto actor = tasks::current_actor("replmeta " + command);
    tasks::AuditLog audit(settings.audit_file.empty() ? tasks::state_directory() / "audit.jsonl"
                                                      : std::filesystem::path(settings.audit_file),
                          actor);
    saved = save(settings, actor, server, changes);
    results.resize(changes.list.size());
    bool failed = false;
    for (std::size_t i = 0; i < results.size(); ++i) {
      if (cli::run_token().cancelled() || (failed && !settings.go_on)) break;
      results[i] = send(changes.list[i], server, audit);
      failed = failed || results[i].state == "failed";
    }
  }
  if (settings.json) {
    print_json(settings, command, server, changes, results, saved);
  } else if (settings.dry_run) {
    print_dry_run(server, changes);
  } else {
    print_text(changes, results);
  }
  const bool cut = std::any_of(results.begin(), results.end(), [](const auto& r) { return r.state == "not_tried"; });
  const auto status = status_of(results);
  return cut && status == ExitStatus::done ? ExitStatus::undecided : status;
}

}  // namespace replkit::tools::replmeta
