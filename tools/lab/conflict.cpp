#include "tools/lab/conflict.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "common/base/text.hpp"
#include "common/model/uuid.hpp"
#include "common/tasks/names.hpp"
#include "common/tasks/replica_atoms.hpp"
#include "tools/lab/site.hpp"
#include "tools/lab/step.hpp"

namespace replkit::tools::lab {

namespace {

constexpr std::chrono::seconds patience{60};  // for servers to be in step

// Returns another server of the group that can be reached.
const Server& partner_of(const Lab& lab, const Server& server) {
  for (const Server& other : lab.servers()) {
    if (other.name != server.name && other.member && Lab::running(other) && !Lab::is_cut(other)) return other;
  }
  throw LocalError(fmt::format("there is no other server of the replica group for {} to clash with", server.name));
}

void write(Site& site, const model::ChangeRecord& record) {
  const auto outcome = site.connection.write(record);
  if (!outcome.done()) throw ldap::error_of(outcome, site.facts.name, "changing " + printable(record.dn));
}

void add_unit(Site& site, const std::string& name, const std::string& superior) {
  write(site, {.dn = fmt::format("ou={},{}", name, superior),
               .controls = {},
               .change = model::AddChange{{{"objectClass", {"organizationalUnit"}},
                                           {"ou", {name}},
                                           {"description", {"added on " + site.facts.name}}}}});
}

void remove(Site& site, const std::string& dn) {
  write(site, {.dn = dn, .controls = {}, .change = model::DeleteChange{}});
}

void set_online(Site& site, bool online) {
  site.perform([&](const auto& area) {
    const auto& own = tasks::require_replica(site.facts, area, site.facts.name);
    const bool is = equals_ignore_case(tasks::first_of(own.entry, tasks::name::replica_online), "TRUE");
    if (!online && !is) throw LocalError(site.facts.name + " is suspended: repctl replica resume first");
    return tasks::set_replica_online(site.facts, area, own.id, online);
  });
}

void await(const Lab& lab, const CancelToken& cancel) {
  if (!wait_in_step(lab, patience, cancel)) {
    throw LocalError("not all servers have all changes by now: repllab status tells");
  }
}

}  // namespace

std::vector<Damage> clash(const Lab& lab, const Server& server, std::size_t each, const CancelToken& cancel) {
  Site one(lab, server, cancel);
  Site other(lab, partner_of(lab, server), cancel);
  // Names that no earlier call took.
  const auto mark = model::Uuid::random().text().substr(0, 4);
  const auto twice = [&](std::size_t i) { return fmt::format("clash-{}-{}", mark, i + 1); };
  const auto gone = [&](std::size_t i) { return fmt::format("gone-{}-{}", mark, i + 1); };
  for (std::size_t i = 0; i < each; ++i) add_unit(one, gone(i), lab.base());
  await(lab, cancel);
  set_online(one, false);
  std::vector<Damage> done;
  try {
    for (std::size_t i = 0; i < each; ++i) {
      const auto unit = fmt::format("ou={},{}", gone(i), lab.base());
      add_unit(one, twice(i), lab.base());
      add_unit(other, twice(i), lab.base());
      remove(one, unit);
      add_unit(other, "orphan", unit);
      done.push_back(
          {fmt::format("ou={},{}", twice(i), lab.base()),
           fmt::format("was added here and on {}: both have their entryUUID in the name now", other.facts.name)});
      done.push_back(
          {"ou=orphan," + unit, fmt::format("was added on {} while its superior was deleted here: that is in "
                                            "Lost & Found with it",
                                            other.facts.name)});
    }
  } catch (...) {
    set_online(one, true);
    throw;
  }
  set_online(one, true);
  await(lab, cancel);
  return done;
}

}  // namespace replkit::tools::lab
