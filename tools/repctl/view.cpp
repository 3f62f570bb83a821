#include "tools/repctl/view.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "common/base/text.hpp"
#include "common/base/time.hpp"
#include "common/cli/output.hpp"
#include "common/ldap/defaults.hpp"
#include "common/ldup/agreement.hpp"
#include "common/tasks/agreement_atoms.hpp"
#include "common/tasks/names.hpp"

namespace replkit::tools::repctl {

namespace {

namespace name = tasks::name;

nlohmann::json text_or_null(const std::string& text) {
  return text.empty() ? nlohmann::json() : cli::json_text(text);
}

nlohmann::json list_of(const std::vector<std::string>& values) {
  auto out = nlohmann::json::array();
  for (const auto& value : values) out.push_back(cli::json_text(value));
  return out;
}

nlohmann::json consumer_id(const tasks::AreaFacts& area, const model::Entry& agreement) {
  const auto text = consumer_text(area, agreement);
  return text == "-" ? nlohmann::json() : cli::json_text(text);
}

nlohmann::json json_of(const tasks::AreaFacts& area, const model::Entry& agreement) {
  const auto mechanism = tasks::first_of(agreement, name::mechanism);
  return {{"name", cli::json_text(tasks::cn_of(agreement.dn))},
          {"dn", cli::json_text(agreement.dn)},
          {"entry_uuid", text_or_null(std::string(agreement.first("entryUUID")))},
          {"consumer", consumer_id(area, agreement)},
          {"consumer_dn", text_or_null(tasks::first_of(agreement, name::replica_dn))},
          {"mechanism", mechanism.empty() ? "incremental" : tasks::mechanism_text(mechanism)},
          {"credentials_dn", text_or_null(tasks::first_of(agreement, name::credentials_dn))},
          {"schedule_dn", text_or_null(tasks::first_of(agreement, name::schedule_dn))},
          {"exclude", text_or_null(tasks::first_of(agreement, name::exclusion_filter))},
          {"status", text_or_null(tasks::first_of(agreement, name::replication_status))}};
}

nlohmann::json json_of(const tasks::AreaFacts& area, const tasks::Replica& replica, bool own) {
  const auto& entry = replica.entry;
  auto agreements = nlohmann::json::array();
  for (const auto* agreement : replica.agreements()) agreements.push_back(json_of(area, *agreement));
  return {{"id", cli::json_text(replica.id)},
          {"dn", cli::json_text(entry.dn)},
          {"entry_uuid", text_or_null(std::string(entry.first("entryUUID")))},
          {"own", own},
          {"type", tasks::type_text(tasks::first_of(entry, name::replica_type))},
          {"online", equals_ignore_case(tasks::first_of(entry, name::replica_online), "TRUE")},
          {"uris", list_of(tasks::values_of(entry, name::replica_uri))},
          {"secondary_uris", list_of(tasks::values_of(entry, name::replica_secondary_uri))},
          {"exclude", text_or_null(tasks::first_of(entry, name::exclusion_filter))},
          {"include", text_or_null(tasks::first_of(entry, name::inclusion_filter))},
          {"update_vector", list_of(tasks::values_of(entry, name::update_vector))},
          {"agreements", agreements}};
}

nlohmann::json json_of(const Server& server, const tasks::AreaFacts& area) {
  const auto* own = tasks::own_replica(server.facts, area);
  auto replicas = nlohmann::json::array();
  for (const auto& replica : area.replicas) replicas.push_back(json_of(area, replica, &replica == own));
  return {{"dn", cli::json_text(area.dn)}, {"replicas", replicas}};
}

}  // namespace

ReadAreas read_areas(RepctlSettings& settings, bool all) {
  const bool one = !all || !settings.area.empty();
  const auto dn = one ? area_of(settings) : std::string();
  ReadAreas read;
  read.servers = open_servers(settings);
  std::vector<std::vector<tasks::AreaFacts>> areas(read.servers.size());
  for_each_server(read.servers, [&](Server& server) {
    tasks::require_ldup(server.facts, "area of replication");
    auto& found = areas[static_cast<std::size_t>(&server - read.servers.data())];
    auto dns = one ? std::vector{dn} : tasks::read_area_dns(*server.connection, server.facts);
    if (!one) {
      for (auto& stray : tasks::read_stray_area_dns(*server.connection, server.facts, dns)) dns.push_back(stray);
      if (dns.empty()) tasks::require_sight(*server.connection, server.facts, "an area of replication");
    }
    for (const auto& each : dns) {
      auto area = tasks::read_area(*server.connection, server.facts, each);
      if (one && (!all || area.replicas.empty())) tasks::require_area(server.facts, area);
      found.push_back(std::move(area));
    }
  });
  for (std::size_t i = 0; i < read.servers.size(); ++i) {
    for (auto& area : areas[i]) read.rows.emplace_back(&read.servers[i], std::move(area));
  }
  return read;
}

void print_areas_json(const std::string& command, const ReadAreas& read, const nlohmann::json& more) {
  auto servers = nlohmann::json::array();
  for (const auto& server : read.servers) {
    nlohmann::json out = {{"server", server.name}, {"uri", server.uri}};
    if (server.problem) {
      out["problem"] = server.problem->text;
      out["status"] = static_cast<int>(server.problem->status);
    } else {
      out["areas"] = nlohmann::json::array();
      for (const auto& [of, area] : read.rows) {
        if (of == &server) out["areas"].push_back(json_of(server, area));
      }
    }
    servers.push_back(std::move(out));
  }
  nlohmann::json out = {{"schema", "repctl/1"}, {"command", command}, {"servers", servers}};
  if (more.is_object()) out.update(more);
  cli::print_out(cli::to_json(out, 2) + '\n');
}

ExitStatus finish(const RepctlSettings& settings, const ReadAreas& read) {
  cli::flush_out();
  if (!settings.json) tell_problems(read.servers);
  return status_of(read.servers);
}

std::string online_text(const model::Entry& replica) {
  const auto online = tasks::first_of(replica, name::replica_online);
  if (online.empty()) return "-";
  return equals_ignore_case(online, "TRUE") ? "yes" : "no";
}

std::string filter_text(const model::Entry& replica) {
  const auto included = tasks::first_of(replica, name::inclusion_filter);
  const auto excluded = tasks::first_of(replica, name::exclusion_filter);
  const auto base = included.empty() || included == "*" ? "all" : included;
  return excluded.empty() ? base : base + " but " + excluded;
}

std::string consumer_text(const tasks::AreaFacts& area, const model::Entry& agreement) {
  const auto dn = tasks::first_of(agreement, name::replica_dn);
  if (dn.empty()) return "-";
  for (const auto& replica : area.replicas) {
    if (tasks::same_dn(replica.entry.dn, dn)) return replica.id;
  }
  return dn;
}

std::string session_text(const std::string& status, bool reason) {
  using Status = ldup::ReplicationStatus;
  const auto parsed = Status::parse(status);
  if (!parsed.time || parsed.outcome == Status::Outcome::unknown) return status.empty() ? "-" : status;
  const auto time = format_utc(*parsed.time);
  if (parsed.outcome == Status::Outcome::success) return time + " success";
  return time + (reason ? " failure: " + parsed.reason : " failure");
}

}  // namespace replkit::tools::repctl
