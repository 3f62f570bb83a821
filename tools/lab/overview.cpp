#include "tools/lab/overview.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "common/base/error.hpp"
#include "common/cli/output.hpp"
#include "common/cli/program.hpp"
#include "common/cli/table.hpp"
#include "common/ldap/connection.hpp"
#include "tools/lab/group.hpp"
#include "tools/lab/step.hpp"

namespace replkit::tools::lab {

namespace {

struct Answer {
  bool up = false;
  std::size_t entries = 0;
  double milliseconds = 0;  // for the administrator's entry into the root DSE and back
  std::string error;
  bool full = false;  // its disk
  std::optional<ldap::Connection> connection;
  bool waits = false;                             // for a full update
  bool online = false;                            // its replica is not suspended
  std::optional<std::vector<std::string>> lacks;  // whose changes
};

// Asks a server as its administrator, over TLS.
Answer ask(const Lab& lab, const Server& server) {
  Answer answer;
  if (!Lab::running(server) || Lab::is_cut(server)) {
    answer.error = Lab::running(server) ? "cut off" : "down";
    return answer;
  }
  answer.full = is_full(lab.directory() / server.name);
  try {
    auto& connection = answer.connection.emplace(connect(lab, server, cli::run_token()));
    const auto before = std::chrono::steady_clock::now();
    connection.read("", {"1.1"});
    answer.milliseconds = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - before).count();
    ldap::SearchRequest request;
    request.base = lab.base();
    request.attributes = {"1.1"};
    connection.search(request, [&](const ldap::EntryView&) { ++answer.entries; });
    answer.up = true;
  } catch (const Cancelled&) {
    throw;
  } catch (const Error& error) {
    answer.error = error.what();
  }
  return answer;
}

// Asks those that answered who lacks what.
void compare(const Lab& lab, std::vector<Answer>& answers) {
  std::vector<Position> positions;
  std::vector<Answer*> of;
  for (std::size_t i = 0; i < answers.size(); ++i) {
    if (!answers[i].up) continue;
    auto position = read_position(*answers[i].connection, lab, lab.servers()[i].name);
    if (!position) continue;
    of.push_back(&answers[i]);
    of.back()->online = position->online;
    of.back()->waits = position->waits;
    positions.push_back(std::move(*position));
  }
  auto lacks = find_lacks(lab, positions);
  for (std::size_t i = 0; i < of.size(); ++i) of[i]->lacks = std::move(lacks[i]);
}

std::string replication_text(const Answer& answer) {
  if (!answer.lacks) return "-";
  if (answer.waits) return "waits for a full update";
  const auto text = answer.lacks->empty() ? std::string("in step")
                                          : fmt::format("lacks changes of {}", fmt::join(*answer.lacks, ", "));
  return answer.online ? text : "suspended, " + text;
}

nlohmann::json as_json(const Server& server, const Answer& answer) {
  nlohmann::json row = {{"name", server.name}, {"uri", Lab::uri(server)}, {"up", answer.up}};
  row["pid"] = Lab::running(server) ? nlohmann::json(server.process.pid) : nlohmann::json();
  row["disk_full"] = answer.up ? nlohmann::json(answer.full) : nlohmann::json();
  row["entries"] = answer.up ? nlohmann::json(answer.entries) : nlohmann::json();
  row["answer_ms"] = answer.up ? nlohmann::json(answer.milliseconds) : nlohmann::json();
  row["suspended"] = answer.lacks ? nlohmann::json(!answer.online) : nlohmann::json();
  row["in_step"] = answer.lacks ? nlohmann::json(answer.lacks->empty()) : nlohmann::json();
  row["waits_for_full_update"] = answer.lacks ? nlohmann::json(answer.waits) : nlohmann::json();
  if (answer.lacks && !answer.lacks->empty()) row["lacks_changes_of"] = *answer.lacks;
  if (!answer.error.empty()) row["error"] = answer.error;
  return row;
}

void print_json(const Lab& lab, const std::vector<Answer>& answers) {
  nlohmann::json rows = nlohmann::json::array();
  for (std::size_t i = 0; i < answers.size(); ++i) rows.push_back(as_json(lab.servers()[i], answers[i]));
  cli::print_out(cli::to_json({{"schema", "repllab-status/1"},
                               {"directory", lab.directory().string()},
                               {"base", lab.base()},
                               {"bind_dn", lab.bind_dn()},
                               {"replicates", lab.replicates()},
                               {"servers", rows}},
                              2) +
                 '\n');
}

void print_table(const Lab& lab, const std::vector<Answer>& answers) {
  using Align = cli::Table::Align;
  std::vector<cli::Table::Column> columns{{"server"},
                                          {"uri"},
                                          {"pid", Align::right},
                                          {"entries", Align::right},
                                          {"answers in", Align::right},
                                          {.title = "state", .wraps = true}};
  if (lab.replicates()) columns.push_back({.title = "replication", .wraps = true});
  cli::Table table(columns);
  for (std::size_t i = 0; i < answers.size(); ++i) {
    const auto& server = lab.servers()[i];
    const auto& answer = answers[i];
    std::vector<std::string> row{server.name,
                                 Lab::uri(server),
                                 Lab::running(server) ? std::to_string(server.process.pid) : "-",
                                 answer.up ? std::to_string(answer.entries) : "-",
                                 answer.up ? fmt::format("{:.1f} ms", answer.milliseconds) : "-",
                                 !answer.up    ? answer.error
                                 : answer.full ? "up, disk full"
                                               : "up"};
    if (lab.replicates()) row.push_back(replication_text(answer));
    table.add_row(row);
  }
  cli::print_out(table.text());
}

}  // namespace

bool is_full(const std::filesystem::path& folder) {
  // The store grows by pages, the logs by lines.
  constexpr std::uintmax_t least = 1 << 20;
  std::error_code problem;
  const auto space = std::filesystem::space(folder, problem);
  return !problem && space.available < least;
}

ExitStatus show(const Lab& lab, bool json) {
  std::vector<Answer> answers;
  for (const auto& server : lab.servers()) answers.push_back(ask(lab, server));
  if (lab.replicates()) {
    try {
      compare(lab, answers);
    } catch (const ldap::LdapError&) {
      // One has gone away since: who is in step is not known.
    }
  }
  if (json) {
    print_json(lab, answers);
  } else {
    print_table(lab, answers);
  }
  const bool all_well =
      std::all_of(answers.begin(), answers.end(), [](const Answer& answer) { return answer.up && !answer.full; });
  return all_well ? ExitStatus::done : ExitStatus::findings;
}

}  // namespace replkit::tools::lab
