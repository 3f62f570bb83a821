#include "common/tasks/copies_check.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <set>

#include "common/base/error.hpp"
#include "common/base/text.hpp"
#include "common/model/dn.hpp"
#include "common/tasks/names.hpp"

namespace replkit::tasks {

namespace {

using ldup::Severity;

// One name, and what it is on each server that has it.
struct Known {
  std::string dn;
  std::string_view code;
  std::string_view noun;
  std::string adding;                                                                   // how it gets to a server
  std::map<std::string, std::vector<const AreaOnServer*>, IgnoreCaseLess> copies = {};  // by entryUUID
};

bool has(const Known& known, const AreaOnServer& copy) {
  return std::any_of(known.copies.begin(), known.copies.end(), [&](const auto& each) {
    return std::find(each.second.begin(), each.second.end(), &copy) != each.second.end();
  });
}

std::vector<std::string> names_of(const std::vector<const AreaOnServer*>& copies) {
  std::vector<std::string> names;
  for (const auto* copy : copies) names.push_back(copy->server->name);
  return names;
}

void check_missing(const std::vector<AreaOnServer>& copies, const Known& known, std::vector<GroupFinding>& found) {
  std::vector<std::string> missing;
  for (const auto& copy : copies) {
    if (copy.area->closed.empty() && !has(known, copy)) missing.push_back(copy.server->name);
  }
  if (missing.empty()) return;
  found.push_back(
      {{Severity::warning, std::string(known.code), known.dn, "",
        fmt::format("the {} is not known there: it is on its way, which repctl vector diff --wait 1m tells, "
                    "or these servers do not replicate: {} adds it",
                    known.noun, known.adding)},
       missing});
}

// Those that most have stay: the others get them by a full update.
void check_same(const Known& known, std::vector<GroupFinding>& found) {
  if (known.copies.size() < 2) return;
  const auto most = std::max_element(known.copies.begin(), known.copies.end(),
                                     [](const auto& a, const auto& b) { return a.second.size() < b.second.size(); });
  auto servers = names_of(most->second);
  std::vector<std::string> others;
  std::vector<std::string> commands;
  for (const auto& each : known.copies) {
    if (each.first == most->first) continue;
    others.push_back(fmt::format("{}", fmt::join(names_of(each.second), ", ")));
    for (const auto* copy : each.second) {
      const auto* own = own_replica(*copy->server, *copy->area);
      commands.push_back("repctl cycle trigger --full " + (own == nullptr ? "REPLICA" : own->id));
      servers.push_back(copy->server->name);
    }
  }
  const auto kept = fmt::format("{}", fmt::join(names_of(most->second), ", "));
  found.push_back(
      {{Severity::error, "two-entries", known.dn, "entryUUID",
        fmt::format("it is one entry on {0}, and another on {1}: replication takes them for several. To keep that of "
                    "{0}, have all of theirs sent there by one of these: {2}; what is only on {1} is lost",
                    kept, fmt::join(others, ", on "), fmt::join(commands, ", "))},
       servers});
}

void check_owners(const std::vector<AreaOnServer>& copies, std::vector<GroupFinding>& found) {
  std::map<std::string, std::vector<std::string>> owners;
  for (const auto& copy : copies) {
    if (const auto* own = own_replica(*copy.server, *copy.area)) owners[own->entry.dn].push_back(copy.server->name);
  }
  for (const auto& [dn, servers] : owners) {
    if (servers.size() < 2) continue;
    found.push_back({{Severity::error, "same-own", dn, "",
                      "several servers say that they are this replica: give all but one another replica_id, see "
                      "replserver.toml(5), and repctl replica create one of that name"},
                     servers});
  }
}

// Gathers what has names that all servers should know.
class Names {
 public:
  explicit Names(const std::vector<AreaOnServer>& copies) {
    for (const auto& copy : copies) {
      for (const auto& replica : copy.area->replicas) {
        if (is_conflicted(replica)) conflicted_.insert(replica.id);
      }
    }
    for (const auto& copy : copies) add(copy);
  }

  const std::vector<Known>& known() const { return known_; }

 private:
  void add(const AreaOnServer& copy) {
    if (copy.area->root) note(copy, *copy.area->root, "replica-list", "top entry", "repctl area copy-base");
    for (const auto& replica : copy.area->replicas) {
      if (conflicted_.contains(replica.id)) continue;  // a finding of its own, from which the rest follows
      note(copy, replica.entry, "replica-list", "replica", fmt::format("repctl replica create {}", replica.id));
      for (const auto* agreement : replica.agreements()) {
        note(copy, *agreement, "agreement-list", "agreement",
             fmt::format("repctl agreement add {} {} --name {}", replica.id,
                         cn_of(first_of(*agreement, name::replica_dn)), cn_of(agreement->dn)));
      }
    }
  }

  void note(const AreaOnServer& copy, const model::Entry& entry, std::string_view code, std::string_view noun,
            const std::string& adding) {
    auto same =
        std::find_if(known_.begin(), known_.end(), [&](const Known& each) { return same_dn(each.dn, entry.dn); });
    if (same == known_.end()) same = known_.insert(known_.end(), {entry.dn, code, noun, adding});
    same->copies[std::string(entry.first("entryUUID"))].push_back(&copy);
  }

  std::set<std::string> conflicted_;
  std::vector<Known> known_;
};

}  // namespace

bool is_conflicted(const Replica& replica) {
  try {
    const auto dn = model::Dn::parse(replica.entry.dn);
    return !dn.empty() && dn.rdns().front().size() > 1;
  } catch (const ParseError&) {
    return false;
  }
}

void check_copies(const std::vector<AreaOnServer>& copies, std::vector<GroupFinding>& found) {
  check_owners(copies, found);
  if (copies.size() < 2) return;
  const Names names(copies);
  for (const auto& each : names.known()) {
    check_missing(copies, each, found);
    check_same(each, found);
  }
}

}  // namespace replkit::tasks
