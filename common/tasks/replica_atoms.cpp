#include "common/tasks/replica_atoms.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "common/base/text.hpp"
#include "common/model/ldap_url.hpp"
#include "common/tasks/names.hpp"
#include "common/tasks/steps.hpp"

namespace replkit::tasks {

namespace {

using ldap::ResultCode;
using model::ModifyKind;

std::string number_of(ReplicaType type) {
  return std::to_string(static_cast<int>(type));
}

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

void check_new(const NewReplica& replica) {
  if (replica.uris.empty()) throw UsageError("where is the replica reached? Say it with --uri");
  check_uris(replica.uris);
  check_uris(replica.secondary_uris);
  if (!replica.subtree_specification.empty()) check_subtree("the subtree specification", replica.subtree_specification);
  if (!replica.lost_and_found.empty()) check_dn("the entry for Lost & Found", replica.lost_and_found);
  if ((replica.exclude || replica.include) && replica.type != ReplicaType::read_only) {
    throw UsageError("a replica that leaves attributes out must be read-only (draft-ietf-ldup-model 4.4)");
  }
}

// Refuses a URI that names another replica: one server has one replica of an area (mrm 4.2.1).
void check_endpoints(const ServerFacts& server, const AreaFacts& area, const std::string& id,
                     const std::vector<std::string>& uris) {
  for (const auto& other : area.replicas) {
    if (other.id == id) continue;
    for (const auto& theirs : values_of(other.entry, name::replica_uri)) {
      for (const auto& uri : uris) {
        if (endpoint_of(uri) != endpoint_of(theirs)) continue;
        throw Precondition(fmt::format(
            "{}: {} is the replica {} of {} already, and a server has one replica of an area: delete that one, or "
            "change its URI with repctl replica set-uri",
            printable(server.name), printable(uri), other.id, printable(area.dn)));
      }
    }
  }
}

void check_primary(const ServerFacts& server, const AreaFacts& area, const std::string& id, ReplicaType type) {
  if (type != ReplicaType::primary) return;
  for (const auto& other : area.replicas) {
    if (other.id == id || first_of(other.entry, name::replica_type) != number_of(type)) continue;
    throw Precondition(fmt::format(
        "{}: {} is the primary replica of {}, and an area has one at most: make it another type first with repctl "
        "replica set-type {} updateable",
        printable(server.name), other.id, printable(area.dn), other.id));
  }
}

bool is_lifted(const Step& step) {
  return std::any_of(step.change.controls.begin(), step.change.controls.end(),
                     [](const auto& control) { return control.oid == oid::write_unwriteable; });
}

void apply(WriteOptions options, const ServerFacts& server, Plan& plan) {
  if (!options.write_unwriteable) return;
  for (auto& step : plan.steps) {
    if (is_lifted(step) || lift_unwriteable(server, step)) continue;
    note(server, "does not offer the Write-Unwriteable control (mrm 3.16): tried without it", plan);
    return;
  }
}

// Adds a step that the draft wants Write-Unwriteable for.
void add_unwriteable(const ServerFacts& server, Step step, Plan& plan) {
  if (!lift_unwriteable(server, step)) {
    note(server, "does not offer the Write-Unwriteable control (mrm 3.16): tried without it", plan);
  }
  plan.steps.push_back(std::move(step));
}

model::Modification replace(std::string_view description, std::string value) {
  return {.kind = ModifyKind::replace, .description = std::string(description), .values = {std::move(value)}};
}

}  // namespace

std::string type_text(std::string_view replica_type) {
  for (const auto type : {ReplicaType::primary, ReplicaType::updateable, ReplicaType::read_only}) {
    if (replica_type == number_of(type)) return std::string(ldup::type_name(type));
  }
  return replica_type.empty() ? "unknown" : fmt::format("unknown ({})", printable(replica_type));
}

std::string check_replica_id(std::string_view id) {
  auto out = ldup::replica_id(id);
  if (out.empty()) {
    throw UsageError(fmt::format("\"{}\" is no replicaID: it has 1 to 64 of a-z 0-9 . _ -", printable(id)));
  }
  return out;
}

void check_replica_uri(std::string_view uri) {
  const auto wrong = [&](std::string_view why) {
    return UsageError(fmt::format("\"{}\" cannot be where a replica is reached: {}", printable(uri), why));
  };
  model::LdapUrl url;
  try {
    url = model::LdapUrl::parse(uri);
  } catch (const ParseError& error) {
    throw wrong(fmt::format("{} (at byte {})", error.what(), error.offset() + 1));
  }
  if (url.scheme != "ldap" && url.scheme != "ldaps") throw wrong("other servers need ldap:// or ldaps://");
  if (url.host.empty()) throw wrong("it names no host");
  if (!url.dn.empty() || !url.attributes.empty() || !url.scope.empty() || !url.filter.empty() ||
      !url.extensions.empty()) {
    throw wrong("only host and port count, and nothing else may be in it (draft-ietf-ldup-infomod 7.3.2)");
  }
}

Plan create_replica(const ServerFacts& server, const AreaFacts& area, const NewReplica& replica, WriteOptions options) {
  auto wanted = replica;
  wanted.id = check_replica_id(replica.id);
  check_new(wanted);
  wanted.exclude = check_filter("attributes to exclude", wanted.exclude);
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
    skip(server, fmt::format("the replica {} is there already", wanted.id), plan);
    return plan;
  }
  check_endpoints(server, area, wanted.id, wanted.uris);
  check_primary(server, area, wanted.id, wanted.type);
  plan.steps.push_back(add_step(server, fmt::format("create replica {} (mrm 3.4)", wanted.id),
                                child_dn(wanted.id, area.dn), attributes));
  give_uuid(server, wanted.uuid, plan.steps.back());
  apply(options, server, plan);
  return plan;
}

