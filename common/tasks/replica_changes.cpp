// Changing a replica that is there (draft-ietf-ldup-mrm-02 3.6, 3.10, 3.11).
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "common/base/text.hpp"
#include "common/tasks/names.hpp"
#include "common/tasks/replica_parts.hpp"
#include "common/tasks/steps.hpp"

namespace replkit::tasks {

namespace {

using ldap::ResultCode;
using model::ModifyKind;

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
  const auto exclude = check_exclusion(excluded);
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
    // A replacement by nothing removes it, too, and is no error where replication was faster.
    changes.push_back({.kind = ModifyKind::replace, .description = std::string(description), .values = {}});
    if (wanted) changes.back().values = {*wanted};
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
  note_filters(server, exclude, include, plan);
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
      throw UsageError(fmt::format("{} has {} ({}): which one goes? Say it with --old", replica.id,
                                   counted(present.size(), "URI"),
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
