#include "common/compare/compare.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <random>
#include <set>
#include <thread>

#include "common/base/error.hpp"
#include "common/base/text.hpp"
#include "common/compare/details.hpp"
#include "common/compare/hidden_attributes.hpp"
#include "common/compare/lacking_attributes.hpp"
#include "common/ldap/error.hpp"
#include "common/model/dn.hpp"

namespace replkit::compare {

namespace {

// One run of the comparison, step by step.
class Run {
 public:
  Run(const Options& options, const Clock& clock, const CancelToken& cancel, const Callbacks& callbacks)
      : options_(options), clock_(clock), cancel_(cancel), callbacks_(callbacks) {}

  Result run();

 private:
  void open_sources();
  FingerprintRules make_rules();
  void leave_out_subordinates(std::size_t source, FingerprintRules& rules);
  std::vector<std::optional<std::uint64_t>> own_counts();
  void scan();
  bool leave_out(const std::vector<HiddenAttribute>& hidden);
  void note_secrets();
  void check_counts(const std::vector<std::optional<std::uint64_t>>& before, const std::vector<bool>& still);
  void watch_candidates();
  bool report(std::vector<Difference> differences);
  void count(const Difference& difference);
  void finish();

  const Options& options_;
  const Clock& clock_;
  const CancelToken& cancel_;
  const Callbacks& callbacks_;
  Result result_;
  std::vector<std::unique_ptr<Source>> sources_;  // null: not reached
  std::vector<std::size_t> reached_;              // the places of those that were
  ScanResult scan_;
  std::uint64_t reported_ = 0;
};

std::unique_ptr<Source> open_source(const SourceOptions& source, const std::string& base, const CancelToken& cancel) {
  if (source.server) return open_live_source(source.name, *source.server, base, cancel);
  return open_ldif_source(source.name, source.file, cancel);
}

void Run::open_sources() {
  const auto n = options_.sources.size();
  if (n < 2) throw UsageError("at least two sources are needed: repeat -H");
  if (n > max_sources) throw UsageError(fmt::format("at most {} sources can be compared in one run", max_sources));
  sources_.resize(n);
  result_.base = options_.area.base;
  result_.sources.resize(n);
  std::vector<std::exception_ptr> fatal(n);
  {
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < n; ++i) {
      result_.sources[i].name = options_.sources[i].name;
      result_.sources[i].kind = options_.sources[i].server ? "ldap" : "ldif";
      threads.emplace_back([&, i] {
        try {
          sources_[i] = open_source(options_.sources[i], options_.area.base, cancel_);
          sources_[i]->schema();
          result_.sources[i].kind = sources_[i]->kind();
          result_.sources[i].relax = sources_[i]->lists_relax();
          result_.sources[i].reached = true;
        } catch (const ldap::LdapError& error) {
          sources_[i].reset();
          result_.sources[i].failure = error.status();
          result_.sources[i].reasons.emplace_back(error.what());
        } catch (const Cancelled& cancelled) {
          sources_[i].reset();
          result_.sources[i].failure = ExitStatus::undecided;
          result_.sources[i].reasons.emplace_back(cancelled.what());
        } catch (...) {
          fatal[i] = std::current_exception();
        }
      });
    }
  }
  for (const auto& error : fatal) {
    if (error) std::rethrow_exception(error);
  }
  for (std::size_t i = 0; i < n; ++i) {
    if (sources_[i]) reached_.push_back(i);
  }
}

std::vector<std::optional<std::uint64_t>> Run::own_counts() {
  std::vector<std::optional<std::uint64_t>> counts(sources_.size());
  for (const auto i : reached_) {
    try {
      counts[i] = sources_[i]->own_count(options_.area);
    } catch (const Error&) {
      // Nothing to compare the number of entries with; an interrupted run still has to tell what it found.
    }
  }
  return counts;
}

std::optional<ldup::UpdateVector> vector_of(Source& source) {
  try {
    return source.vector();
  } catch (const Error&) {
    return std::nullopt;
  }
}

// Takes attributes that a source hides out of the comparison. Returns whether there are any.
bool Run::leave_out(const std::vector<HiddenAttribute>& hidden) {
  for (const auto& found : hidden) {
    const auto hider = reached_[found.hider];
    const auto name = written_name(found.name, result_.rules.schema);
    result_.sources[hider].reasons.push_back(
        fmt::format("it shows {0} on no entry, {1} on {2}: this identity may not read it there, or it does not "
                    "replicate to it. It was not compared; if that is right, say --exclude-attrs {0}",
                    name, result_.sources[reached_[found.shower]].name, found.shown));
    result_.rules.excluded.push_back(name);
  }
  return !hidden.empty();
}

// Whoever may not read passwords must not believe that they were compared. (With persons, there are passwords.)
void Run::note_secrets() {
  const auto any_shows = [&](const std::string& type) {
    return std::any_of(scan_.outcomes.begin(), scan_.outcomes.end(),
                       [&](const auto& outcome) { return outcome.shown_attributes.contains(type); });
  };
  const bool live = std::any_of(reached_.begin(), reached_.end(), [&](auto i) { return options_.sources[i].server; });
  std::set<std::string> shown_nowhere;
  if (live && !options_.quick && result_.rules.compares("userPassword") && any_shows("sn") &&
      !any_shows("userpassword"))
    shown_nowhere.insert("userPassword");
  for (std::size_t k = 0; k < reached_.size(); ++k) {
    for (const auto& [name, count] : scan_.outcomes[k].unseen_secrets) {
      if (!any_shows(to_lower(name))) {
        shown_nowhere.insert(name);
        continue;
      }
      result_.sources[reached_[k]].notes.push_back(
          fmt::format("it does not show {} on {} that must have it, so it was not compared there", name,
                      counted(count, "entry", "entries")));
    }
  }
  for (const auto& name : shown_nowhere) {
    result_.notes.push_back(fmt::format("no source shows {}, so passwords were not compared", name));
  }
}

void Run::scan() {
  std::vector<std::unique_ptr<Source>> taking_part;
  std::vector<directory::Part> parts;
  for (const auto i : reached_) {
    taking_part.push_back(std::move(sources_[i]));
    parts.push_back(result_.sources[i].part);
  }
  const auto put_back = [&] {
    for (std::size_t k = 0; k < reached_.size(); ++k) sources_[reached_[k]] = std::move(taking_part[k]);
  };
  ScanProgress progress;
  if (callbacks_.scanned) {
    progress = [&](std::size_t k, std::uint64_t entries) { callbacks_.scanned(reached_[k], entries); };
  }
  try {
    scan_ = scan_all(taking_part, options_.area, result_.rules, cancel_, progress, parts);
    if (leave_out(find_hidden_attributes(taking_part, options_.area, result_.rules, scan_))) {
      scan_ = scan_all(taking_part, options_.area, result_.rules, cancel_, progress, parts);
    }
    note_secrets();
  } catch (...) {
    put_back();
    throw;
  }
  put_back();
  std::string base;
  model::normalize_dn(options_.area.base, result_.rules.schema, base);
  for (std::size_t k = 0; k < reached_.size(); ++k) {
    auto& report = result_.sources[reached_[k]];
    report.entries = scan_.outcomes[k].entries;
    report.outside = scan_.outside[k];
    report.reasons.insert(report.reasons.end(), scan_.outcomes[k].reasons.begin(), scan_.outcomes[k].reasons.end());
    report.notes.insert(report.notes.end(), scan_.outcomes[k].notes.begin(), scan_.outcomes[k].notes.end());
    if (report.outside != 0 && !parts[k](base)) {
      report.reasons = {
          fmt::format("its replica holds nothing of {}: compare below what it holds", options_.area.base)};
    }
  }
  // Missing on one side it is a difference; missing everywhere it is most likely a wrong name.
  if (std::all_of(scan_.outcomes.begin(), scan_.outcomes.end(), [](const auto& outcome) { return outcome.no_base; })) {
    for (const auto i : reached_) {
      auto& reasons = result_.sources[i].reasons;
      if (reasons.empty()) reasons.push_back(fmt::format("there is no entry {}", options_.area.base));
    }
  }
}

// A server that counts more entries than it showed hides some of them, even when both sides hide the same.
void Run::check_counts(const std::vector<std::optional<std::uint64_t>>& before, const std::vector<bool>& still) {
  if (!options_.excluded_branches.empty()) return;
  const auto after = own_counts();
  for (const auto i : reached_) {
    auto& report = result_.sources[i];
    if (!before[i] || !after[i] || !report.reasons.empty()) continue;
    const auto least = std::min(*before[i], *after[i]);
    // While others write, adds and deletes during the scan blur the count.
    const auto slack = still[i] ? 0 : 100 + least / 50;
    if (report.entries + slack >= least) continue;
    report.reasons.push_back(fmt::format("the server counts {} but shows {}: this identity may not see the others",
                                         counted(least, "entry", "entries"), report.entries));
  }
}

// Returns the attributes that both lists name; objectClass when they have none in common, which every replica holds.
std::vector<std::string> in_both(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  std::vector<std::string> out;
  for (const auto& name : a) {
    if (std::any_of(b.begin(), b.end(), [&](const auto& other) { return equals_ignore_case(name, other); })) {
      out.push_back(name);
    }
  }
  if (out.empty()) out.emplace_back("objectClass");
  return out;
}

// Each area of replication is compared by itself (draft-ietf-ldup-mrm-02 4.20, step 1).
void Run::leave_out_subordinates(std::size_t source, FingerprintRules& rules) {
  const auto roots = sources_[source]->subordinate_areas();
  if (roots.empty()) return;
  rules.excluded_branches.insert(rules.excluded_branches.end(), roots.begin(), roots.end());
  result_.sources[source].notes.push_back(fmt::format("not compared, as {} of replication: {}; compare with -b there",
                                                      roots.size() == 1 ? "it is another area" : "they are other areas",
                                                      fmt::join(roots, "; ")));
}

FingerprintRules Run::make_rules() {
  FingerprintRules rules;
  rules.schema = model::Schema::standard();
  bool have_schema = false;
  bool all_have_ids = true;
  for (std::size_t i = 0; i < sources_.size(); ++i) {
    if (!sources_[i]) continue;
    auto& source = *sources_[i];
    if (source.is_live() && !have_schema) {
      rules.schema = source.schema();
      have_schema = true;
    }
    if (source.id_attribute().empty()) all_have_ids = false;
    if (rules.id_attribute.empty()) rules.id_attribute = source.id_attribute();
    if (rules.csn_attribute.empty()) rules.csn_attribute = source.csn_attribute();
    if (options_.quick && source.csn_attribute().empty()) {
      throw UsageError(
          fmt::format("{}: --quick compares CSNs, and this source shows none: leave --quick out", source.name()));
    }
    try {
      auto unreplicated = source.unreplicated();
      rules.excluded.insert(rules.excluded.end(), unreplicated.excluded.begin(), unreplicated.excluded.end());
      if (unreplicated.only)
        rules.only = rules.only.empty() ? *unreplicated.only : in_both(rules.only, *unreplicated.only);
      result_.sources[i].part = std::move(unreplicated.part);
      result_.sources[i].notes.insert(result_.sources[i].notes.end(), unreplicated.notes.begin(),
                                      unreplicated.notes.end());
    } catch (const ldap::LdapError& error) {
      result_.sources[i].notes.emplace_back(error.what());
    }
  }
  if (!all_have_ids) rules.id_attribute.clear();
  // What the user names counts, also where it would not replicate.
  if (!options_.only.empty()) {
    rules.only = options_.only;
    std::erase_if(rules.excluded, [&](const std::string& name) {
      return std::any_of(options_.only.begin(), options_.only.end(),
                         [&](const auto& only) { return equals_ignore_case(only, name); });
    });
  }
  rules.excluded.insert(rules.excluded.end(), options_.excluded.begin(), options_.excluded.end());
  std::sort(rules.excluded.begin(), rules.excluded.end(), IgnoreCaseLess{});
  rules.excluded.erase(std::unique(rules.excluded.begin(), rules.excluded.end(),
                                   [](const auto& a, const auto& b) { return equals_ignore_case(a, b); }),
                       rules.excluded.end());
  rules.excluded_branches = options_.excluded_branches;
  for (const auto i : reached_) leave_out_subordinates(i, rules);
  rules.base = options_.area.base;
  rules.quick = options_.quick;
  rules.exact = options_.exact;
  rules.check_required = rules.only.empty();
  std::random_device random;
  rules.seed = std::uint64_t{random()} << 32 | random();
  return rules;
}

void Run::count(const Difference& difference) {
  auto& summary = result_.summary;
  switch (difference.kind) {
    case DifferenceKind::missing:
      ++summary.missing;
      break;
    case DifferenceKind::renamed:
      ++summary.renamed;
      break;
    case DifferenceKind::changed:
      ++summary.changed;
      break;
  }
  switch (difference.judgement.verdict) {
    case Verdict::in_flight:
      ++summary.in_flight;
      if (difference.judgement.stalled) ++summary.stalled;
      if (difference.judgement.csn &&
          (!summary.oldest_in_flight || *summary.oldest_in_flight < difference.judgement.age)) {
        summary.oldest_in_flight = difference.judgement.age;
      }
      break;
    case Verdict::diverged:
      ++summary.diverged;
      break;
    case Verdict::unknown:
      ++summary.unknown;
      break;
  }
}

// Returns false when enough were found.
bool Run::report(std::vector<Difference> differences) {
  for (auto& difference : differences) {
    if (options_.known != nullptr && options_.known->covers(difference, result_.rules.schema)) {
      ++result_.summary.ignored;
      continue;
    }
    const bool confirmed = difference.judgement.verdict != Verdict::in_flight || difference.judgement.stalled;
    count(difference);
    if (callbacks_.difference) callbacks_.difference(std::move(difference));
    if (confirmed && ++reported_ == options_.stop_after) {
      result_.stopped_early = true;
      result_.stop_reason = fmt::format("stopped after {}, as asked", counted(reported_, "difference"));
      return false;
    }
  }
  return true;
}

void Run::watch_candidates() {
  std::vector<WatchedSource> watched(sources_.size());
  for (const auto i : reached_) {
    watched[i].source = sources_[i].get();
    watched[i].evidence.live = sources_[i]->is_live();
    watched[i].partial = !result_.sources[i].reasons.empty();
    watched[i].part = result_.sources[i].part;
  }
  for (std::size_t k = 0; k < reached_.size(); ++k) watched[reached_[k]].lost = scan_.outcomes[k].lost;
  // The scan numbered only the sources that were reached; the reference counts among all.
  Describer describer(watched, options_.area, result_.rules, options_.reference, cancel_);
  WatchCallbacks callbacks;
  callbacks.progress = callbacks_.rechecking;
  callbacks.decided = [&](std::vector<Watch> decided) {
    return describer.describe(std::move(decided),
                              [&](std::vector<Difference> found) { return report(std::move(found)); });
  };
  auto options = options_.watch;
  // Files do not change: once is enough.
  const bool any_live = std::any_of(reached_.begin(), reached_.end(), [&](auto i) { return sources_[i]->is_live(); });
  if (!any_live) options.passes = 1;
  const auto outcome =
      watch(watched, options_.area, result_.rules, scan_.candidates, options, clock_, cancel_, callbacks);
  result_.summary.matched += outcome.settled + describer.settled();
  result_.summary.not_compared += outcome.undecidable + describer.undecidable();
  for (const auto i : reached_) {
    auto& reasons = result_.sources[i].reasons;
    for (const auto& reason : watched[i].reasons) {
      if (std::find(reasons.begin(), reasons.end(), reason) == reasons.end()) reasons.push_back(reason);
    }
  }
}

void Run::finish() {
  for (const auto i : reached_) {
    auto& report = result_.sources[i];
    report.vector = vector_of(*sources_[i]);
    const auto notes = sources_[i]->notes();
    report.notes.insert(report.notes.end(), notes.begin(), notes.end());
  }
  if (cancel_.cancelled()) {
    result_.stopped_early = true;
    try {
      cancel_.check();
    } catch (const Cancelled& cancelled) {
      result_.stop_reason = cancelled.what();
    }
  }
}

Result Run::run() {
  open_sources();
  if (options_.known != nullptr) result_.notes = options_.known->notes();
  if (options_.quick) {
    result_.notes.emplace_back(
        "--quick compared ids, names and CSNs only: it does not see entries that differ under one CSN");
  }
  if (reached_.size() < 2) {
    for (const auto i : reached_) result_.sources[i].reasons.emplace_back("there was nothing to compare it with");
    finish();
    return std::move(result_);
  }
  result_.rules = make_rules();
  const auto counts = own_counts();
  std::vector<std::optional<ldup::UpdateVector>> vectors(sources_.size());
  for (const auto i : reached_) vectors[i] = vector_of(*sources_[i]);
  scan();
  result_.summary.matched = scan_.matched;
  result_.summary.not_compared = scan_.not_compared;
  result_.most_waiting = scan_.most_waiting;
  std::vector<bool> still(sources_.size());
  for (const auto i : reached_) still[i] = vectors[i].has_value() && vector_of(*sources_[i]) == vectors[i];
  check_counts(counts, still);
  if (!cancel_.cancelled()) watch_candidates();
  finish();
  return std::move(result_);
}

}  // namespace

Result compare(const Options& options, const Clock& clock, const CancelToken& cancel, const Callbacks& callbacks) {
  return Run(options, clock, cancel, callbacks).run();
}

}  // namespace replkit::compare