Plan delete_replica(const ServerFacts& server, const AreaFacts& area, const std::string& id, WriteOptions options) {
  const auto wanted = check_replica_id(id);
  require_ldup(server, "replica");
  Plan plan;
  const auto* replica = area.find(wanted);
  if (replica == nullptr) {
    skip(server, fmt::format("{} has no replica {}", printable(area.dn), wanted), plan);
    return plan;
  }
  std::vector<model::Entry> entries{replica->entry};
  entries.insert(entries.end(), replica->below.begin(), replica->below.end());
  remove_all(server, entries, "mrm 3.5", plan);
  if (replica == own_replica(server, area)) {
    note(server, fmt::format("{} is this server's own replica: it stops replicating {}", wanted, printable(area.dn)),
         plan);
  }
  for (const auto& other : area.replicas) {
    if (&other == replica) continue;
    for (const auto* agreement : other.agreements()) {
      if (!same_dn(first_of(*agreement, name::replica_dn), replica->entry.dn)) continue;
      const auto cn = printable(cn_of(agreement->dn));
      note(server,
           fmt::format("the agreement {} of {} names it as its consumer: repctl agreement delete {} {}", cn, other.id,
                       other.id, cn),
           plan);
    }
  }
  apply(options, server, plan);
  return plan;
}

Plan set_replica_type(const ServerFacts& server, const AreaFacts& area, const std::string& id, ReplicaType type,
                      WriteOptions options) {
  require_ldup(server, "replica");
  const auto& replica = require_replica(server, area, check_replica_id(id));
  const auto wanted = number_of(type);
  Plan plan;
  if (first_of(replica.entry, name::replica_type) == wanted) {
    skip(server, fmt::format("{} is {} already", replica.id, type_text(wanted)), plan);
    return plan;
  }
  const bool fractional = !first_of(replica.entry, name::exclusion_filter).empty() ||
                          !first_of(replica.entry, name::inclusion_filter).empty();
  if (fractional && type != ReplicaType::read_only) {
    throw Precondition(fmt::format(
        "{}: {} leaves attributes out, and such a replica must be read-only (draft-ietf-ldup-model 4.4): make it full "
        "first with repctl replica set-filter {} --full, and let a full update bring it the rest",
        printable(server.name), replica.id, replica.id));
  }
  check_primary(server, area, replica.id, type);
  add_unwriteable(server,
                  modify_step(server, fmt::format("make replica {} {} (mrm 3.6.1)", replica.id, type_text(wanted)),
                              replica.entry.dn, {replace(name::replica_type, wanted)}),
                  plan);
  plan.steps.back().settled = {ResultCode::attribute_or_value_exists};
  apply(options, server, plan);
  return plan;
}

