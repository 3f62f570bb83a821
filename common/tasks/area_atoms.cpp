#include "common/tasks/area_atoms.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <utility>

#include "common/base/text.hpp"
#include "common/model/dn.hpp"
#include "common/tasks/names.hpp"
#include "common/tasks/steps.hpp"

namespace replkit::tasks {

namespace {

using ldap::ResultCode;

model::Modification context_class_change(model::ModifyKind kind) {
  return {.kind = kind, .description = "objectClass", .values = {std::string(name::context_class)}};
}

// Returns the attributes of a top entry with this DN, which its name alone says. Throws UsageError.
std::vector<model::Attribute> new_top(const std::string& dn) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 5> classes = {
      {{"dc", "domain"}, {"o", "organization"}, {"ou", "organizationalUnit"}, {"l", "locality"}, {"c", "country"}}};
  check_dn("-b", dn);
  const auto parsed = model::Dn::parse(dn);
  for (const auto& [type, object_class] : classes) {
    if (parsed.empty() || parsed.rdns().front().size() != 1) break;
    const auto& ava = parsed.rdns().front().front();
    if (!equals_ignore_case(ava.type, type)) continue;
    return {{"objectClass", {"top", std::string(object_class), std::string(name::context_class)}},
            {std::string(type), {ava.value}}};
  }
  throw UsageError(
      fmt::format("--create makes entries named dc=, o=, ou=, l= or c=: add {} with ldapadd", printable(dn)));
}

std::vector<model::Entry> whole(const Replica& replica) {
  std::vector<model::Entry> out{replica.entry};
  out.insert(out.end(), replica.below.begin(), replica.below.end());
  return out;
}

const Replica* replica_to_remove(const ServerFacts& server, const AreaFacts& area, const DeleteArea& options) {
  if (!options.replica.empty()) return &require_replica(server, area, options.replica);
  return own_replica(server, area);
}

std::vector<std::string> ids_but(const AreaFacts& area, const Replica* left_out) {
  std::vector<std::string> ids;
  for (const auto& replica : area.replicas) {
    if (&replica != left_out) ids.push_back(replica.id);
  }
  return ids;
}

void unmark(const ServerFacts& server, const AreaFacts& area, Plan& plan) {
  auto step = modify_step(server, fmt::format("end the area {} (mrm 3.2)", printable(area.dn)), area.dn,
                          {context_class_change(model::ModifyKind::remove)});
  step.settled = {ResultCode::no_such_attribute};
  plan.steps.push_back(std::move(step));
}

// Whether the server says which areas it has, and so of which replicas it is the server.
bool tells_its_replicas(const ServerFacts& server, const AreaFacts& area) {
  return std::any_of(server.context_roots.begin(), server.context_roots.end(),
                     [&](const auto& dn) { return same_dn(dn, area.dn); });
}

void note_others(const ServerFacts& server, const AreaFacts& area, const std::vector<std::string>& others, Plan& plan) {
  note(server,
       fmt::format("the entries for {} stay on this server, and {} stays marked as an area: --all removes them too",
                   fmt::join(others, ", "), printable(area.dn)),
       plan);
}

std::string uuid_of(const model::Entry& entry) {
  return to_lower(entry.first("entryUUID"));
}

}  // namespace

Plan add_area(const ServerFacts& server, const AreaFacts& area, bool create) {
  require_ldup(server, "area of replication");
  require_visible(server, area);
  if (!area.root && create) {
    Plan plan;
    plan.steps.push_back(add_step(server,
                                  fmt::format("create {} as an area of replication (mrm 3.1)", printable(area.dn)),
                                  area.dn, new_top(area.dn)));
    return plan;
  }
  if (!area.root) {
    throw Precondition(
        fmt::format("{}: there is no entry {} here, or we may not see it: create it (--create does), or take it over "
                    "from a server that has it "
                    "with repctl area copy-base",
                    printable(server.name), printable(area.dn)));
  }
  Plan plan;
  if (area.marked()) {
    skip(server, fmt::format("{} is an area of replication already", printable(area.dn)), plan);
    return plan;
  }
  auto step = modify_step(server, fmt::format("make {} an area of replication (mrm 3.1)", printable(area.dn)), area.dn,
                          {context_class_change(model::ModifyKind::add)});
  step.settled = {ResultCode::attribute_or_value_exists};
  plan.steps.push_back(std::move(step));
  return plan;
}

