#include "tools/repctl/behind.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "common/base/text.hpp"
#include "common/tasks/names.hpp"
#include "common/tasks/vectors.hpp"
#include "tools/repctl/vector_check.hpp"

namespace replkit::tools::repctl {

namespace {

using Copies = std::vector<std::pair<const Server*, const tasks::AreaFacts*>>;

Copies copies_of(const ReadAreas& read, const std::string& dn) {
  Copies out;
  for (const auto& [server, area] : read.rows) {
    if (tasks::same_dn(area.dn, dn)) out.emplace_back(server, &area);
  }
  return out;
}

bool any_says(const Copies& copies, const std::string& replica, bool (*says)(const model::Entry&)) {
  return std::any_of(copies.begin(), copies.end(), [&](const auto& copy) {
    const auto* found = copy.second->find(replica);
    return found != nullptr && says(found->entry);
  });
}

bool is_suspended(const model::Entry& replica) {
  return online_text(replica) == "no";
}

// Whether an agreement to supply it follows a schedule.
bool is_scheduled(const Copies& copies, const std::string& replica) {
  for (const auto& [server, area] : copies) {
    for (const auto& supplier : area->replicas) {
      for (const auto* agreement : supplier.agreements()) {
        if (consumer_text(*area, *agreement) == replica &&
            !tasks::first_of(*agreement, tasks::name::schedule_dn).empty()) {
          return true;
        }
      }
    }
  }
  return false;
}

// What is known of a replica's vector by what it told others last; nothing when its own server was asked.
std::optional<tasks::ToldVector> last_told(const std::vector<tasks::ToldVector>& all, const std::string& replica) {
  std::optional<tasks::ToldVector> out;
  for (const auto& told : all) {
    if (told.replica != replica) continue;
    if (told.own || !told.problem.empty()) return std::nullopt;
    if (!out || told.as_of() > out->as_of()) out = told;
  }
  return out;
}

// Of the gap, what was made before `before`. Nothing when all that is in it was made later.
std::optional<tasks::Gap> older_part(tasks::Gap gap, Instant before) {
  if (gap.has && gap.has->time() >= before) return std::nullopt;
  if (gap.newest.time() > before) gap.newest = ldup::Csn(before, 0, gap.origin, 0);
  return gap;
}

}  // namespace

std::vector<tasks::GroupFinding> find_behind(ReadAreas& read, const std::string& area,
                                             std::chrono::microseconds limit) {
  const auto copies = copies_of(read, area);
  std::vector<tasks::ToldVector> own, all;
  std::vector<std::string> dns;
  for (const auto& [server, copy] : copies) {
    if (!copy->closed.empty()) continue;
    for (auto& told : tasks::vectors_of(server->facts, *copy)) {
      all.push_back(told);
      if (!told.own || !told.problem.empty()) continue;
      dns.push_back(copy->find(told.replica)->entry.dn);
      own.push_back(std::move(told));
    }
  }
  auto gaps = tasks::gaps(own, tasks::newest_of(own));
  tasks::mark_vectors(gaps, all);
  const auto before = system_clock().now() - limit;
  const GapCheck check(area);
  std::vector<tasks::GroupFinding> findings;
  for (const auto& gap : gaps) {
    const auto& of = own[gap.vector];
    const auto old = gap.only_vector ? std::nullopt : older_part(gap, before);
    if (!old || any_says(copies, of.replica, is_suspended) || any_says(copies, gap.origin, is_suspended)) continue;
    if (!check.lacks(*old, own, read.servers).value_or(gap.newest.time() <= before)) continue;
    findings.push_back(
        {{is_scheduled(copies, of.replica) ? ldup::Severity::note : ldup::Severity::warning, "behind", dns[gap.vector],
          std::string(tasks::name::update_vector),
          fmt::format("{} lacks changes of {} that {} has, and that were made over {} ago: repctl vector diff tells of "
                      "all that is missing, the last sessions of the agreements and repctl history on the servers why",
                      of.replica, gap.origin, own[gap.holders.front()].server, format_duration(limit))},
         {of.server}});
  }
  return findings;
}

std::vector<tasks::GroupFinding> find_silent(const ReadAreas& read, const std::string& area) {
  const auto copies = copies_of(read, area);
  std::vector<tasks::ToldVector> all;
  for (const auto& [server, copy] : copies) {
    for (auto& told : tasks::vectors_of(server->facts, *copy)) all.push_back(std::move(told));
  }
  const auto newest = tasks::newest_of(all);
  const auto before = system_clock().now() - std::chrono::hours(24);
  std::vector<tasks::GroupFinding> findings;
  std::set<std::string> seen;
  for (const auto& [server, copy] : copies) {
    for (const auto& replica : copy->replicas) {
      if (!seen.insert(replica.id).second) continue;
      const auto told = last_told(all, replica.id);
      if (!told) continue;
      const auto lacks = [&](const auto& component) {
        return component.first != replica.id && component.second.time() < before &&
               !told->vector.covers(component.second);
      };
      if (std::none_of(newest.components().begin(), newest.components().end(), lacks)) continue;
      const auto since = told->as_of();
      findings.push_back(
          {{ldup::Severity::warning, "silent", replica.entry.dn, std::string(tasks::name::update_vector),
            fmt::format("nothing is heard of {0} {1}, so that the others keep records of all that is deleted: if its "
                        "server will not be back, repctl replica delete {0} ends that",
                        replica.id, since ? "since " + format_utc(*since) : "yet")},
           {server->name}});
    }
  }
  return findings;
}

}  // namespace replkit::tools::repctl
