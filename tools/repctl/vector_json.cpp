#include "tools/repctl/vector_json.hpp"

#include <nlohmann/json.hpp>

#include "common/cli/output.hpp"

namespace replkit::tools::repctl {

namespace {

using tasks::Gap;
using tasks::ToldVector;

double seconds_of(std::chrono::microseconds length) {
  return std::chrono::duration<double>(length).count();
}

nlohmann::json json_of(const Gap& gap, const std::vector<ToldVector>& vectors, Instant now) {
  const auto delay = tasks::delay_of(gap, now);
  auto holders = nlohmann::json::array();
  for (const auto place : gap.holders) holders.push_back(vectors[place].server);
  return {{"server", vectors[gap.vector].server},
          {"replica", vectors[gap.vector].replica},
          {"origin", gap.origin},
          {"has", gap.has ? nlohmann::json(gap.has->ldup_text()) : nlohmann::json()},
          {"newest", gap.newest.ldup_text()},
          {"held_by", holders},
          {"only_vector", gap.only_vector},
          {"clock_ahead_seconds", seconds_of(delay.ahead)},
          {"waiting_seconds_least", seconds_of(delay.least)},
          {"waiting_seconds_most", delay.most ? nlohmann::json(seconds_of(*delay.most)) : nlohmann::json()}};
}

nlohmann::json json_of(const ToldVector& told) {
  nlohmann::json out = {{"server", told.server}, {"replica", told.replica}, {"own", told.own}};
  if (!told.problem.empty()) {
    out["problem"] = told.problem;
    return out;
  }
  out["vector"] = nlohmann::json::object();
  for (const auto& [origin, csn] : told.vector.components()) out["vector"][origin] = csn.ldup_text();
  const auto since = told.as_of();
  if (!told.own) out["told"] = since ? nlohmann::json(format_utc(*since)) : nlohmann::json();
  return out;
}

}  // namespace

void print_vectors_json(const std::string& command, const std::string& area, const std::vector<Server>& servers,
                        const std::vector<ToldVector>& vectors, const std::vector<Gap>& gaps, Instant now) {
  auto list = nlohmann::json::array();
  for (const auto& told : vectors) list.push_back(json_of(told));
  auto missing = nlohmann::json::array();
  for (const auto& gap : gaps) {
    // Of a copy nobody knows: the replica may have got them since.
    if (vectors[gap.vector].own) missing.push_back(json_of(gap, vectors, now));
  }
  const auto problems = problems_json(servers);
  nlohmann::json out = {{"schema", "repctl/1"},         {"command", command},  {"area", area},
                        {"time", format_utc(now)},      {"vectors", list},     {"gaps", missing},
                        {"complete", problems.empty()}, {"problems", problems}};
  cli::print_out(cli::to_json(out, 2) + '\n');
}

}  // namespace replkit::tools::repctl
