#include "common/tasks/agreement_parts.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "common/base/text.hpp"
#include "common/tasks/names.hpp"
#include "common/tasks/steps.hpp"

namespace replkit::tasks {

namespace {

using model::ModifyKind;

const model::Entry& require_agreement(const ServerFacts& server, const Replica& supplier, const std::string& cn) {
  if (const auto* found = supplier.find_agreement(cn)) return *found;
  std::vector<std::string> names;
  for (const auto* each : supplier.agreements()) names.push_back(printable(cn_of(each->dn)));
  throw Precondition(
      fmt::format("{}: {} has no agreement {}: {}", printable(server.name), supplier.id, printable(cn),
                  names.empty() ? std::string("it has none") : fmt::format("it has {}", fmt::join(names, ", "))));
}

}  // namespace

Plan add_agreement(const ServerFacts& server, const AreaFacts& area, const std::string& supplier, const std::string& cn,
                   const AgreementValues& values, const std::vector<std::string>& missing, WriteOptions options) {
  if (!values.consumer || values.consumer->empty()) throw UsageError("an agreement needs a consumer");
  require_ldup(server, "agreement");
  require_area(server, area);
  const auto& from = require_replica(server, area, check_replica_id(supplier));
  const auto wanted = wanted_of(server, area, from, values);
  const auto consumer = wanted.front().value;
  const auto name = cn.empty() ? usual_name(area, consumer) : cn;
  Plan plan;
  if (const auto* there = from.find_agreement(name)) {
    check_uuid(server, *there, values.uuid);
    std::vector<std::string_view> differing;
    for (const auto& each : wanted) {
      if (!is_so(*there, each)) differing.push_back(each.attribute);
    }
    if (!differing.empty()) {
      throw Precondition(
          fmt::format("{}: {} has an agreement {} already, with another {}: repctl agreement modify changes it",
                      printable(server.name), from.id, printable(name), fmt::join(differing, ", ")));
    }
    skip(server, fmt::format("the agreement {} of {} is there already", printable(name), from.id), plan);
    return plan;
  }
  for (const auto* other : from.agreements()) {
    if (same_dn(first_of(*other, name::replica_dn), consumer)) {
      note(server,
           fmt::format("{} supplies {} by the agreement {} already", from.id, id_of(area, consumer),
                       printable(cn_of(other->dn))),
           plan);
    }
  }
  std::vector<model::Attribute> attributes{
      {"objectClass", {"top", std::string(name::subentry_class), std::string(name::agreement_class)}},
      {"cn", {name}},
      {std::string(name::subtree_specification), {"{ }"}}};
  for (const auto& each : wanted) {
    if (!each.value.empty()) attributes.push_back({std::string(each.attribute), {each.value}});
  }
  plan.steps.push_back(add_step(
      server,
      fmt::format("add agreement {}: {} supplies {} (mrm 3.7)", printable(name), from.id, id_of(area, consumer)),
      child_dn(name, from.entry.dn), std::move(attributes)));
  give_uuid(server, values.uuid, plan.steps.back());
  note_missing(server, missing, plan);
  note_conflicts(server, area, from, consumer, plan);
  apply(options, server, plan);
  return plan;
}

Plan delete_agreement(const ServerFacts& server, const AreaFacts& area, const std::string& supplier,
                      const std::string& cn, WriteOptions options) {
  require_ldup(server, "agreement");
  const auto& from = require_replica(server, area, check_replica_id(supplier));
  Plan plan;
  const auto* agreement = from.find_agreement(cn);
  if (agreement == nullptr) {
    skip(server, fmt::format("{} has no agreement {}", from.id, printable(cn)), plan);
    return plan;
  }
  std::vector<model::Entry> entries{*agreement};
  for (const auto& each : from.below) {
    if (is_child(each.dn, agreement->dn)) entries.push_back(each);
  }
  remove_all(server, entries, "mrm 3.8", plan);
  note_partition(server, area, from, *agreement, plan);
  apply(options, server, plan);
  return plan;
}

Plan modify_agreement(const ServerFacts& server, const AreaFacts& area, const std::string& supplier,
                      const std::string& cn, const AgreementValues& values, const std::vector<std::string>& missing,
                      WriteOptions options) {
  require_ldup(server, "agreement");
  const auto& from = require_replica(server, area, check_replica_id(supplier));
  const auto& agreement = require_agreement(server, from, cn);
  std::vector<model::Modification> changes;
  Plan plan;
  for (const auto& each : wanted_of(server, area, from, values)) {
    if (is_so(agreement, each)) continue;
    // Without a value too: replication may have brought the change from another server by then.
    auto& change = changes.emplace_back();
    change.kind = ModifyKind::replace;
    change.description = std::string(each.attribute);
    if (!each.value.empty()) change.values.push_back(each.value);
    const auto old = first_of(agreement, name::replica_dn);
    if (each.attribute == name::replica_dn && !old.empty()) {
      note(server, fmt::format("this ends the agreement with {} (mrm 3.9)", id_of(area, old)), plan);
      note_partition(server, area, from, agreement, plan);
    }
    if (each.attribute == name::mechanism && each.value == oid::full_update) {
      note(server, "this ends incremental replication under the agreement (mrm 3.9)", plan);
    }
  }
  if (changes.empty()) {
    skip(server, fmt::format("the agreement {} of {} is so already", printable(cn_of(agreement.dn)), from.id), plan);
    plan.notes.clear();
    return plan;
  }
  plan.steps.push_back(
      modify_step(server, fmt::format("modify agreement {} of {} (mrm 3.9)", printable(cn_of(agreement.dn)), from.id),
                  agreement.dn, std::move(changes)));
  note_missing(server, missing, plan);
  apply(options, server, plan);
  return plan;
}

}  // namespace replkit::tasks
