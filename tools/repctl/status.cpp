// repctl status: what each server says of its areas (draft-ietf-ldup-mrm-02 4.9, 4.10).
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "common/base/text.hpp"
#include "common/cli/output.hpp"
#include "common/tasks/agreement_atoms.hpp"
#include "common/tasks/names.hpp"
#include "tools/repctl/view.hpp"

namespace replkit::tools {

namespace {

namespace name = tasks::name;

std::string indented(const std::string& table) {
  std::string out;
  for (const auto line : split(table, '\n')) {
    if (!line.empty()) out += "  " + std::string(line) + '\n';
  }
  return out;
}

void print_area(const repctl::Server& server, const tasks::AreaFacts& area) {
  const auto* own = tasks::own_replica(server.facts, area);
  const auto heading = own == nullptr ? std::string("no replica of its own")
                                      : fmt::format("its replica {}, {}, {}", own->id,
                                                    tasks::type_text(tasks::first_of(own->entry, name::replica_type)),
                                                    repctl::online_text(own->entry) == "yes" ? "online" : "suspended");
  cli::print_out(fmt::format("{} on {}: {}\n", printable(area.dn), printable(server.name), printable(heading)));
  cli::Table replicas({{"Replica"}, {"Type"}, {"Online"}, {"URI"}, {"Update vector"}});
  cli::Table agreements({{"From"}, {"To"}, {"Agreement"}, {"Mechanism"}, {"Last session"}});
  bool any = false;
  for (const auto& replica : area.replicas) {
    const auto vector = tasks::values_of(replica.entry, name::update_vector);
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
                          mechanism.empty() ? "incremental" : mechanism, last.empty() ? "-" : last});
    }
  }
  if (!area.replicas.empty()) cli::print_out(indented(replicas.text()));
  if (any) cli::print_out(indented(agreements.text()));
}

}  // namespace

ExitStatus show_status(RepctlSettings& settings) {
  const auto read = repctl::read_areas(settings, true);
  if (settings.json) {
    repctl::print_areas_json("status", read);
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
  }
  return repctl::finish(settings, read);
}

}  // namespace replkit::tools