std::vector<Remark> uuid_remarks(const std::vector<ServerFacts>& servers, const std::vector<AreaFacts>& areas) {
  std::vector<Remark> out;
  std::size_t first = 0;
  while (first < areas.size() && (!areas[first].root || uuid_of(*areas[first].root).empty())) ++first;
  for (std::size_t i = first + 1; i < areas.size(); ++i) {
    if (!areas[i].root) continue;
    const auto uuid = uuid_of(*areas[i].root);
    if (uuid.empty() || uuid == uuid_of(*areas[first].root)) continue;
    out.push_back({servers[i].name,
                   fmt::format("{} has another entryUUID here than on {}: replication would take them for two entries "
                               "(repctl area copy-base gives a server without it the same)",
                               printable(areas[i].dn), printable(servers[first].name))});
  }
  return out;
}

Plan delete_area(const ServerFacts& server, const AreaFacts& area, const DeleteArea& options) {
  require_ldup(server, "area of replication");
  require_visible(server, area);
  Plan plan;
  if (!area.marked() && area.replicas.empty()) {
    skip(server, fmt::format("{} is no area of replication here", printable(area.dn)), plan);
    return plan;
  }
  const auto* own = replica_to_remove(server, area, options);
  const auto others = ids_but(area, own);
  if (own == nullptr && !others.empty() && !options.all && tells_its_replicas(server, area)) {
    skip(server, fmt::format("none of the replicas of {} is this server's own", printable(area.dn)), plan);
    note_others(server, area, others, plan);
    return plan;
  }
  if (own == nullptr && !area.replicas.empty() && !options.all) {
    throw Precondition(
        fmt::format("{}: {} still has the replicas {}, and none of them is this server's own (neither "
                    "replicaSubentries of its root "
                    "DSE nor a replicaURI tells): name it with --replica ID, or remove all from this server with --all",
                    printable(server.name), printable(area.dn), fmt::join(others, ", ")));
  }
  if (own != nullptr) {
    remove_all(server, whole(*own), "mrm 3.2", plan);
    note(server,
         fmt::format(
             "the other servers of the area lose their entry for {0} when they hear of it; where it stays, as it "
             "does when no session follows, remove it with repctl replica delete {0}",
             own->id),
         plan);
  }
  if (!others.empty() && !options.all) {
    note_others(server, area, others, plan);
    return plan;
  }
  for (const auto& replica : area.replicas) {
    if (&replica != own) remove_all(server, whole(replica), "mrm 3.2", plan);
  }
  if (area.marked()) unmark(server, area, plan);
  return plan;
}

Plan copy_base(const ServerFacts& source, const AreaFacts& source_area, const ServerFacts& target,
               const AreaFacts& target_area) {
  require_ldup(source, "area of replication");
  require_ldup(target, "area of replication");
  require_area(source, source_area);
  const auto& root = *source_area.root;
  Plan plan;
  if (target_area.root) {
    const auto theirs = uuid_of(*target_area.root);
    if (theirs == uuid_of(root)) {
      skip(target, fmt::format("{} is here already, with the same entryUUID", printable(root.dn)), plan);
      return plan;
    }
    throw Precondition(fmt::format(
        "{}: {} is here already, but as another entry (entryUUID {} instead of {}): replication would take them for "
        "two. Remove it here, if nothing below it is needed, then run the command again",
        printable(target.name), printable(root.dn), theirs.empty() ? "hidden" : theirs, uuid_of(root)));
  }
  if (uuid_of(root).empty()) {
    throw Precondition(fmt::format("{}: {} shows no entryUUID, which the copy must have: read it as somebody who may",
                                   printable(source.name), printable(root.dn)));
  }
  auto attributes = root.attributes;
  std::erase_if(attributes,
                [](const auto& attribute) { return equals_ignore_case(attribute.description, "entryUUID"); });
  auto step = add_step(target, fmt::format("copy {} from {} (mrm 3.3)", printable(root.dn), source.uri), root.dn,
                       std::move(attributes));
  give_uuid(target, uuid_of(root), step);
  plan.steps.push_back(std::move(step));
  return plan;
}

}  // namespace replkit::tasks
