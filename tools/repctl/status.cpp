// repctl status: what each server says of its areas (draft-ietf-ldup-mrm-02 4.9, 4.10).
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include <nlohmann/json.hpp>

#include "common/base/text.hpp"
#include "common/base/time.hpp"
#include "common/cli/output.hpp"
#include "common/cli/table.hpp"
#include "common/cli/text_layout.hpp"
#include "common/ldup/csn.hpp"
#include "common/tasks/agreement_atoms.hpp"
#include "common/tasks/group_check.hpp"
#include "common/tasks/names.hpp"
#include "tools/repctl/behind.hpp"
#include "tools/repctl/view.hpp"

namespace replkit::tools {

namespace {

namespace name = tasks::name;

// Returns of whose changes the replica has which: of each origin the time of the newest.
std::vector<std::string> vector_rows(const model::Entry& replica) {
  auto values = tasks::values_of(replica, name::update_vector);
  try {
    const auto vector = ldup::UpdateVector::parse(values);
    values.clear();
    for (const auto& [origin, csn] : vector.components()) {
      values.push_back(fmt::format("{} {}", origin, format_utc(csn.time())));
    }
  } catch (const ParseError&) {
    // Shown as it is.
  }
  return values;
}

void print_area(const repctl::Server& server, const tasks::AreaFacts& area) {
  const auto* own = tasks::own_replica(server.facts, area);
  const auto heading = own == nullptr ? std::string("no replica of its own")
                                      : fmt::format("its replica {}, {}, {}", own->id,
                                                    tasks::type_text(tasks::first_of(own->entry, name::replica_type)),
                                                    repctl::online_text(own->entry) == "yes" ? "online" : "suspended");
  const auto line = printable(fmt::format("{} on {}: {}", area.dn, server.name, heading));
  for (const auto& part : cli::wrap(line, cli::output_width())) cli::print_out(part + '\n');
  cli::Table replicas({{"Replica"}, {"Type"}, {"Online"}, {"URI"}, {"Update vector"}});
  cli::Table agreements({{"From"}, {"To"}, {"Agreement"}, {"Mechanism"}, {"Last session"}});
  bool any = false;
  for (const auto& replica : area.replicas) {
    const auto vector = vector_rows(replica.entry);
    replicas.add_row({replica.id + (&replica == own ? " (own)" : ""),
                      tasks::type_text(tasks::first_of(replica.entry, name::replica_type)),
                      repctl::online_text(replica.entry), tasks::first_of(replica.entry, name::replica_uri),
                      vector.empty() ? "-" : vector.front()});
    for (std::size_t i = 1; i < vector.size(); ++i) replicas.add_row({"", "", "", "", vector[i]});
    for (const auto* agreement : replica.agreements()) {
      any = true;
      const auto mechanism = tasks::mechanism_text(tasks::first_of(*agreement, name::mechanism));
      const auto last = tasks::first_of(*agreement, name::replication_status);
      agreements.add_row({replica.id, repctl::consumer_text(area, *agreement), tasks::cn_of(agreement->dn),
                          mechanism.empty() ? "incremental" : mechanism, repctl::session_text(last, false)});
    }
  }
  if (!area.replicas.empty()) cli::print_out(replicas.text(cli::output_width(), 2));
  if (any) cli::print_out(agreements.text(cli::output_width(), 2));
}

// Returns the findings of each area, whose copies are told apart by DN.
std::vector<tasks::GroupFinding> check(repctl::ReadAreas& read, std::chrono::microseconds max_lag) {
  std::vector<tasks::GroupFinding> findings;
  std::vector<std::string> done;
  for (const auto& [first, its_area] : read.rows) {
    const auto& dn = its_area.dn;
    if (std::any_of(done.begin(), done.end(), [&](const auto& each) { return tasks::same_dn(each, dn); })) continue;
    done.push_back(dn);
    std::vector<tasks::AreaOnServer> copies;
    for (const auto& [server, area] : read.rows) {
      if (tasks::same_dn(area.dn, dn)) copies.push_back({&server->facts, &area});
    }
    std::vector<const tasks::ServerFacts*> without;
    for (const auto& server : read.servers) {
      const bool has = std::any_of(copies.begin(), copies.end(),
                                   [&](const tasks::AreaOnServer& copy) { return copy.server == &server.facts; });
      if (!has && !server.problem) without.push_back(&server.facts);
    }
    for (auto& each : tasks::check_group(copies, without)) findings.push_back(std::move(each));
    for (auto& each : repctl::find_behind(read, dn, max_lag)) findings.push_back(std::move(each));
    for (auto& each : repctl::find_silent(read, dn)) findings.push_back(std::move(each));
  }
  return findings;
}

std::string_view word_of(ldup::Severity severity) {
  if (severity == ldup::Severity::error) return "error";
  return severity == ldup::Severity::warning ? "warning" : "note";
}

void print_findings(const std::vector<tasks::GroupFinding>& findings) {
  if (findings.empty()) return;
  cli::print_out("findings:\n");
  for (const auto& [finding, servers] : findings) {
    const auto what = finding.attribute.empty() ? finding.text : finding.attribute + ": " + finding.text;
    const std::string text =
        fmt::format("{} {}: {}\n", word_of(finding.severity), finding.code, printable(finding.dn)) +
        cli::wrap_indented(printable(fmt::format("{} (says {})", what, fmt::join(servers, ", "))),
                           cli::terminal_width(), 4);
    cli::print_out("  " + text);
  }
}

nlohmann::json json_of(const std::vector<tasks::GroupFinding>& findings) {
  auto list = nlohmann::json::array();
  for (const auto& [finding, servers] : findings) {
    list.push_back({{"severity", word_of(finding.severity)},
                    {"code", finding.code},
                    {"dn", cli::json_text(finding.dn)},
                    {"attribute", finding.attribute.empty() ? nlohmann::json() : cli::json_text(finding.attribute)},
                    {"text", cli::json_text(finding.text)},
                    {"servers", servers}});
  }
  return list;
}

}  // namespace

ExitStatus show_status(RepctlSettings& settings) {
  auto read = repctl::read_areas(settings, true);
  const auto findings = check(read, settings.max_lag.value_or(std::chrono::minutes(10)));
  if (settings.json) {
    repctl::print_areas_json("status", read, {{"findings", json_of(findings)}});
  } else {
    for (const auto& server : read.servers) {
      bool any = false;
      for (const auto& [of, area] : read.rows) {
        if (of != &server) continue;
        print_area(server, area);
        any = true;
      }
      if (server.problem) cli::print_out(fmt::format("unknown on {}\n", printable(server.name)));
      if (!any && !server.problem) cli::print_out(fmt::format("no area on {}\n", printable(server.name)));
    }
    print_findings(findings);
  }
  const auto status = repctl::finish(settings, read);
  return tasks::any_wrong(findings) ? worse(ExitStatus::findings, status) : status;
}

}  // namespace replkit::tools
