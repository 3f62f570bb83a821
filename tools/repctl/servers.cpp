#include "tools/repctl/servers.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <nlohmann/json.hpp>
#include <thread>

#include "common/base/text.hpp"
#include "common/cli/program.hpp"
#include "common/cli/sources.hpp"
#include "common/ldap/defaults.hpp"
#include "common/model/dn.hpp"

namespace replkit::tools::repctl {

namespace {

void refuse_twice(const std::vector<Server>& servers) {
  for (std::size_t i = 0; i < servers.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      if (servers[i].uri == servers[j].uri) {
        throw UsageError(fmt::format("{} is named twice", printable(servers[i].uri)));
      }
    }
  }
}

constexpr std::string_view no_answer_yet = "no answer yet";

// Throws Cancelled when the run is to end, naming whom it waited for.
void check_run(const std::vector<Server>& servers) {
  try {
    cli::run_token().check();
  } catch (const Cancelled& cancelled) {
    std::vector<std::string> names;
    for (const auto& server : servers) {
      if (server.problem && server.problem->text == no_answer_yet) names.push_back(server.name);
    }
    if (names.empty()) throw;
    throw Cancelled(fmt::format("{}: {} from {}", cancelled.what(), no_answer_yet, fmt::join(names, ", ")));
  }
}

void run_one(Server& server, const std::function<void(Server&)>& work) {
  try {
    work(server);
  } catch (const Cancelled&) {
    server.problem = {ExitStatus::undecided, std::string(no_answer_yet)};
  } catch (const Error& error) {
    server.problem = {error.status(), error.what()};
  } catch (const std::exception& error) {
    server.problem = {ExitStatus::bug, fmt::format("{}: this is a bug: {}", server.name, error.what())};
  }
}

}  // namespace

std::vector<Server> open_servers(RepctlSettings& settings, const std::vector<std::string>& first) {
  return open_servers(settings.connection, "repctl", first);
}

std::vector<Server> open_servers(const cli::ConnectionSettings& settings, const std::string& program,
                                 const std::vector<std::string>& first) {
  auto& token = cli::run_token();
  if (settings.run_timeout) token.set_deadline(std::chrono::steady_clock::now() + *settings.run_timeout);
  auto connection = settings;
  connection.sources.insert(connection.sources.begin(), first.begin(), first.end());
  if (!first.empty() && settings.sources.empty()) {
    for (auto& uri : ldap::default_uris()) connection.sources.push_back(std::move(uri));
  }
  std::vector<Server> servers;
  for (auto& source : cli::resolve_sources(connection, cli::SourceKinds::servers, token)) {
    Server& server = servers.emplace_back();
    server.name = source.name;
    server.options = std::move(*source.server);
    server.uri = server.options.uri;
  }
  refuse_twice(servers);
  for_each_server(servers, [&](Server& server) {
    server.connection = ldap::Connection::open(server.options, token);
    server.facts = tasks::read_server(*server.connection, server.name);
  });
  for (const auto& server : servers) {
    if (!server.connection) continue;
    for (const auto& warning : server.connection->warnings()) {
      fmt::print(stderr, "{}: {}\n", program, printable(warning));
    }
  }
  return servers;
}

void for_each_server(std::vector<Server>& servers, const std::function<void(Server&)>& work) {
  std::vector<std::thread> threads;
  for (auto& server : servers) {
    if (server.problem) continue;
    threads.emplace_back([&server, &work] { run_one(server, work); });
  }
  for (auto& thread : threads) thread.join();
  check_run(servers);
  // Wrong arguments are wrong everywhere: said once.
  for (const auto& server : servers) {
    if (server.problem && server.problem->status == ExitStatus::usage) throw UsageError(server.problem->text);
  }
}

std::string area_of(const RepctlSettings& settings) {
  auto area = settings.area.empty() ? ldap::default_base() : settings.area;
  if (area.empty()) throw UsageError("which area of replication? Give its top entry with -b");
  try {
    if (model::Dn::parse(area).empty()) throw UsageError("-b: the root DSE is no area of replication");
  } catch (const ParseError& error) {
    throw UsageError(fmt::format("-b \"{}\": {}", printable(area), error.what()));
  }
  return area;
}

ExitStatus status_of(const std::vector<Server>& servers) {
  auto status = ExitStatus::done;
  std::size_t bad = 0;
  for (const auto& server : servers) {
    if (!server.problem) continue;
    ++bad;
    status = worse(status, server.problem->status);
  }
  return bad == 0 || bad == servers.size()
             ? status
             : worse(ExitStatus::undecided, status == ExitStatus::bug ? status : ExitStatus::done);
}

nlohmann::json problems_json(const std::vector<Server>& servers) {
  auto out = nlohmann::json::array();
  for (const auto& server : servers) {
    if (!server.problem) continue;
    out.push_back({{"server", server.name},
                   {"status", static_cast<int>(server.problem->status)},
                   {"text", server.problem->text}});
  }
  return out;
}

void tell_problems(const std::vector<Server>& servers, const std::string& program) {
  for (const auto& server : servers) {
    if (server.problem) fmt::print(stderr, "{}: {}\n", program, printable(server.problem->text));
  }
}

}  // namespace replkit::tools::repctl
