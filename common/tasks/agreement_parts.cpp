#include "common/tasks/agreement_parts.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "common/base/text.hpp"
#include "common/ldup/replica.hpp"
#include "common/model/schema.hpp"
#include "common/tasks/names.hpp"
#include "common/tasks/steps.hpp"

namespace replkit::tasks {

namespace {

bool is_oid(std::string_view text) {
  const auto arcs = split(text, '.');
  return arcs.size() > 1 && std::all_of(arcs.begin(), arcs.end(), [](std::string_view arc) {
           return !arc.empty() && std::all_of(arc.begin(), arc.end(), is_ascii_digit) &&
                  (arc.size() == 1 || arc.front() != '0');
         });
}

// The DN of the consumer: a replica of the area by its ID, or a DN that must be one of them too.
std::string consumer_dn(const ServerFacts& server, const AreaFacts& area, const Replica& supplier,
                        const std::string& consumer) {
  const Replica* found = nullptr;
  for (const auto& replica : area.replicas) {
    if (same_dn(replica.entry.dn, consumer)) found = &replica;
  }
  if (found == nullptr) found = &require_replica(server, area, consumer);
  if (found == &supplier) throw UsageError(fmt::format("{} cannot be its own consumer", supplier.id));
  return found->entry.dn;
}

// How many agreements of the area, besides this one, do what `counts` says.
template <typename Counts>
bool any_other(const AreaFacts& area, const model::Entry& agreement, Counts counts) {
  for (const auto& replica : area.replicas) {
    for (const auto* each : replica.agreements()) {
      if (!same_dn(each->dn, agreement.dn) && counts(replica, *each)) return true;
    }
  }
  return false;
}

}  // namespace

std::string mechanism_oid(std::string_view text) {
  if (equals_ignore_case(text, "full") || equals_ignore_case(text, "ietf-ldup-full-update")) {
    return std::string(oid::full_update);
  }
  if (equals_ignore_case(text, "incremental") || equals_ignore_case(text, "ietf-ldup-incremental-update")) {
    return std::string(oid::incremental_update);
  }
  if (is_oid(text)) return std::string(text);
  throw UsageError(fmt::format("\"{}\" is no mechanism: full, incremental or an OID", printable(text)));
}

std::string mechanism_text(std::string_view value) {
  if (value == oid::full_update || equals_ignore_case(value, "ietf-ldup-full-update")) return "full";
  if (value == oid::incremental_update || equals_ignore_case(value, "ietf-ldup-incremental-update")) {
    return "incremental";
  }
  return std::string(value);
}

std::string usual_name(const AreaFacts& area, const std::string& consumer) {
  for (const auto& replica : area.replicas) {
    if (same_dn(replica.entry.dn, consumer)) return "to-" + replica.id;
  }
  return "to-" + to_lower(cn_of(consumer));
}

std::vector<std::string> named_entries(const AgreementValues& values) {
  std::vector<std::string> out;
  for (const auto* value : {&values.credentials, &values.schedule}) {
    if (*value && !(*value)->empty()) out.push_back(**value);
  }
  return out;
}

std::vector<Wanted> wanted_of(const ServerFacts& server, const AreaFacts& area, const Replica& supplier,
                              const AgreementValues& values) {
  std::vector<Wanted> out;
  const auto add = [&](std::string_view attribute, const std::optional<std::string>& value) {
    if (value) out.push_back({attribute, *value});
  };
  const auto add_dn = [&](std::string_view attribute, const std::optional<std::string>& value) {
    if (value && !value->empty()) check_dn(attribute, *value);
    add(attribute, value);
  };
  if (values.consumer) {
    out.push_back(
        {name::replica_dn, values.consumer->empty() ? "" : consumer_dn(server, area, supplier, *values.consumer)});
  }
  if (values.mechanism) {
    out.push_back({name::mechanism, values.mechanism->empty() ? "" : mechanism_oid(*values.mechanism)});
  }
  add_dn(name::credentials_dn, values.credentials);
  add_dn(name::schedule_dn, values.schedule);
  add(name::exclusion_filter,
      values.exclude == std::optional<std::string>("") ? values.exclude : check_exclusion(values.exclude));
  add("description", values.description);
  return out;
}

bool is_so(const model::Entry& entry, const Wanted& wanted) {
  const auto present = values_of(entry, wanted.attribute);
  if (wanted.value.empty()) return present.empty();
  if (present.size() != 1) return false;
  const bool is_dn = wanted.attribute == name::replica_dn || wanted.attribute == name::credentials_dn ||
                     wanted.attribute == name::schedule_dn;
  if (is_dn) return same_dn(present.front(), wanted.value);
  if (wanted.attribute == name::mechanism) return mechanism_text(present.front()) == mechanism_text(wanted.value);
  if (wanted.attribute == name::exclusion_filter) return same_filter(present.front(), wanted.value);
  return present.front() == wanted.value;
}

std::string id_of(const AreaFacts& area, const std::string& dn) {
  for (const auto& replica : area.replicas) {
    if (same_dn(replica.entry.dn, dn)) return replica.id;
  }
  return printable(dn);
}

void note_missing(const ServerFacts& server, const std::vector<std::string>& missing, Plan& plan) {
  for (const auto& dn : missing) {
    note(server, fmt::format("shows no entry {}: the supplier needs it before it can replicate", printable(dn)), plan);
  }
}

void note_conflicts(const ServerFacts& server, const AreaFacts& area, const Replica& supplier,
                    const std::string& consumer_dn, Plan& plan) {
  const auto filter_of = [](const model::Entry& entry) {
    ldup::Findings ignored;  // repctl verify tells them
    return ldup::Replica::read(entry, ignored).filter;
  };
  for (const auto& consumer : area.replicas) {
    if (!same_dn(consumer.entry.dn, consumer_dn)) continue;
    for (const auto& conflict :
         ldup::filter_conflicts(filter_of(supplier.entry), filter_of(consumer.entry), model::Schema::standard())) {
      note(server,
           fmt::format("{} cannot supply {} (mrm 4.2.2, {}): {}", supplier.id, consumer.id, conflict.rule,
                       conflict.reason),
           plan);
    }
  }
}

void note_partition(const ServerFacts& server, const AreaFacts& area, const Replica& supplier,
                    const model::Entry& agreement, Plan& plan) {
  const auto consumer = first_of(agreement, name::replica_dn);
  if (consumer.empty()) return;
  if (!any_other(area, agreement, [](const auto&, const auto&) { return true; })) {
    note(server,
         "it is the area's last agreement: without any, every replica sends to every other at once (repctl replica "
         "suspend keeps them apart)",
         plan);
    return;
  }
  const bool supplied = any_other(area, agreement, [&](const auto&, const model::Entry& each) {
    return same_dn(first_of(each, name::replica_dn), consumer);
  });
  if (!supplied) note(server, fmt::format("{} gets changes from nobody then", id_of(area, consumer)), plan);
  const bool heard = any_other(area, agreement, [&](const Replica& each, const auto&) { return &each == &supplier; });
  if (!heard) note(server, fmt::format("changes made on {} reach nobody then", supplier.id), plan);
}

}  // namespace replkit::tasks
