#include "common/tasks/group_check.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>

#include "common/base/error.hpp"
#include "common/base/text.hpp"
#include "common/ldup/topology.hpp"
#include "common/model/dn.hpp"
#include "common/model/schema.hpp"
#include "common/tasks/agreement_atoms.hpp"
#include "common/tasks/copies_check.hpp"
#include "common/tasks/credential_atoms.hpp"
#include "common/tasks/names.hpp"
#include "common/tasks/nested_areas.hpp"
#include "common/tasks/remedies.hpp"
#include "common/tasks/schedule_atoms.hpp"

namespace replkit::tasks {

namespace {

using ldup::Finding;
using ldup::Severity;

// The ID of the consumer.
std::string consumer_of(const AreaFacts& area, const model::Entry& agreement) {
  const auto dn = first_of(agreement, name::replica_dn);
  const auto found = std::find_if(area.replicas.begin(), area.replicas.end(),
                                  [&](const Replica& replica) { return same_dn(replica.entry.dn, dn); });
  return found == area.replicas.end() ? "REPLICA" : found->id;
}

bool is_suspended(const Replica& replica) {
  return equals_ignore_case(first_of(replica.entry, name::replica_online), "FALSE");
}

// Returns the copy as the server itself takes it: other replicas are online unless it says that they are not.
ldup::Area model_of(const AreaOnServer& copy, ldup::Findings& findings) {
  ldup::Area area(copy.area->dn, model::Schema::standard());
  const auto* own = own_replica(*copy.server, *copy.area);
  std::vector<model::Entry> entries;
  for (const auto& replica : copy.area->replicas) {
    if (is_conflicted(replica)) continue;
    entries.push_back(replica.entry);
    if (&replica != own && values_of(replica.entry, name::replica_online).empty()) {
      entries.back().add(name::replica_online, "TRUE");
    }
    entries.insert(entries.end(), replica.below.begin(), replica.below.end());
  }
  ldup::read_area(entries, area, findings);
  return area;
}

// Whether the server's replica is not one of another part of the area.
bool should_hold(const AreaOnServer& copy, const std::string& dn) {
  try {
    ldup::Findings told_elsewhere;
    const auto area = model_of(copy, told_elsewhere);
    const auto* own = own_replica(*copy.server, *copy.area);
    const auto* replica = own == nullptr ? nullptr : area.replica(own->entry.dn);
    return replica == nullptr || area.holds(dn, *replica);
  } catch (const ParseError&) {
    return true;
  }
}

// What to do about a session that failed.
std::string after_failure(const AreaOnServer& copy, const model::Entry& agreement, const std::string& reason) {
  const auto has = [&](std::string_view text) { return reason.find(text) != std::string::npos; };
  if (has("could not read or write its store")) return ": look at the disk space of that server, and at its log";
  const auto credentials = first_of(agreement, name::credentials_dn);
  const auto mend = has(": bind as ") && !credentials.empty()
                        ? fmt::format(": repctl credentials modify {} with -H for {} changes what it binds with",
                                      credentials_name(credentials), copy.server->name)
                        : std::string();
  return fmt::format("{}; once that is mended, repctl cycle trigger {} begins the next at once", mend,
                     consumer_of(*copy.area, agreement));
}

class Check {
 public:
  Check(const std::vector<AreaOnServer>& copies, const std::vector<const ServerFacts*>& without)
      : copies_(copies), without_(without) {}

  std::vector<GroupFinding> run() {
    for (const auto& copy : copies_) {
      check_copy(copy);
      for (const auto* server : without_) check_absence(copy, *server);
    }
    check_copies(copies_, found_);
    check_nested();
    std::stable_sort(found_.begin(), found_.end(), [](const GroupFinding& a, const GroupFinding& b) {
      return a.finding.severity > b.finding.severity;
    });
    return std::move(found_);
  }

 private:
  void tell(Finding finding, std::vector<std::string> servers) {
    const auto same =
        std::find_if(found_.begin(), found_.end(), [&](const auto& each) { return each.finding == finding; });
    if (same == found_.end()) {
      found_.push_back({std::move(finding), std::move(servers)});
    } else {
      same->servers.insert(same->servers.end(), servers.begin(), servers.end());
    }
  }

  void tell_with_remedy(Finding finding, const ServerFacts& server) {
    if (const auto remedy = remedy_for(finding); !remedy.empty()) finding.text += ": " + remedy;
    tell(std::move(finding), {server.name});
  }

  // Returns the replica whose server waits for a full update; null when it does not, or does not tell which it is.
  static const Replica* closed_replica(const AreaOnServer& copy) {
    return copy.area->closed.empty() ? nullptr : own_replica(*copy.server, *copy.area);
  }
  bool waits(std::string_view id) const {
    return std::any_of(copies_.begin(), copies_.end(), [&](const AreaOnServer& copy) {
      const auto* replica = closed_replica(copy);
      return replica != nullptr && replica->id == id;
    });
  }
  std::string how_to_fill(const AreaOnServer& copy) const;

