#include "tools/repllab.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "common/base/error.hpp"
#include "common/base/files.hpp"
#include "common/base/text.hpp"
#include "common/base/time.hpp"
#include "common/cli/output.hpp"
#include "common/cli/program.hpp"
#include "common/ldap/connection.hpp"
#include "tools/lab/lab.hpp"

namespace replkit::tools {

namespace {

using lab::Lab;

constexpr unsigned usual_servers = 2;
constexpr std::chrono::hours away{24 * 200};  // longer than directories keep what was deleted

Lab open_lab(const RepllabSettings& settings) {
  return Lab(settings.directory.empty() ? lab::default_directory() : std::filesystem::path(settings.directory));
}

Lab existing_lab(const RepllabSettings& settings) {
  Lab found = open_lab(settings);
  if (!found.exists()) {
    throw LocalError(fmt::format("there is no lab in {}: repllab up makes one", found.directory().string()));
  }
  return found;
}

void say(const std::string& text) {
  fmt::print(stderr, "repllab: {}\n", text);
}

struct Answer {
  bool up = false;
  std::size_t entries = 0;
  double milliseconds = 0;  // for the administrator's entry into the root DSE and back
  std::string error;
};

// Asks a server as its administrator, over TLS.
Answer ask(const Lab& lab, const lab::Server& server) {
  Answer answer;
  if (!Lab::running(server) || Lab::is_cut(server)) {
    answer.error = Lab::running(server) ? "cut off" : "down";
    return answer;
  }
  try {
    ldap::ConnectionOptions options;
    options.uri = Lab::uri(server);
    options.tls.start_tls = ldap::StartTls::required;
    options.tls.ca_file = lab.authority_file().string();
    options.bind.method = ldap::BindMethod::simple;
    options.bind.dn = lab.bind_dn();
    options.bind.password = Secret(read_file(lab.password_file(), 4096));
    auto connection = ldap::Connection::open(options, cli::run_token());
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

nlohmann::json as_json(const lab::Server& server, const Answer& answer) {
  nlohmann::json row = {{"name", server.name}, {"uri", Lab::uri(server)}, {"up", answer.up}};
  row["pid"] = Lab::running(server) ? nlohmann::json(server.process.pid) : nlohmann::json();
  row["entries"] = answer.up ? nlohmann::json(answer.entries) : nlohmann::json();
  row["answer_ms"] = answer.up ? nlohmann::json(answer.milliseconds) : nlohmann::json();
  if (!answer.error.empty()) row["error"] = answer.error;
  return row;
}

ExitStatus show(const Lab& lab, const RepllabSettings& settings) {
  using Align = cli::Table::Align;
  cli::Table table(
      {{"server"}, {"uri"}, {"pid", Align::right}, {"entries", Align::right}, {"answers in", Align::right}, {"state"}});
  nlohmann::json rows = nlohmann::json::array();
  auto status = ExitStatus::done;
  for (const auto& server : lab.servers()) {
    const Answer answer = ask(lab, server);
    if (!answer.up) status = ExitStatus::findings;
    if (settings.json) {
      rows.push_back(as_json(server, answer));
      continue;
    }
    const bool running = Lab::running(server);
    table.add_row({server.name, Lab::uri(server), running ? std::to_string(server.process.pid) : "-",
                   answer.up ? std::to_string(answer.entries) : "-",
                   answer.up ? fmt::format("{:.1f} ms", answer.milliseconds) : "-", answer.up ? "up" : answer.error});
  }
  if (settings.json) {
    cli::print_out(cli::to_json({{"schema", "repllab-status/1"},
                                 {"directory", lab.directory().string()},
                                 {"base", lab.base()},
                                 {"bind_dn", lab.bind_dn()},
                                 {"servers", rows}},
                                2) +
                   '\n');
  } else {
    cli::print_out(table.text());
  }
  return status;
}

void show(const std::string& server, const std::vector<lab::Damage>& done) {
  for (const auto& damage : done) {
    cli::print_out(fmt::format("{}: {} {}\n", server, printable(damage.dn), printable(damage.what)));
  }
}

}  // namespace

ExitStatus repllab_up(const RepllabSettings& settings) {
  lab::find_program("replserver");  // before anything is made
  Lab lab = open_lab(settings);
  lab.lock();
  if (lab.exists() && !settings.data.empty()) {
    throw UsageError("this lab has its entries already: repllab down --purge removes them");
  }
  const auto before = lab.servers().size();
  const std::size_t wanted = settings.servers.value_or(before > 0 ? before : usual_servers);
  if (wanted < before) {
    throw UsageError(fmt::format("this lab has {} servers: repllab down --purge makes room for a smaller one", before));
  }
  if (!lab.exists()) lab.create(settings.data, settings.persons);
  while (lab.servers().size() < wanted) {
    cli::run_token().check();
    lab.add_server();
  }
  for (const auto& server : std::vector(lab.servers())) lab.start(server.name, cli::run_token());
  lab.write_environment();
  const auto status = show(lab, settings);
  const auto option = settings.directory.empty() ? std::string() : " --dir " + lab.directory().string();
  say(fmt::format("eval \"$(repllab shell{})\" tells a shell where they are", option));
  return status;
}

ExitStatus repllab_status(const RepllabSettings& settings) {
  return show(existing_lab(settings), settings);
}

ExitStatus repllab_shell(const RepllabSettings& settings) {
  const Lab lab = existing_lab(settings);
  if (settings.command.empty()) {
    std::string text;
    for (const auto& [name, value] : lab.environment(true))
      text += "export " + lab::shell_assignment(name, value) + '\n';
    cli::print_out(text);
    return ExitStatus::done;
  }
  for (const auto& [name, value] : lab.environment(true)) setenv(name.c_str(), value.c_str(), 1);
  std::vector<char*> words;
  for (const auto& word : settings.command) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  execvp(words.front(), words.data());
  throw LocalError(fmt::format("{}: {}", settings.command.front(), last_error_text()));
}

ExitStatus repllab_break(const RepllabSettings& settings) {
  Lab lab = existing_lab(settings);
  lab.lock();
  if (lab.servers().empty()) throw LocalError("this lab has no servers yet: repllab up");
  const std::string name = settings.server.empty() ? lab.servers().back().name : lab.server(settings.server).name;
  auto& token = cli::run_token();
  switch (settings.kind) {
    case BreakKind::stop:
      lab.stop(name, token);
      break;
    case BreakKind::kill:
      lab.kill(name, token);
      break;
    case BreakKind::start:
      lab.start(name, token);
      lab.write_environment();
      break;
    case BreakKind::cut:
      lab.cut(name);
      break;
    case BreakKind::divergence:
      show(name, lab.damage(
                     name, [&](auto& entries) { return lab::diverge(entries, settings.each.value_or(1)); }, token));
      break;
    case BreakKind::lingering: {
      const auto since = system_clock().now() - away;
      const auto fill = [&](auto& entries) { return lab::linger(entries, settings.each.value_or(10), since); };
      show(name, lab.damage(name, fill, token));
      break;
    }
    case BreakKind::none:
      break;
  }
  return ExitStatus::done;
}

ExitStatus repllab_down(const RepllabSettings& settings) {
  Lab lab = open_lab(settings);
  if (!lab.exists() && !settings.purge) return ExitStatus::done;
  if (!std::filesystem::exists(lab.directory())) return ExitStatus::done;
  lab.lock();
  for (const auto& server : lab.servers()) lab.stop(server.name, cli::run_token());
  if (settings.purge) lab.remove();
  return ExitStatus::done;
}

}  // namespace replkit::tools
