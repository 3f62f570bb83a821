#include "tools/repctl/report.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <map>
#include <nlohmann/json.hpp>

#include "common/base/text.hpp"
#include "common/cli/output.hpp"

namespace replkit::tools::repctl {

namespace {

using tasks::StepState;

std::string uri_of(const std::vector<Server>& servers, const std::string& name) {
  for (const auto& server : servers) {
    if (server.name == name) return server.uri;
  }
  return name;
}

std::string_view word_of(StepState state) {
  switch (state) {
    case StepState::done:
      return "done";
    case StepState::settled:
      return "already so";
    case StepState::failed:
      return "failed";
    case StepState::not_tried:
      break;
  }
  return "not tried";
}

nlohmann::json json_of(const std::vector<tasks::Remark>& remarks) {
  auto list = nlohmann::json::array();
  for (const auto& remark : remarks) list.push_back({{"server", remark.server}, {"text", cli::json_text(remark.text)}});
  return list;
}

std::string ldif_of(const tasks::Step& step) {
  std::string out;
  model::LdifWriter([&](std::string_view text) { out += text; }, 0).change(tasks::without_secrets(step.change));
  return out;
}

}  // namespace

void print_dry_run(const Report& report, const std::vector<Server>& servers) {
  model::LdifWriter comments(cli::print_out);
  const auto tell = [&](const std::vector<tasks::Remark>& remarks, std::string_view kind) {
    for (const auto& remark : remarks) {
      comments.comment(fmt::format("{}: {}: {}", uri_of(servers, remark.server), kind, remark.text));
    }
  };
  tell(report.plan.skipped, "already so");
  tell(report.plan.notes, "note");
  if (!report.plan.removed.empty()) comments.comment("what is removed is saved as LDIF first");
  print_plan(
      report.plan, [&](const std::string& name) { return uri_of(servers, name); }, cli::print_out);
}

void print_text(const Report& report) {
  for (const auto& remark : report.plan.skipped) {
    cli::print_out(fmt::format("{}: already so: {}\n", printable(remark.server), printable(remark.text)));
  }
  for (std::size_t i = 0; i < report.results.size(); ++i) {
    const auto& step = report.plan.steps[i];
    cli::print_out(
        fmt::format("{}: {}: {}\n", printable(step.server), word_of(report.results[i].state), printable(step.what)));
  }
  cli::flush_out();
  for (const auto& result : report.results) {
    if (!result.text.empty()) fmt::print(stderr, "repctl: {}\n", printable(result.text));
  }
}

void print_json(const Report& report, const std::vector<Server>& servers) {
  auto steps = nlohmann::json::array();
  for (std::size_t i = 0; i < report.plan.steps.size(); ++i) {
    const auto& step = report.plan.steps[i];
    nlohmann::json row = {{"server", step.server},
                          {"uri", uri_of(servers, step.server)},
                          {"what", step.what},
                          {"dn", cli::json_text(step.change.dn)},
                          {"ldif", ldif_of(step)}};
    if (!report.dry_run) {
      row["state"] = name_of(report.results[i].state);
      if (!report.results[i].text.empty()) row["problem"] = report.results[i].text;
    }
    steps.push_back(std::move(row));
  }
  const auto problems = problems_json(servers);
  nlohmann::json out = {{"schema", "repctl/1"},
                        {"command", report.command},
                        {"dry_run", report.dry_run},
                        {"steps", steps},
                        {"skipped", json_of(report.plan.skipped)},
                        {"notes", json_of(report.plan.notes)},
                        {"problems", problems}};
  if (!report.saved.empty()) out["saved"] = report.saved;
  if (!report.audit.empty()) out["audit"] = report.audit;
  cli::print_out(cli::to_json(out, 2) + '\n');
}

ExitStatus status_of(const Report& report, const std::vector<Server>& servers) {
  // By server: whether it went well, or why not.
  std::map<std::string, ExitStatus> outcome;
  for (const auto& server : servers) {
    outcome[server.name] = server.problem ? server.problem->status : ExitStatus::done;
  }
  for (std::size_t i = 0; i < report.results.size(); ++i) {
    const auto& result = report.results[i];
    auto& status = outcome[report.plan.steps[i].server];
    if (result.state == StepState::failed) status = worse(status, result.status);
    if (result.state == StepState::not_tried && status == ExitStatus::done) status = ExitStatus::undecided;
  }
  auto all = ExitStatus::done;
  bool any_good = false;
  for (const auto& [name, status] : outcome) {
    any_good = any_good || status == ExitStatus::done;
    all = worse(all, status);
  }
  const bool partial =
      any_good && (all == ExitStatus::connection || all == ExitStatus::authentication || all == ExitStatus::refused);
  return partial ? ExitStatus::undecided : all;
}

}  // namespace replkit::tools::repctl