  void check_copy(const AreaOnServer& copy);
  void check_replicas(const AreaOnServer& copy);
  void check_agreement(const AreaOnServer& copy, const model::Entry& agreement);
  void check_area(const AreaOnServer& copy);
  void check_own(const AreaOnServer& copy, const Replica& own);
  void check_sessions(const AreaOnServer& copy, const Replica& own);
  void check_absence(const AreaOnServer& copy, const ServerFacts& server);
  void check_nested();

  const std::vector<AreaOnServer>& copies_;
  const std::vector<const ServerFacts*>& without_;
  std::vector<GroupFinding> found_;
};

void Check::check_copy(const AreaOnServer& copy) {
  ldup::Findings findings;
  try {
    const auto area = model_of(copy, findings);
    for (auto& each : ldup::check_topology(area)) findings.push_back(std::move(each));
  } catch (const ParseError& error) {
    findings.push_back({Severity::error, "area", copy.area->dn, "", error.what()});
  }
  const bool any_suspended = std::any_of(copy.area->replicas.begin(), copy.area->replicas.end(), is_suspended);
  for (auto& each : findings) {
    // Which changes do not arrive follows from the replicas that are suspended: those are told.
    if (each.code == "suspended" && any_suspended) continue;
    tell_with_remedy(std::move(each), *copy.server);
  }
  check_replicas(copy);
  check_area(copy);
  const auto* own = own_replica(*copy.server, *copy.area);
  if (own != nullptr) {
    check_own(copy, *own);
    check_sessions(copy, *own);
  } else if (copy.area->marked()) {
    tell({Severity::warning, "no-own-replica", copy.area->dn, "",
          copy.area->replicas.empty()
              ? "it has no replica, so that nothing of it is replicated: repctl replica create adds them, repctl area "
                "delete ends the area"
              : "the server does not tell which replica it is: neither its root DSE nor a replica's URI does: repctl "
                "replica create adds the one that is missing, replica set-uri changes a URI"},
         {copy.server->name});
  }
}

void Check::check_replicas(const AreaOnServer& copy) {
  std::map<std::string, std::vector<std::string>> conflicted;  // DNs by ID
  for (const auto& replica : copy.area->replicas) {
    if (is_conflicted(replica)) conflicted[replica.id].push_back(replica.entry.dn);
    if (!is_suspended(replica)) continue;
    tell({Severity::warning, "suspended", replica.entry.dn, std::string(name::replica_online),
          fmt::format("{0} is suspended there, and kept out of incremental sessions: {1}repctl replica resume {0}",
                      replica.id, waits(replica.id) ? "when it has got its full update, " : "")},
         {copy.server->name});
  }
  for (const auto& replica : copy.area->replicas) {
    for (const auto* agreement : replica.agreements()) check_agreement(copy, *agreement);
  }
  for (const auto& [id, dns] : conflicted) {
    tell({Severity::error, "name-conflict", dns.front(), "cn",
          fmt::format("the replica {0} was created on two servers at the same time and is two entries now{1}: delete "
                      "them on all servers with repctl replica delete {0}, which removes both, and create it once, on "
                      "all together",
                      id, dns.size() > 1 ? ", the other " + dns[1] : "")},
         {copy.server->name});
  }
}

void Check::check_agreement(const AreaOnServer& copy, const model::Entry& agreement) {
  std::string schedule;
  if (schedule_of(*copy.area, agreement, &schedule) == nullptr && !schedule.empty()) {
    tell_with_remedy({Severity::warning, "agreement-schedule", agreement.dn, std::string(name::schedule_dn),
                      fmt::format("names {}, which is no schedule there", schedule)},
                     *copy.server);
  }
  const auto mechanism = mechanism_text(first_of(agreement, name::mechanism));
  if (!mechanism.empty() && mechanism != "full" && mechanism != "incremental") {
    tell_with_remedy({Severity::warning, "agreement-mechanism", agreement.dn, std::string(name::mechanism),
                      fmt::format("{} is not known, so that the agreement is ignored", mechanism)},
                     *copy.server);
  }
}

// By what all servers know: the one that waits may have missed a lot. Who waits himself supplies nobody.
std::string Check::how_to_fill(const AreaOnServer& copy) const {
  const auto* replica = closed_replica(copy);
  if (replica == nullptr) return ways_to_fill(*copy.server, *copy.area);
  std::vector<const AreaFacts*> copies;
  for (const auto& each : copies_) copies.push_back(each.area);
  auto suppliers = suppliers_of(*replica, copies);
  std::erase_if(suppliers, [&](const std::string& id) { return waits(id); });
  return ways_to_fill(replica->id, suppliers);
}

void Check::check_area(const AreaOnServer& copy) {
  const auto& area = *copy.area;
  if (!area.closed.empty()) {
    tell({Severity::warning, "closed", area.dn, "",
          fmt::format("it shows no entries: {}. To fill it, unless that is under way: {}", area.closed,
                      how_to_fill(copy))},
         {copy.server->name});
  } else if (!area.marked()) {
    tell({Severity::error, "not-marked", area.dn, "objectClass",
          "it has replicas, but is no area of replication (no replicationContext), so that nothing is replicated: "
          "repctl area add makes it one again, repctl area delete removes the replicas"},
         {copy.server->name});
  }
}

// A server that tells its areas tells its replicas, too: those that are called as its configuration says.
void Check::check_own(const AreaOnServer& copy, const Replica& own) {
  const auto has = [](const std::vector<std::string>& dns, std::string_view dn) {
    return std::any_of(dns.begin(), dns.end(), [&](const auto& each) { return same_dn(each, dn); });
  };
  const auto& server = *copy.server;
  if (!has(server.context_roots, copy.area->dn) || has(server.replica_subentries, own.entry.dn)) return;
  const auto& others = server.replica_subentries;
  tell({Severity::error, "not-its-own", own.entry.dn, "",
        fmt::format("its URI is that of {0}, which does not take it for its own, so that nothing is replicated: the "
                    "replica_id of that server, see replserver.toml(5), is another{1}: repctl replica delete {2}, then "
                    "repctl replica create with that ID",
                    server.name, others.empty() ? "" : ", " + cn_of(others.front()) + " in other areas", own.id)},
       {server.name});
}

void Check::check_sessions(const AreaOnServer& copy, const Replica& own) {
  for (const auto* agreement : own.agreements()) {
    const auto status = ldup::ReplicationStatus::parse(first_of(*agreement, name::replication_status));
    if (status.outcome != ldup::ReplicationStatus::Outcome::failure) continue;
    // Busy: it is tried again soon.
    const auto severity = status.reason.ends_with("(51)") ? Severity::note : Severity::warning;
    tell({severity, "session-failed", agreement->dn, std::string(name::replication_status),
          fmt::format("the last session{} failed: {}{}", status.time ? ", " + format_utc(*status.time) + "," : "",
                      status.reason, after_failure(copy, *agreement, status.reason))},
         {copy.server->name});
  }
}

// One that is to have the area refuses sessions as if we lacked the right.
void Check::check_absence(const AreaOnServer& copy, const ServerFacts& server) {
  if (server.kind != Kind::ldup) return;
  const auto* replica = replica_at(*copy.area, server.uri);
  if (replica == nullptr) return;
  tell({Severity::warning, "no-area", replica->entry.dn, "",
        fmt::format("the server of {}, {}, has no area {}, or does not show it to us: repctl area copy-base, then "
                    "replica create there for each replica",
                    replica->id, server.name, copy.area->dn)},
       {copy.server->name});
}

// An inner area that one server knows is a part of this one on the others.
void Check::check_nested() {
  std::map<std::string, std::vector<std::string>, IgnoreCaseLess> known;  // servers by area
  for (const auto& copy : copies_) {
    for (const auto& dn : inner_areas(*copy.server, copy.area->dn)) known[dn].push_back(copy.server->name);
  }
  for (const auto& [dn, servers] : known) {
    std::vector<std::string> missing;
    for (const auto& copy : copies_) {
      const auto& roots = copy.server->context_roots;
      const auto has = [&](std::string_view wanted) {
        return std::any_of(roots.begin(), roots.end(), [&](const auto& root) { return same_dn(root, wanted); });
      };
      if (has(copy.area->dn) && !has(dn) && should_hold(copy, dn)) missing.push_back(copy.server->name);
    }
    if (missing.empty()) continue;
    tell({Severity::warning, "nested-area", dn, "",
          fmt::format("it is an area of its own on {}, but a part of {} there, so that changes at and below it are not "
                      "carried between them: repctl area add there, and replica create for all that have it; or repctl "
                      "area delete where it is one",
                      fmt::join(servers, ", "), copies_.front().area->dn)},
         missing);
  }
}

}  // namespace

std::vector<GroupFinding> check_group(const std::vector<AreaOnServer>& copies,
                                      const std::vector<const ServerFacts*>& without) {
  return Check(copies, without).run();
}

bool any_wrong(const std::vector<GroupFinding>& findings) {
  return std::any_of(findings.begin(), findings.end(),
                     [](const GroupFinding& each) { return each.finding.severity != Severity::note; });
}

}  // namespace replkit::tasks
