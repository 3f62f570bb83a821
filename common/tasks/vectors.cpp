#include "common/tasks/vectors.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "common/base/text.hpp"
#include "common/tasks/names.hpp"

namespace replkit::tasks {

namespace {

using std::chrono::microseconds;

// Why the server's own vector says nothing: what it was true of is being replaced.
std::string why_void(const ServerFacts& server, const AreaFacts& area) {
  if (area.closed.empty()) return {};
  return fmt::format("{}: shows no entries of {}: {}; {}", printable(server.name), printable(area.dn),
                     printable(area.closed), ways_to_fill(server, area));
}

// CSNs count whole seconds.
std::string seconds_text(microseconds length) {
  const auto whole = std::chrono::floor<std::chrono::seconds>(length);
  return whole.count() == 0 ? "0 s" : format_duration(whole);
}

bool holds(const ToldVector& told, const ldup::Csn& csn) {
  return told.problem.empty() && told.vector.covers(csn);
}

}  // namespace

std::optional<Instant> ToldVector::as_of() const {
  const auto own_part = vector.components().find(replica);
  return own_part == vector.components().end() ? std::nullopt : std::optional(own_part->second.time());
}

ToldVector vector_of(const ServerFacts& server, const Replica& replica, const model::Entry& entry) {
  ToldVector told{.server = server.name, .replica = replica.id, .own = false, .vector = {}, .problem = {}};
  const auto values = values_of(entry, name::update_vector);
  try {
    told.vector = ldup::UpdateVector::parse(values);
  } catch (const ParseError& error) {
    constexpr std::size_t most_shown = 200;
    told.problem =
        fmt::format("{}: the updateVector of {} cannot be read: {}: {}", printable(server.name), printable(entry.dn),
                    error.what(), printable(fmt::format("{}", fmt::join(values, ", ")).substr(0, most_shown)));
  }
  return told;
}

std::vector<ToldVector> vectors_of(const ServerFacts& server, const AreaFacts& area) {
  const auto* own = own_replica(server, area);
  std::vector<ToldVector> out;
  for (const auto& replica : area.replicas) {
    auto told = vector_of(server, replica, replica.entry);
    told.own = &replica == own;
    if (told.own && told.problem.empty()) told.problem = why_void(server, area);
    out.insert(told.own ? out.begin() : out.end(), std::move(told));
  }
  return out;
}

ToldVector own_vector(const ServerFacts& server, const AreaFacts& area) {
  require_ldup(server, "update vector");
  require_area(server, area);
  const auto* own = own_replica(server, area);
  if (own == nullptr) {
    throw Precondition(
        fmt::format("{}: does not tell which replica of {} it is itself: neither its root DSE nor a URI of a replica "
                    "does; repctl replica create adds the one that is missing",
                    printable(server.name), printable(area.dn)));
  }
  auto told = vector_of(server, *own, own->entry);
  told.own = true;
  if (told.problem.empty()) told.problem = why_void(server, area);
  if (!told.problem.empty()) throw Precondition(told.problem);
  return told;
}

ldup::UpdateVector newest_of(const std::vector<ToldVector>& vectors) {
  ldup::UpdateVector newest;
  for (const auto& told : vectors) {
    for (const auto& [origin, csn] : told.vector.components()) newest.merge(csn);
  }
  return newest;
}

std::vector<Gap> gaps(const std::vector<ToldVector>& vectors, const ldup::UpdateVector& wanted) {
  std::vector<Gap> out;
  for (std::size_t i = 0; i < vectors.size(); ++i) {
    if (!vectors[i].problem.empty()) continue;
    for (const auto& [origin, newest] : wanted.components()) {
      if (vectors[i].vector.covers(newest)) continue;
      Gap gap{.vector = i, .origin = origin, .has = {}, .newest = newest, .holders = {}};
      const auto& components = vectors[i].vector.components();
      if (const auto held = components.find(origin); held != components.end()) gap.has = held->second;
      for (std::size_t other = 0; other < vectors.size(); ++other) {
        if (holds(vectors[other], newest)) gap.holders.push_back(other);
      }
      out.push_back(std::move(gap));
    }
  }
  return out;
}

void mark_vectors(std::vector<Gap>& gaps, const std::vector<ToldVector>& told) {
  for (auto& gap : gaps) {
    // Between the two no other change was made.
    const bool next = gap.has && gap.has->time() == gap.newest.time() && gap.has->count() + 1 == gap.newest.count();
    // A vector that is told covers the change that it is itself.
    gap.only_vector = next && std::any_of(told.begin(), told.end(), [&](const ToldVector& each) {
                        const auto& components = each.vector.components();
                        const auto own_part = components.find(gap.origin);
                        return !each.own && each.replica == gap.origin && own_part != components.end() &&
                               own_part->second == gap.newest;
                      });
  }
}

std::optional<ldup::Csn> unsent_of(const std::vector<ToldVector>& told, const std::string& replica) {
  std::optional<ldup::Csn> newest;
  for (const auto& each : told) {
    if (!each.own || each.replica != replica) continue;
    const auto found = each.vector.components().find(replica);
    if (found != each.vector.components().end()) newest = found->second;
  }
  if (!newest) return std::nullopt;
  ldup::UpdateVector wanted;
  wanted.merge(*newest);
  auto missing = gaps(told, wanted);
  mark_vectors(missing, told);
  bool any_other = false;
  for (std::size_t i = 0; i < told.size(); ++i) {
    if (told[i].replica == replica) continue;
    any_other = true;
    const bool lacks = std::any_of(missing.begin(), missing.end(),
                                   [&](const Gap& gap) { return gap.vector == i && !gap.only_vector; });
    if (!lacks && told[i].problem.empty()) return std::nullopt;
  }
  return any_other ? newest : std::nullopt;
}

bool any_missing(const std::vector<Gap>& gaps) {
  return std::any_of(gaps.begin(), gaps.end(), [](const Gap& gap) { return !gap.only_vector; });
}

Delay delay_of(const Gap& gap, Instant now) {
  const auto since = [now](const ldup::Csn& csn) { return std::max(microseconds(0), microseconds(now - csn.time())); };
  return {since(gap.newest), gap.has ? std::optional(since(*gap.has)) : std::nullopt,
          std::max(microseconds(0), microseconds(gap.newest.time() - now))};
}

std::string text_of(const Delay& delay) {
  // Clocks that agree differ by less.
  if (delay.ahead >= std::chrono::seconds(1)) return "clock ahead by " + seconds_text(delay.ahead);
  const auto least = seconds_text(delay.least);
  if (!delay.most) return "over " + least;
  const auto most = seconds_text(*delay.most);
  return least == most ? least : least + " to " + most;
}

}  // namespace replkit::tasks
