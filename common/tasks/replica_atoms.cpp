// Making and removing a replica (draft-ietf-ldup-mrm-02 3.4, 3.5).
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "common/base/text.hpp"
#include "common/tasks/names.hpp"
#include "common/tasks/replica_parts.hpp"
#include "common/tasks/steps.hpp"

namespace replkit::tasks {

namespace {

// The attributes of an Add, in the order of mrm 3.4.
std::vector<model::Attribute> attributes_of(const AreaFacts& area, const NewReplica& replica) {
  std::vector<model::Attribute> out;
  const auto add = [&](std::string_view description, std::vector<std::string> values) {
    if (!values.empty()) out.push_back({std::string(description), std::move(values)});
  };
  add("objectClass", {"top", std::string(name::subentry_class), std::string(name::replica_class)});
  add("cn", {replica.id});
  add(name::subtree_specification, {replica.subtree_specification.empty() ? "{ }" : replica.subtree_specification});
  add(name::replica_uri, replica.uris);
  add(name::replica_secondary_uri, replica.secondary_uris);
  add(name::replica_type, {number_of(replica.type)});
  add(name::replica_online, {replica.online ? "TRUE" : "FALSE"});
  add(name::lost_and_found,
      {replica.lost_and_found.empty() ? child_dn("lostAndFound", area.dn) : replica.lost_and_found});
  if (replica.exclude) add(name::exclusion_filter, {*replica.exclude});
  if (replica.include) add(name::inclusion_filter, {*replica.include});
  if (replica.description) add("description", {*replica.description});
  return out;
}

bool is_dn_valued(std::string_view description) {
  return equals_ignore_case(description, name::lost_and_found);
}

bool same_values(std::string_view description, std::vector<std::string> a, std::vector<std::string> b) {
  const auto normalize = [&](std::vector<std::string>& values) {
    for (auto& value : values) {
      if (equals_ignore_case(description, name::subtree_specification)) std::erase(value, ' ');
      if (equals_ignore_case(description, name::replica_online)) value = to_lower(value);
    }
    std::sort(values.begin(), values.end());
  };
  normalize(a);
  normalize(b);
  if (a == b) return true;
  const bool is_filter = equals_ignore_case(description, name::exclusion_filter) ||
                         equals_ignore_case(description, name::inclusion_filter);
  if (is_filter && a.size() == 1 && b.size() == 1) return same_filter(a[0], b[0]);
  return is_dn_valued(description) && a.size() == 1 && b.size() == 1 && same_dn(a[0], b[0]);
}

// Names what the entry that exists has otherwise than asked for. replicaOnline may have been set since.
std::vector<std::string> differences(const model::Entry& entry, const std::vector<model::Attribute>& wanted) {
  std::vector<std::string> out;
  for (const auto& attribute : wanted) {
    const auto& description = attribute.description;
    if (description == "objectClass" || description == "cn" || description == name::replica_online) continue;
    if (!same_values(description, values_of(entry, description), attribute.values)) out.push_back(description);
  }
  return out;
}

void check_uris(const std::vector<std::string>& uris) {
  for (const auto& uri : uris) check_replica_uri(uri);
}

void check_new(const AreaFacts& area, const NewReplica& replica) {
  if (replica.uris.empty()) throw UsageError("where is the replica reached? Say it with --uri");
  check_uris(replica.uris);
  check_uris(replica.secondary_uris);
  check_part(area, replica.subtree_specification);
  if (!replica.lost_and_found.empty()) check_dn("the entry for Lost & Found", replica.lost_and_found);
  if ((replica.exclude || replica.include) && replica.type != ReplicaType::read_only) {
    throw UsageError("a replica that leaves attributes out must be read-only (draft-ietf-ldup-model 4.4)");
  }
}

// Agreements of others with the replica as their consumer lead nowhere without it.
void remove_agreements_with(const ServerFacts& server, const AreaFacts& area, const std::string& id, Plan& plan) {
  bool any_left = false;
  for (const auto& other : area.replicas) {
    if (other.id == id) continue;
    for (const auto* agreement : other.agreements()) {
      if (to_lower(cn_of(first_of(*agreement, name::replica_dn))) != id) {
        any_left = true;
        continue;
      }
      std::vector<model::Entry> entries{*agreement};
      for (const auto& each : other.below) {
        if (is_child(each.dn, agreement->dn)) entries.push_back(each);
      }
      remove_all(server, entries, fmt::format("of {}, mrm 3.8", other.id), plan);
    }
  }
  if (!plan.empty() && !any_left && area.replicas.size() > 2) {
    note(server, "no agreement is left then: without any, every replica sends to every other", plan);
  }
}

}  // namespace

Plan create_replica(const ServerFacts& server, const AreaFacts& area, const NewReplica& replica, WriteOptions options,
                    const std::vector<std::string>& missing) {
  auto wanted = replica;
  wanted.id = check_replica_id(replica.id);
  check_new(area, wanted);
  wanted.exclude = check_exclusion(wanted.exclude);
  wanted.include = check_filter("attributes to include", wanted.include);
  require_ldup(server, "replica");
  require_area(server, area);
  const auto attributes = attributes_of(area, wanted);
  Plan plan;
  if (const auto* there = area.find(wanted.id)) {
    check_uuid(server, there->entry, wanted.uuid);
    const auto differing = differences(there->entry, attributes);
    if (!differing.empty()) {
      throw Precondition(fmt::format(
          "{}: the replica {} is there already, with another {}: repctl replica set-type, set-filter or set-uri change "
          "it, repctl replica delete removes it",
          printable(server.name), printable(there->entry.dn), fmt::join(differing, ", ")));
    }
    const bool online = equals_ignore_case(first_of(there->entry, name::replica_online), "TRUE");
    if (wanted.online && !online) return set_replica_online(server, area, wanted.id, true, options);
    skip(server, fmt::format("the replica {} is there already", wanted.id), plan);
    if (online && !wanted.online) {
      // Replication brought it so, or somebody has resumed it since.
      note(server, fmt::format("it is online there, and stays so: repctl replica suspend {} changes that", wanted.id),
           plan);
    }
    return plan;
  }
  check_endpoints(server, area, wanted.id, wanted.uris);
  check_primary(server, area, wanted.id, wanted.type);
  note_filters(server, wanted.exclude, wanted.include, plan);
  for (const auto& dn : missing) {
    note(server,
         fmt::format("there is no entry {}, the base of the part, which counts from the area: until there is, {} holds "
                     "no entries of people",
                     printable(dn), wanted.id),
         plan);
  }
  plan.steps.push_back(add_step(server, fmt::format("create replica {} (mrm 3.4)", wanted.id),
                                child_dn(wanted.id, area.dn), attributes));
  give_uuid(server, wanted.uuid, plan.steps.back());
  plan.steps.back().if_there = {{.kind = model::ModifyKind::replace,
                                 .description = std::string(name::replica_online),
                                 .values = {wanted.online ? "TRUE" : "FALSE"}}};
  if (!wanted.online) {
    note(server,
         fmt::format("{0} begins suspended on the servers that are named: repctl replica resume {0} lets it take part",
                     wanted.id),
         plan);
  }
  apply(options, server, plan);
  return plan;
}

Plan delete_replica(const ServerFacts& server, const AreaFacts& area, const std::string& id, WriteOptions options) {
  const auto wanted = check_replica_id(id);
  require_ldup(server, "replica");
  Plan plan;
  const auto* replica = area.find(wanted);
  if (replica == nullptr) {
    require_visible(server, area);
    skip(server, fmt::format("{} has no replica {}", printable(area.dn), wanted), plan);
    return plan;
  }
  remove_agreements_with(server, area, wanted, plan);
  // Two of one name come from two servers on which it was created at the same time: neither is of any use.
  for (const auto& each : area.replicas) {
    if (each.id != wanted) continue;
    std::vector<model::Entry> entries{each.entry};
    entries.insert(entries.end(), each.below.begin(), each.below.end());
    remove_all(server, entries, "mrm 3.5", plan);
  }
  if (replica == own_replica(server, area)) {
    note(server, fmt::format("{} is this server's own replica: it stops replicating {}", wanted, printable(area.dn)),
         plan);
  }
  note(server,
       fmt::format("servers that are not named lose these entries when they hear of it; where no session follows, "
                   "repctl replica delete {} removes them there",
                   wanted),
       plan);
  apply(options, server, plan);
  return plan;
}

}  // namespace replkit::tasks
