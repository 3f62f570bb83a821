// repctl vector show: what each replica holds.
#include <fmt/format.h>

#include <algorithm>

#include "common/base/text.hpp"
#include "common/cli/output.hpp"
#include "common/cli/table.hpp"
#include "common/tasks/vectors.hpp"
#include "tools/repctl/vector_json.hpp"
#include "tools/repctl/view.hpp"

namespace replkit::tools {

namespace {

using repctl::Server;
using tasks::Gap;
using tasks::ToldVector;

// Of several replicas known only from what others were told, the newest telling counts.
bool is_newer(const ToldVector& a, const ToldVector& b) {
  return a.problem.empty() && (!b.problem.empty() || a.as_of() > b.as_of());
}

// Leaves what replicas tell themselves and, of the others, the newest that is known.
void drop_copies(std::vector<ToldVector>& vectors) {
  std::vector<ToldVector> kept;
  for (auto& told : vectors) {
    const auto same =
        std::find_if(kept.begin(), kept.end(), [&](const auto& each) { return each.replica == told.replica; });
    if (same == kept.end()) {
      kept.push_back(std::move(told));
    } else if (told.own && same->own) {
      kept.insert(same + 1, std::move(told));  // two servers say that it is theirs
    } else if (!same->own && (told.own || is_newer(told, *same))) {
      *same = std::move(told);
    }
  }
  vectors = std::move(kept);
}

void choose(const std::vector<std::string>& wanted, const repctl::ReadAreas& read, std::vector<ToldVector>& vectors) {
  if (wanted.empty()) return;
  for (const auto& id : wanted) {
    const auto has = [&](const auto& row) { return row.second.find(id) != nullptr; };
    if (read.rows.empty() || std::any_of(read.rows.begin(), read.rows.end(), has)) continue;
    tasks::require_replica(read.rows.front().first->facts, read.rows.front().second, id);
  }
  std::erase_if(vectors, [&](const ToldVector& told) {
    return std::none_of(wanted.begin(), wanted.end(),
                        [&](const auto& id) { return equals_ignore_case(id, told.replica); });
  });
}

// Of a vector that another replica told of itself, in the place of its newest changes: beside its teller the lines
// would be too long.
std::string time_told(const ToldVector& told) {
  const auto since = told.as_of();
  return fmt::format("(told {})", since ? format_utc(*since) : "nothing yet");
}

const Gap* find_gap(const std::vector<Gap>& gaps, std::size_t vector, const std::string& origin) {
  for (const auto& gap : gaps) {
    if (gap.vector == vector && gap.origin == origin) return &gap;
  }
  return nullptr;
}

void print_table(const std::vector<ToldVector>& vectors, const ldup::UpdateVector& newest, const std::vector<Gap>& gaps,
                 Instant now) {
  cli::Table table(
      {{"Replica"}, {"As told by"}, {"Changes of"}, {"Newest it holds"}, {.title = "Waiting", .wraps = true}});
  for (std::size_t i = 0; i < vectors.size(); ++i) {
    bool first = true;
    const auto add = [&](std::string origin, std::string csn, std::string lag) {
      table.add_row({first ? vectors[i].replica : "", first ? vectors[i].server : "", std::move(origin), std::move(csn),
                     std::move(lag)});
      first = false;
    };
    if (!vectors[i].problem.empty()) {
      add("unknown", "", "");
      continue;
    }
    if (!vectors[i].own) add("", time_told(vectors[i]), "");
    if (newest.empty()) add("-", "none", "-");
    for (const auto& [origin, csn] : newest.components()) {
      const auto* gap = find_gap(gaps, i, origin);
      const auto held = vectors[i].vector.components().find(origin);
      add(origin, held == vectors[i].vector.components().end() ? "none" : held->second.ldup_text(),
          gap == nullptr     ? "-"
          : gap->only_vector ? "vector only"
          : vectors[i].own   ? text_of(tasks::delay_of(*gap, now))
                             : "not known");  // it may have got them since
    }
  }
  cli::print_out(table.text());
}

}  // namespace

ExitStatus vector_show(RepctlSettings& settings) {
  const auto read = repctl::read_areas(settings);
  std::vector<ToldVector> vectors;
  for (const auto& [server, area] : read.rows) {
    for (auto& told : tasks::vectors_of(server->facts, area)) vectors.push_back(std::move(told));
  }
  const auto newest = tasks::newest_of(vectors);
  const auto all = vectors;
  if (!settings.copies) drop_copies(vectors);
  choose(settings.replicas, read, vectors);
  std::stable_sort(vectors.begin(), vectors.end(),
                   [](const ToldVector& a, const ToldVector& b) { return a.replica < b.replica; });
  auto missing = tasks::gaps(vectors, newest);
  tasks::mark_vectors(missing, all);
  const auto now = system_clock().now();
  if (settings.json) {
    repctl::print_vectors_json("vector show", repctl::area_of(settings), read.servers, vectors, missing, now);
  } else {
    print_table(vectors, newest, missing, now);
    for (const auto& told : vectors) {
      if (!told.problem.empty()) fmt::print(stderr, "repctl: {}\n", printable(told.problem));
    }
  }
  const bool unreadable =
      std::any_of(vectors.begin(), vectors.end(), [](const auto& told) { return !told.problem.empty(); });
  return worse(repctl::finish(settings, read), unreadable ? ExitStatus::undecided : ExitStatus::done);
}

}  // namespace replkit::tools