Plan set_replica_filter(const ServerFacts& server, const AreaFacts& area, const std::string& id,
                        const std::optional<std::string>& excluded, const std::optional<std::string>& included,
                        WriteOptions options) {
  const auto exclude = check_filter("attributes to exclude", excluded);
  const auto include = check_filter("attributes to include", included);
  require_ldup(server, "replica");
  const auto& replica = require_replica(server, area, check_replica_id(id));
  const bool fractional = exclude || include;
  if (fractional && first_of(replica.entry, name::replica_type) != number_of(ReplicaType::read_only)) {
    throw Precondition(fmt::format(
        "{}: {} is {}, and a replica that leaves attributes out must be read-only (draft-ietf-ldup-model 4.4): repctl "
        "replica set-type {} read-only",
        printable(server.name), replica.id, type_text(first_of(replica.entry, name::replica_type)), replica.id));
  }
  std::vector<model::Modification> changes;
  const auto change = [&](std::string_view description, const std::optional<std::string>& wanted) {
    const auto present = values_of(replica.entry, description);
    if (wanted ? present.size() == 1 && same_filter(present.front(), *wanted) : present.empty()) return;
    if (wanted) {
      changes.push_back(replace(description, *wanted));
    } else {
      changes.push_back({.kind = ModifyKind::remove, .description = std::string(description), .values = {}});
    }
  };
  change(name::exclusion_filter, exclude);
  change(name::inclusion_filter, include);
  Plan plan;
  if (changes.empty()) {
    skip(server, fmt::format("{} {} already", replica.id, fractional ? "has these filters" : "is a full replica"),
         plan);
    return plan;
  }
  add_unwriteable(server,
                  modify_step(server,
                              fmt::format("{} of replica {} (mrm 3.6.2)",
                                          fractional ? "change filters" : "remove filters", replica.id),
                              replica.entry.dn, std::move(changes)),
                  plan);
  if (!fractional) plan.steps.back().settled = {ResultCode::no_such_attribute};
  note(server, "a full update brings the replica what it held not before: repctl cycle trigger --full", plan);
  apply(options, server, plan);
  return plan;
}

Plan set_replica_uri(const ServerFacts& server, const AreaFacts& area, const std::string& id, const UriChange& change,
                     WriteOptions options) {
  if (change.add.empty() && change.remove.empty()) throw UsageError("which URI? Say it with --uri");
  if (!change.add.empty()) check_replica_uri(change.add);
  require_ldup(server, "replica");
  const auto& replica = require_replica(server, area, check_replica_id(id));
  const auto attribute = change.secondary ? name::replica_secondary_uri : name::replica_uri;
  const auto present = values_of(replica.entry, attribute);
  const auto has = [&](const std::string& uri) {
    return std::find(present.begin(), present.end(), uri) != present.end();
  };
  auto old = change.remove;
  Plan plan;
  const bool settled = (change.add.empty() || has(change.add)) &&
                       (old.empty() ? present.size() == 1 || change.secondary : !has(old) || old == change.add);
  if (settled) {
    skip(server, fmt::format("{} of {} is so already", attribute, replica.id), plan);
    return plan;
  }
  if (old.empty() && !change.secondary) {
    if (present.size() != 1) {
      throw UsageError(fmt::format("{} has {} URIs ({}): which one goes? Say it with --old", replica.id, present.size(),
                                   printable(fmt::format("{}", fmt::join(present, ", ")))));
    }
    old = present.front();
  }
  if (!old.empty() && !has(old)) {
    throw Precondition(fmt::format("{}: {} has no {} {}: it has {}", printable(server.name), replica.id, attribute,
                                   printable(old), printable(fmt::format("{}", fmt::join(present, ", ")))));
  }
  if (change.add.empty() && !change.secondary && present.size() == 1) {
    throw Precondition(fmt::format("{}: {} is the only URI of {}, which must have one: give the new one with --uri",
                                   printable(server.name), printable(old), replica.id));
  }
  if (!change.add.empty() && !change.secondary) check_endpoints(server, area, replica.id, {change.add});
  std::vector<model::Modification> changes;
  if (!old.empty()) {
    changes.push_back({.kind = ModifyKind::remove, .description = std::string(attribute), .values = {old}});
  }
  if (!change.add.empty() && !has(change.add)) {
    changes.push_back({.kind = ModifyKind::add, .description = std::string(attribute), .values = {change.add}});
  }
  plan.steps.push_back(modify_step(server, fmt::format("change {} of replica {} (mrm 3.6.3)", attribute, replica.id),
                                   replica.entry.dn, std::move(changes)));
  apply(options, server, plan);
  return plan;
}

Plan set_replica_online(const ServerFacts& server, const AreaFacts& area, const std::string& id, bool online,
                        WriteOptions options) {
  require_ldup(server, "replica");
  const auto& replica = require_replica(server, area, check_replica_id(id));
  const std::string wanted = online ? "TRUE" : "FALSE";
  Plan plan;
  if (equals_ignore_case(first_of(replica.entry, name::replica_online), wanted)) {
    skip(server, fmt::format("{} is {} already", replica.id, online ? "online" : "suspended"), plan);
    return plan;
  }
  auto step = modify_step(
      server,
      fmt::format("{} replica {} ({})", online ? "resume" : "suspend", replica.id, online ? "mrm 3.11" : "mrm 3.10"),
      replica.entry.dn, {replace(name::replica_online, wanted)});
  step.settled = {ResultCode::attribute_or_value_exists};
  plan.steps.push_back(std::move(step));
  apply(options, server, plan);
  return plan;
}

}  // namespace replkit::tasks
