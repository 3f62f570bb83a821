#include "tools/repctl/change.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>

#include "common/base/files.hpp"
#include "common/base/text.hpp"
#include "common/cli/program.hpp"
#include "common/cli/prompt.hpp"
#include "common/model/uuid.hpp"
#include "common/tasks/audit_log.hpp"
#include "common/tasks/execute.hpp"
#include "common/tasks/names.hpp"
#include "tools/repctl/report.hpp"

namespace replkit::tools::repctl {

namespace {

bool is_unreachable(const Server& server) {
  return server.problem && server.problem->status == ExitStatus::connection;
}

// Whether nothing may be sent because a server has a problem.
bool must_stop(const RepctlSettings& settings, const std::vector<Server>& servers) {
  const auto forgiven = [&](const Server& server) {
    return !server.problem || (settings.skip_unreachable && is_unreachable(server));
  };
  return !std::all_of(servers.begin(), servers.end(), forgiven) ||
         std::all_of(servers.begin(), servers.end(), [](const Server& server) { return server.problem.has_value(); });
}

ExitStatus stop(const RepctlSettings& settings, const Report& report, const std::vector<Server>& servers) {
  if (settings.json) {
    print_json(report, servers);
  } else {
    tell_problems(servers);
  }
  auto status = ExitStatus::done;
  for (const auto& server : servers) {
    if (server.problem) status = worse(status, server.problem->status);
  }
  if (servers.size() > 1) {
    const bool helps = !settings.skip_unreachable && std::any_of(servers.begin(), servers.end(), is_unreachable);
    fmt::print(stderr, "repctl: nothing was changed on any server{}\n",
               helps ? "; --skip-unreachable goes on with the others" : "");
  }
  return status;
}

std::filesystem::path save_path(const RepctlSettings& settings, const tasks::Actor& actor) {
  if (!settings.save_file.empty()) return settings.save_file;
  return tasks::state_directory() / "removed" /
         fmt::format("{}-{}.ldif", format_generalized_time(system_clock().now()), actor.run.substr(0, 8));
}

void save_removed(const std::filesystem::path& file, const tasks::Plan& plan, const std::vector<Server>& servers) {
  if (std::filesystem::exists(file)) throw LocalError(fmt::format("{}: is there already", file.string()));
  tasks::make_private_folder(file.parent_path());
  AtomicFile out(file, FileMode::private_file);
  out.write(tasks::backup_ldif(plan, [&](const std::string& name) {
    const auto found =
        std::find_if(servers.begin(), servers.end(), [&](const Server& server) { return server.name == name; });
    return found == servers.end() ? name : found->uri;
  }));
  out.commit();
}

// Throws UsageError when a script did not say --yes.
bool agreed(const RepctlSettings& settings, const tasks::Plan& plan) {
  if (settings.yes) return true;
  if (isatty(STDIN_FILENO) == 0 || !cli::can_prompt()) {
    throw UsageError(
        "this changes servers, and there is nobody to ask: say --yes, or --dry-run to see what it would do");
  }
  for (const auto& step : plan.steps) fmt::print(stderr, "{}: {}\n", printable(step.server), printable(step.what));
  return cli::confirm("Do this? [y/N] ", cli::run_token());
}

// What is the same on several servers is said once.
void tell_notes(const tasks::Plan& plan) {
  std::vector<std::pair<std::string, std::string>> told;  // text, servers
  for (const auto& note : plan.notes) {
    const auto same = std::find_if(told.begin(), told.end(), [&](const auto& each) { return each.first == note.text; });
    if (same == told.end()) {
      told.emplace_back(note.text, note.server);
    } else {
      same->second += ", " + note.server;
    }
  }
  for (const auto& [text, names] : told)
    fmt::print(stderr, "repctl: note: {}: {}\n", printable(names), printable(text));
}

void perform(const RepctlSettings& settings, const tasks::Actor& actor, std::vector<Server>& servers, Report& report) {
  const std::filesystem::path file = settings.audit_file.empty() ? tasks::state_directory() / "audit.jsonl"
                                                                 : std::filesystem::path(settings.audit_file);
  tasks::AuditLog audit(file, actor);
  report.audit = file.string();
  if (!report.plan.removed.empty()) {
    save_removed(report.saved, report.plan, servers);
    fmt::print(stderr, "repctl: what is removed is saved in {}\n", printable(report.saved));
  }
  std::vector<tasks::Target> targets;
  for (auto& server : servers) {
    if (server.connection) targets.push_back({server.facts, &*server.connection});
  }
  report.results =
      tasks::execute(report.plan, targets, audit, cli::run_token(), tasks::AfterFailure::other_servers_go_on);
}

}  // namespace

ExitStatus change_servers(RepctlSettings& settings, const std::string& command, const MakePlan& make) {
  auto servers = open_servers(settings);
  return change_servers(settings, command, servers, make);
}

ExitStatus change_servers(RepctlSettings& settings, const std::string& command, std::vector<Server>& servers,
                          const MakePlan& make) {
  std::vector<tasks::Plan> plans(servers.size());
  for_each_server(servers,
                  [&](Server& server) { plans[static_cast<std::size_t>(&server - servers.data())] = make(server); });
  Report report;
  report.command = command;
  report.dry_run = settings.dry_run;
  if (must_stop(settings, servers)) return stop(settings, report, servers);
  for (auto& plan : plans) report.plan.append(std::move(plan));
  const auto actor = tasks::current_actor("repctl " + command);
  if (!report.plan.removed.empty() && !settings.dry_run) report.saved = save_path(settings, actor).string();
  if (!settings.json) tell_problems(servers);
  if (!settings.dry_run) {
    tell_notes(report.plan);
    if (!report.plan.empty()) {
      if (!agreed(settings, report.plan)) {
        fmt::print(stderr, "repctl: nothing was changed\n");
        return ExitStatus::undecided;
      }
      perform(settings, actor, servers, report);
    }
  }
  if (settings.json) {
    print_json(report, servers);
  } else if (settings.dry_run) {
    print_dry_run(report, servers);
  } else {
    print_text(report);
  }
  return status_of(report, servers);
}

std::string Group::common_uuid(const std::string& given, const std::string& name,
                               const std::function<const model::Entry*(const tasks::AreaFacts&)>& find) const {
  if (!given.empty()) {
    const auto uuid = model::Uuid::parse(given);
    if (!uuid) throw UsageError(fmt::format("--uuid \"{}\" is no UUID", printable(given)));
    return uuid->text();
  }
  for (const auto& area : areas) {
    const auto* entry = find(area);
    if (entry != nullptr && !entry->first("entryUUID").empty()) return std::string(entry->first("entryUUID"));
  }
  for (std::size_t i = 0; i < servers.size(); ++i) {
    const auto top = areas[i].root ? model::Uuid::parse(areas[i].root->first("entryUUID")) : std::nullopt;
    if (top && servers[i].has_control(tasks::oid::relax_rules)) return model::Uuid::named(*top, name).text();
  }
  return servers.size() < 2 ? std::string() : model::Uuid::random().text();
}

ExitStatus change_area(RepctlSettings& settings, const std::string& command, const MakeAreaPlan& make,
                       const std::function<void(const Group&)>& prepare) {
  const auto dn = area_of(settings);
  auto servers = open_servers(settings);
  std::vector<tasks::AreaFacts> areas(servers.size());
  const auto index_of = [&](const Server& server) { return static_cast<std::size_t>(&server - servers.data()); };
  for_each_server(servers, [&](Server& server) {
    tasks::require_ldup(server.facts, "area of replication");
    areas[index_of(server)] = tasks::read_area(*server.connection, server.facts, dn);
  });
  if (prepare) {
    Group group;
    for (auto& server : servers) {
      if (server.problem) continue;
      group.servers.push_back(server.facts);
      group.areas.push_back(areas[index_of(server)]);
    }
    prepare(group);
  }
  return change_servers(settings, command, servers, [&](Server& server) {
    auto plan = make(server, areas[index_of(server)]);
    // On one server it matters less than that it works.
    const bool any_uuid = servers.size() == 1 && settings.uuid.empty();
    for (auto& step : plan.steps) step.any_uuid = any_uuid;
    return plan;
  });
}

}  // namespace replkit::tools::repctl
