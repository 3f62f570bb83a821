// repctl credentials: add, modify, show, delete.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstdio>
#include <nlohmann/json.hpp>

#include "common/base/text.hpp"
#include "common/cli/inventory.hpp"
#include "common/cli/output.hpp"
#include "common/cli/program.hpp"
#include "common/cli/prompt.hpp"
#include "common/cli/table.hpp"
#include "common/ldup/agreement.hpp"
#include "common/model/ldap_url.hpp"
#include "common/tasks/credential_atoms.hpp"
#include "common/tasks/names.hpp"
#include "tools/repctl/change.hpp"

namespace replkit::tools {

namespace {

using repctl::Server;

Secret ask_password() {
  if (!cli::can_prompt()) {
    throw UsageError("which password do replicas bind with? Name a file that has it with --password-file");
  }
  auto& token = cli::run_token();
  auto password = cli::prompt_password("Password that replicas bind with: ", token);
  if (cli::prompt_password("Again: ", token).reveal() != password.reveal()) {
    throw UsageError("these were two different passwords");
  }
  return password;
}

// A dry run shows no password, and so needs none.
void take_password(RepctlSettings& settings, bool ask) {
  auto& credentials = settings.credentials;
  if (!credentials.password_file.empty()) {
    credentials.values.password = cli::read_password(credentials.password_file);
    if (credentials.values.password->empty()) {
      throw UsageError(fmt::format("{}: there is no password in it", printable(credentials.password_file)));
    }
  } else if (ask) {
    credentials.values.password = settings.dry_run ? Secret("(not asked)") : ask_password();
  }
}

bool is_this_machine(const std::string& uri) {
  try {
    const auto host = model::LdapUrl::parse(uri).host;
    return host == "localhost" || host == "::1" || host.starts_with("127.");
  } catch (const ParseError&) {
    return false;
  }
}

void note_connection(const Server& server, tasks::Plan& plan) {
  if (plan.empty() || server.connection->is_protected() || is_this_machine(server.uri)) return;
  plan.notes.push_back({server.name, "the password is sent to this server without TLS: -ZZ protects it"});
}

std::optional<model::Entry> read_entry(Server& server, const std::string& dn) {
  tasks::require_ldup(server.facts, "credentials entry");
  return server.connection->read(dn, {"*", "entryUUID"});
}

std::string parent_of(const std::string& dn) {
  return model::Dn::parse(dn).parent().text();
}

// What is shown of an entry.
struct Row {
  std::string dn;
  ldup::Credentials credentials;
  std::vector<std::string> users;  // DNs of agreements
  ldup::Findings findings;
};

std::vector<Row> read_rows(Server& server, const std::string& wanted) {
  tasks::require_ldup(server.facts, "credentials entry");
  std::vector<model::Entry> entries;
  if (wanted.empty()) {
    entries = tasks::read_credentials(*server.connection);
  } else if (auto entry = read_entry(server, wanted)) {
    entries.push_back(std::move(*entry));
  } else {
    throw tasks::Precondition(fmt::format("{}: there is no entry {}, or we may not see it", server.name, wanted));
  }
  const auto agreements = tasks::read_agreements(*server.connection, server.facts);
  std::vector<Row> rows;
  for (const auto& entry : entries) {
    auto& row = rows.emplace_back();
    row.dn = entry.dn;
    row.credentials = ldup::Credentials::read(entry, false, row.findings);
    for (const auto& user : tasks::users_of(agreements, tasks::name::credentials_dn, entry.dn)) {
      row.users.push_back(user.dn);
    }
  }
  return rows;
}

nlohmann::json json_of(const Row& row) {
  auto users = nlohmann::json::array();
  for (const auto& user : row.users) users.push_back(cli::json_text(user));
  auto findings = nlohmann::json::array();
  for (const auto& finding : row.findings) findings.push_back(ldup::describe(finding));
  const auto& bind_dn = row.credentials.bind_dn;
  return {{"dn", cli::json_text(row.dn)},
          {"bind_dn", bind_dn.empty() ? nlohmann::json() : cli::json_text(bind_dn)},
          {"mechanism", row.credentials.mechanism},
          {"start_tls", row.credentials.start_tls},
          {"agreements", users},
          {"findings", findings}};
}

void print_rows(const std::vector<Server>& servers, const std::vector<std::vector<Row>>& rows) {
  cli::Table table(
      {{"Server"}, {"Credentials"}, {"Bind as"}, {"Mechanism"}, {"StartTLS"}, {.title = "Used by", .wraps = true}});
  for (std::size_t i = 0; i < servers.size(); ++i) {
    if (servers[i].problem) table.add_row({servers[i].name, "unknown"});
    if (!servers[i].problem && rows[i].empty()) table.add_row({servers[i].name, "none"});
    for (const auto& row : rows[i]) {
      const auto& credentials = row.credentials;
      table.add_row({servers[i].name, tasks::credentials_name(row.dn),
                     credentials.bind_dn.empty() ? "-" : credentials.bind_dn, credentials.mechanism,
                     credentials.start_tls ? "yes" : "no",
                     row.users.empty() ? "-" : fmt::format("{}", fmt::join(row.users, " "))});
    }
  }
  cli::print_out(table.text());
}

}  // namespace

ExitStatus credentials_add(RepctlSettings& settings) {
  const auto dn = tasks::credentials_dn(settings.credentials.name);
  take_password(settings, tasks::wants_password({}, settings.credentials.values));
  return repctl::change_servers(settings, "credentials add", [&](Server& server) {
    const auto present = read_entry(server, dn);
    const bool superior = present || server.connection->read(parent_of(dn), {"1.1"});
    auto plan = tasks::add_credentials(server.facts, dn, present, superior, settings.credentials.values);
    note_connection(server, plan);
    return plan;
  });
}

ExitStatus credentials_modify(RepctlSettings& settings) {
  const auto dn = tasks::credentials_dn(settings.credentials.name);
  take_password(settings, settings.credentials.ask_password);
  const auto& v = settings.credentials.values;
  if (!v.bind_dn && !v.password && !v.mechanism && !v.start_tls && !v.description) {
    throw UsageError("what is to be changed?");
  }
  return repctl::change_servers(settings, "credentials modify", [&](Server& server) {
    auto plan = tasks::modify_credentials(server.facts, dn, read_entry(server, dn), v);
    if (v.password) note_connection(server, plan);
    return plan;
  });
}

ExitStatus credentials_delete(RepctlSettings& settings) {
  const auto dn = tasks::credentials_dn(settings.credentials.name);
  return repctl::change_servers(settings, "credentials delete", [&](Server& server) {
    const auto present = read_entry(server, dn);
    const auto agreements =
        present ? tasks::read_agreements(*server.connection, server.facts) : std::vector<model::Entry>();
    return tasks::delete_credentials(server.facts, dn, present,
                                     tasks::users_of(agreements, tasks::name::credentials_dn, dn));
  });
}

ExitStatus credentials_show(RepctlSettings& settings) {
  const auto wanted =
      settings.credentials.name.empty() ? std::string() : tasks::credentials_dn(settings.credentials.name);
  auto servers = repctl::open_servers(settings);
  std::vector<std::vector<Row>> rows(servers.size());
  repctl::for_each_server(servers, [&](Server& server) {
    auto& found = rows[static_cast<std::size_t>(&server - servers.data())];
    found = read_rows(server, wanted);
    if (found.empty()) tasks::require_somebody(server.facts, "credentials");
  });
  if (settings.json) {
    auto list = nlohmann::json::array();
    for (std::size_t i = 0; i < servers.size(); ++i) {
      nlohmann::json out = {{"server", servers[i].name}, {"uri", servers[i].uri}};
      if (servers[i].problem) {
        out["problem"] = servers[i].problem->text;
        out["status"] = static_cast<int>(servers[i].problem->status);
      } else {
        out["credentials"] = nlohmann::json::array();
        for (const auto& row : rows[i]) out["credentials"].push_back(json_of(row));
      }
      list.push_back(std::move(out));
    }
    cli::print_out(cli::to_json({{"schema", "repctl/1"}, {"command", "credentials show"}, {"servers", list}}, 2) +
                   '\n');
    return repctl::status_of(servers);
  }
  print_rows(servers, rows);
  cli::flush_out();
  for (std::size_t i = 0; i < servers.size(); ++i) {
    for (const auto& row : rows[i]) {
      for (const auto& finding : row.findings) {
        fmt::print(stderr, "repctl: {}: {}\n", printable(servers[i].name), printable(ldup::describe(finding)));
      }
    }
  }
  repctl::tell_problems(servers);
  return repctl::status_of(servers);
}

}  // namespace replkit::tools
