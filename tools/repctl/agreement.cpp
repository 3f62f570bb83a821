// repctl agreement: list, add, delete, modify.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "common/base/text.hpp"
#include "common/cli/output.hpp"
#include "common/cli/table.hpp"
#include "common/tasks/names.hpp"
#include "tools/repctl/change.hpp"
#include "tools/repctl/view.hpp"

namespace replkit::tools {

namespace {

using repctl::Server;
namespace name = tasks::name;

tasks::WriteOptions write_options(const RepctlSettings& settings) {
  return {.write_unwriteable = settings.write_unwriteable};
}

std::vector<std::string> missing_entries(Server& server, const RepctlSettings& settings) {
  return tasks::missing_entries(*server.connection, tasks::named_entries(settings.values));
}

// What the agreement to be added is to be called.
std::string added_name(const tasks::AreaFacts& area, const RepctlSettings& settings) {
  if (!settings.agreement.empty()) return settings.agreement;
  const auto consumer = settings.values.consumer.value_or("");
  const auto* replica = area.find(consumer);
  return tasks::usual_name(area, replica == nullptr ? consumer : replica->entry.dn);
}

// It, where it is there already.
const model::Entry* find_added(const tasks::AreaFacts& area, const RepctlSettings& settings) {
  const auto* supplier = area.find(settings.replica);
  return supplier == nullptr ? nullptr : supplier->find_agreement(added_name(area, settings));
}

std::string uuid_name(const repctl::Group& group, const RepctlSettings& settings) {
  const auto name = group.areas.empty() ? settings.agreement : added_name(group.areas.front(), settings);
  return fmt::format("agreement {} {}", to_lower(settings.replica), to_lower(name));
}

// A name alone is that of an entry of repctl credentials.
void take_credentials(tasks::AgreementValues& values) {
  if (values.credentials && !values.credentials->empty()) {
    values.credentials = tasks::credentials_dn(*values.credentials);
  }
}

std::optional<std::string>* value_named(tasks::AgreementValues& values, const std::string& word) {
  if (word == "consumer") return &values.consumer;
  if (word == "mechanism") return &values.mechanism;
  if (word == "credentials") return &values.credentials;
  if (word == "schedule") return &values.schedule;
  if (word == "exclude") return &values.exclude;
  return &values.description;
}

}  // namespace

ExitStatus agreement_list(RepctlSettings& settings) {
  const auto read = repctl::read_areas(settings);
  if (settings.json) {
    repctl::print_areas_json("agreement list", read);
  } else {
    cli::Table table({{"Server"},
                      {"Supplier"},
                      {"Agreement"},
                      {"Consumer"},
                      {"Mechanism"},
                      {.title = "Last session", .wraps = true}});
    for (const auto& [server, area] : read.rows) {
      for (const auto& replica : area.replicas) {
        for (const auto* agreement : replica.agreements()) {
          const auto mechanism = tasks::mechanism_text(tasks::first_of(*agreement, name::mechanism));
          const auto status = tasks::first_of(*agreement, name::replication_status);
          table.add_row({server->name, replica.id, tasks::cn_of(agreement->dn), repctl::consumer_text(area, *agreement),
                         mechanism.empty() ? "incremental" : mechanism, repctl::session_text(status, true)});
        }
      }
    }
    cli::print_out(table.text());
  }
  return repctl::finish(settings, read);
}

ExitStatus agreement_add(RepctlSettings& settings) {
  take_credentials(settings.values);
  return repctl::change_area(
      settings, "agreement add",
      [&](Server& server, const auto& area) {
        return tasks::add_agreement(server.facts, area, settings.replica, settings.agreement, settings.values,
                                    missing_entries(server, settings), write_options(settings));
      },
      // On several servers it must be one entry, and not several of the same name (mrm 3.7).
      [&](const repctl::Group& group) {
        settings.values.uuid =
            group.common_uuid(settings.uuid, uuid_name(group, settings),
                              [&](const tasks::AreaFacts& area) { return find_added(area, settings); });
      });
}

ExitStatus agreement_delete(RepctlSettings& settings) {
  return repctl::change_area(settings, "agreement delete", [&](Server& server, const auto& area) {
    return tasks::delete_agreement(server.facts, area, settings.replica, settings.agreement, write_options(settings));
  });
}

ExitStatus agreement_modify(RepctlSettings& settings) {
  for (const auto& word : settings.cleared) {
    auto* value = value_named(settings.values, word);
    if (*value) throw UsageError(fmt::format("--{} and --clear {} contradict each other", word, word));
    *value = "";
  }
  take_credentials(settings.values);
  const auto& v = settings.values;
  if (!v.consumer && !v.mechanism && !v.credentials && !v.schedule && !v.exclude && !v.description) {
    throw UsageError("what is to be changed?");
  }
  return repctl::change_area(settings, "agreement modify", [&](Server& server, const auto& area) {
    return tasks::modify_agreement(server.facts, area, settings.replica, settings.agreement, settings.values,
                                   missing_entries(server, settings), write_options(settings));
  });
}

}  // namespace replkit::tools
