// repctl replica: list, create, delete, set-type, set-filter, set-uri, suspend, resume.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <nlohmann/json.hpp>

#include "common/base/text.hpp"
#include "common/cli/output.hpp"
#include "common/cli/table.hpp"
#include "common/tasks/names.hpp"
#include "common/tasks/vectors.hpp"
#include "tools/repctl/change.hpp"
#include "tools/repctl/view.hpp"

namespace replkit::tools {

namespace {

using repctl::Server;
namespace name = tasks::name;

tasks::WriteOptions write_options(const RepctlSettings& settings) {
  return {.write_unwriteable = settings.write_unwriteable};
}

std::string joined(const std::vector<std::string>& values) {
  return values.empty() ? "-" : fmt::format("{}", fmt::join(values, " "));
}

// The base of the part of the area, when there is no such entry. What cannot be one is told later.
std::vector<std::string> missing_base(Server& server, const tasks::AreaFacts& area, const std::string& part) {
  try {
    const auto base = tasks::base_of_part(area, part);
    if (base.empty()) return {};
    return tasks::missing_entries(*server.connection, {base});
  } catch (const ParseError&) {
    return {};
  }
}

}  // namespace

ExitStatus replica_list(RepctlSettings& settings) {
  const auto read = repctl::read_areas(settings);
  if (settings.json) {
    repctl::print_areas_json("replica list", read);
  } else {
    cli::Table table({{"Server"},
                      {"Replica"},
                      {"Type"},
                      {"Online"},
                      {.title = "URI", .wraps = true},
                      {.title = "Holds", .wraps = true}});
    for (const auto& [server, area] : read.rows) {
      const auto* own = tasks::own_replica(server->facts, area);
      for (const auto& replica : area.replicas) {
        table.add_row({server->name, replica.id + (&replica == own ? " (own)" : ""),
                       tasks::type_text(tasks::first_of(replica.entry, name::replica_type)),
                       repctl::online_text(replica.entry), joined(tasks::values_of(replica.entry, name::replica_uri)),
                       repctl::filter_text(replica.entry)});
      }
    }
    cli::print_out(table.text());
  }
  return repctl::finish(settings, read);
}

ExitStatus replica_create(RepctlSettings& settings) {
  auto& replica = settings.new_replica;
  replica.id = settings.replica;
  replica.type = settings.type.value_or(tasks::ReplicaType::updateable);
  replica.exclude = settings.exclude;
  replica.include = settings.include;
  return repctl::change_area(
      settings, "replica create",
      [&](Server& server, const auto& area) {
        return tasks::create_replica(server.facts, area, replica, write_options(settings),
                                     missing_base(server, area, replica.subtree_specification));
      },
      // On several servers it must be one entry, and not several of the same name.
      [&](const repctl::Group& group) {
        replica.uuid = group.common_uuid(settings.uuid, "replica " + tasks::check_replica_id(replica.id),
                                         [&](const tasks::AreaFacts& area) {
                                           const auto* there = area.find(replica.id);
                                           return there == nullptr ? nullptr : &there->entry;
                                         });
      });
}

ExitStatus replica_delete(RepctlSettings& settings) {
  const auto id = tasks::check_replica_id(settings.replica);
  std::optional<ldup::Csn> unsent;
  return repctl::change_area(
      settings, "replica delete",
      [&](Server& server, const auto& area) {
        auto plan = tasks::delete_replica(server.facts, area, settings.replica, write_options(settings));
        if (unsent && !plan.empty()) {
          plan.notes.push_back({server.facts.name,
                                fmt::format("no other replica that is known has the changes of {0} up to {1}: they are "
                                            "lost unless they are sent before; repctl vector show tells",
                                            id, unsent->ldup_text())});
        }
        return plan;
      },
      [&](const repctl::Group& group) {
        std::vector<tasks::ToldVector> told;
        for (std::size_t i = 0; i < group.servers.size(); ++i) {
          for (auto& each : tasks::vectors_of(group.servers[i], group.areas[i])) told.push_back(std::move(each));
        }
        unsent = tasks::unsent_of(told, id);
      });
}

ExitStatus replica_set_type(RepctlSettings& settings) {
  return repctl::change_area(settings, "replica set-type", [&](Server& server, const auto& area) {
    return tasks::set_replica_type(server.facts, area, settings.replica, settings.type.value(),
                                   write_options(settings));
  });
}

ExitStatus replica_set_filter(RepctlSettings& settings) {
  const bool any = settings.exclude || settings.include;
  if (any == settings.full) throw UsageError("either --full, or --exclude and --include or one of them");
  return repctl::change_area(settings, "replica set-filter", [&](Server& server, const auto& area) {
    return tasks::set_replica_filter(server.facts, area, settings.replica, settings.exclude, settings.include,
                                     write_options(settings));
  });
}

ExitStatus replica_set_uri(RepctlSettings& settings) {
  return repctl::change_area(settings, "replica set-uri", [&](Server& server, const auto& area) {
    return tasks::set_replica_uri(server.facts, area, settings.replica, settings.uri, write_options(settings));
  });
}

ExitStatus replica_suspend(RepctlSettings& settings) {
  return repctl::change_area(settings, "replica suspend", [&](Server& server, const auto& area) {
    return tasks::set_replica_online(server.facts, area, settings.replica, false, write_options(settings));
  });
}

ExitStatus replica_resume(RepctlSettings& settings) {
  return repctl::change_area(settings, "replica resume", [&](Server& server, const auto& area) {
    return tasks::set_replica_online(server.facts, area, settings.replica, true, write_options(settings));
  });
}

}  // namespace replkit::tools
