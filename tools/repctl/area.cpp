// repctl area: list, add, delete, copy-base.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "common/base/text.hpp"
#include "common/cli/output.hpp"
#include "common/cli/table.hpp"
#include "common/tasks/names.hpp"
#include "common/tasks/nested_areas.hpp"
#include "tools/repctl/change.hpp"
#include "tools/repctl/servers.hpp"

namespace replkit::tools {

namespace {

using repctl::Server;

struct AreaRow {
  std::string dn;
  std::string own;     // the server's own replica; empty: none, or it does not tell
  std::string type;    // of that
  std::string online;  // "yes", "no"
  std::vector<std::string> replicas;
  std::size_t agreements = 0;
};

AreaRow row_of(const tasks::ServerFacts& server, const tasks::AreaFacts& area) {
  AreaRow row;
  row.dn = area.dn;
  for (const auto& replica : area.replicas) {
    row.replicas.push_back(replica.id);
    row.agreements += replica.agreements().size();
  }
  if (const auto* own = tasks::own_replica(server, area)) {
    row.own = own->id;
    row.type = tasks::type_text(tasks::first_of(own->entry, tasks::name::replica_type));
    row.online = equals_ignore_case(tasks::first_of(own->entry, tasks::name::replica_online), "TRUE") ? "yes" : "no";
  }
  return row;
}

nlohmann::json json_of(const Server& server, const std::vector<AreaRow>& rows) {
  nlohmann::json out = {{"server", server.name}, {"uri", server.uri}};
  if (server.problem) {
    out["problem"] = server.problem->text;
    out["status"] = static_cast<int>(server.problem->status);
    return out;
  }
  out["areas"] = nlohmann::json::array();
  for (const auto& row : rows) {
    nlohmann::json area = {{"dn", cli::json_text(row.dn)}, {"replicas", row.replicas}, {"agreements", row.agreements}};
    area["own_replica"] = row.own.empty() ? nlohmann::json() : nlohmann::json(row.own);
    if (!row.own.empty()) {
      area["type"] = row.type;
      area["online"] = row.online == "yes";
    }
    out["areas"].push_back(std::move(area));
  }
  return out;
}

void print_table(const std::vector<Server>& servers, const std::vector<std::vector<AreaRow>>& rows) {
  using Align = cli::Table::Align;
  cli::Table table({{"Server"},
                    {"Area"},
                    {"Own replica"},
                    {"Type"},
                    {"Online"},
                    {"Replicas", Align::right},
                    {"Agreements", Align::right}});
  for (std::size_t i = 0; i < servers.size(); ++i) {
    if (servers[i].problem) {
      table.add_row({servers[i].name, "unknown"});
    } else if (rows[i].empty()) {
      table.add_row({servers[i].name, "none"});
    }
    for (const auto& row : rows[i]) {
      table.add_row({servers[i].name, row.dn, row.own.empty() ? "-" : row.own, row.own.empty() ? "-" : row.type,
                     row.own.empty() ? "-" : row.online, std::to_string(row.replicas.size()),
                     std::to_string(row.agreements)});
    }
  }
  cli::print_out(table.text());
}

}  // namespace

ExitStatus area_list(RepctlSettings& settings) {
  auto servers = repctl::open_servers(settings);
  std::vector<std::vector<AreaRow>> rows(servers.size());
  repctl::for_each_server(servers, [&](Server& server) {
    tasks::require_ldup(server.facts, "area of replication");
    auto& found = rows[static_cast<std::size_t>(&server - servers.data())];
    for (const auto& dn : tasks::read_area_dns(*server.connection, server.facts)) {
      found.push_back(row_of(server.facts, tasks::read_area(*server.connection, server.facts, dn)));
    }
    if (found.empty()) tasks::require_sight(*server.connection, server.facts, "an area of replication");
  });
  if (settings.json) {
    auto list = nlohmann::json::array();
    for (std::size_t i = 0; i < servers.size(); ++i) list.push_back(json_of(servers[i], rows[i]));
    cli::print_out(cli::to_json({{"schema", "repctl/1"}, {"command", "area list"}, {"servers", list}}, 2) + '\n');
  } else {
    print_table(servers, rows);
  }
  cli::flush_out();
  if (!settings.json) repctl::tell_problems(servers);
  return repctl::status_of(servers);
}

ExitStatus area_add(RepctlSettings& settings) {
  std::vector<tasks::Remark> remarks;
  std::vector<std::string> named;
  const auto prepare = [&](const repctl::Group& group) {
    // Added on each they would be several entries of one name.
    if (settings.create && group.servers.size() > 1) {
      throw UsageError("--create is for one server: repctl area copy-base takes the entry to the others");
    }
    remarks = tasks::uuid_remarks(group.servers, group.areas);
    for (const auto& server : group.servers) {
      named.insert(named.end(), server.replica_subentries.begin(), server.replica_subentries.end());
    }
  };
  return repctl::change_area(
      settings, "area add",
      [&](Server& server, const auto& area) {
        auto plan = tasks::add_area(server.facts, area, settings.create);
        for (const auto& remark : remarks) {
          if (remark.server == server.name) plan.notes.push_back(remark);
        }
        if (plan.empty()) return plan;
        const auto areas = tasks::read_area_dns(*server.connection, server.facts);
        if (const auto enclosing = tasks::enclosing_area(areas, area.dn); !enclosing.empty()) {
          tasks::note_inner_area(server.facts, area.dn, tasks::read_area(*server.connection, server.facts, enclosing),
                                 named, plan);
        }
        return plan;
      },
      prepare);
}

ExitStatus area_delete(RepctlSettings& settings) {
  if (!settings.delete_area.replica.empty()) {
    settings.delete_area.replica = tasks::check_replica_id(settings.delete_area.replica);
  }
  return repctl::change_area(settings, "area delete", [&](Server& server, const auto& area) {
    return tasks::delete_area(server.facts, area, settings.delete_area);
  });
}

ExitStatus area_copy_base(RepctlSettings& settings) {
  const auto dn = repctl::area_of(settings);
  auto servers = repctl::open_servers(settings, {settings.source});
  if (servers.size() < 2) throw UsageError("where is it to be copied to? Name the server with -H");
  Server source = std::move(servers.front());
  servers.erase(servers.begin());
  if (source.problem) throw Error(source.problem->status, source.problem->text);
  tasks::require_ldup(source.facts, "area of replication");
  const auto area = tasks::read_area(*source.connection, source.facts, dn);
  return repctl::change_servers(settings, "area copy-base", servers, [&](Server& target) {
    tasks::require_ldup(target.facts, "area of replication");
    return tasks::copy_base(source.facts, area, target.facts, tasks::read_area(*target.connection, target.facts, dn));
  });
}

}  // namespace replkit::tools
