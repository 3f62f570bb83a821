#include "common/compare/watch.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "common/base/error.hpp"
#include "common/compare/lacking_attributes.hpp"
#include "common/compare/secrets.hpp"
#include "common/model/dn.hpp"

namespace replkit::compare {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds shortest_delay{10};  // never a busy loop
constexpr milliseconds longest_delay{5'000};

std::uint64_t digest_of(const Fingerprint& fingerprint) {
  return fingerprint.content * 31 + fingerprint.dn;
}

model::Entry without(model::Entry entry, const std::vector<std::string>& types, const FingerprintRules& rules) {
  std::erase_if(entry.attributes, [&](const auto& attribute) {
    const auto type = canonical_description(model::base_type(attribute.description), rules.schema);
    return std::find(types.begin(), types.end(), type) != types.end();
  });
  return entry;
}

// Whether something that may be hidden was left out, passwords aside: those are noted for all.
bool is_in_part(const Watch& watch) {
  return std::any_of(watch.lacking.begin(), watch.lacking.end(), [](const auto& lacking) {
    return std::any_of(lacking.begin(), lacking.end(), [](const auto& name) { return !is_secret(name); });
  });
}

class Watching {
 public:
  Watching(std::vector<WatchedSource>& sources, const Area& area, const FingerprintRules& rules,
           const WatchOptions& options, const Clock& clock, const CancelToken& cancel, const WatchCallbacks& callbacks)
      : sources_(sources),
        area_(area),
        rules_(rules),
        light_rules_(rules),
        options_(options),
        clock_(clock),
        cancel_(cancel),
        callbacks_(callbacks) {
    light_rules_.quick = true;
  }

  WatchResult run(const std::vector<Candidate>& candidates);

 private:
  void begin(const std::vector<Candidate>& candidates);
  void resolve_names();
  std::vector<SourceEvidence> read_evidence();
  void note_changes(unsigned pass, const std::vector<SourceEvidence>& after);
  void read_all();
  void read_versions();
  bool extend_masks();
  void ask_what_lacks(std::size_t index, WatchedSource& source);
  void read_records();
  void mark_outside();
  void keep_pass_before();
  void read_source(std::size_t index, WatchedSource& source);
  void read_part(std::size_t index, WatchedSource& source, bool detailed);
  bool weigh(Watch& watch, const std::vector<SourceEvidence>& evidence);
  void follow_superiors();
  bool sift(const std::vector<SourceEvidence>& evidence, bool last);
  unsigned passes() const { return std::max(1U, options_.passes); }

  std::vector<WatchedSource>& sources_;
  const Area& area_;
  const FingerprintRules& rules_;
  FingerprintRules light_rules_;
  const WatchOptions& options_;
  const Clock& clock_;
  const CancelToken& cancel_;
  const WatchCallbacks& callbacks_;
  std::vector<Watch> open_;
  std::vector<std::vector<Version>> before_;  // the versions of the pass before, by entry
  WatchResult result_;
};

void Watching::begin(const std::vector<Candidate>& candidates) {
  open_.reserve(candidates.size());
  for (const auto& candidate : candidates) {
    auto& watch = open_.emplace_back();
    watch.candidate = candidate;
    watch.dns.resize(sources_.size());
    watch.versions.resize(sources_.size());
    watch.lacking.resize(sources_.size());
    watch.detailed = open_.size() <= options_.max_details;
  }
  if (rules_.id_attribute.empty()) resolve_names();
}

// Without ids an entry is read again by its name, which the first pass did not keep: one more pass finds the names.
void Watching::resolve_names() {
  std::vector<EntryKey> keys;
  for (const auto& watch : open_) keys.push_back(watch.candidate.key);
  std::sort(keys.begin(), keys.end());
  std::vector<std::map<EntryKey, std::string>> names(sources_.size());
  on_each(sources_, [&](std::size_t i, WatchedSource& source) {
    Fingerprinter fingerprinter(rules_);
    source.source->resolve(area_, fingerprinter, keys,
                           [&](const EntryKey& key, std::string_view dn) { names[i].emplace(key, dn); });
  });
  for (auto& watch : open_) {
    for (const auto& found : names) {
      const auto name = found.find(watch.candidate.key);
      if (watch.dn.empty() && name != found.end()) watch.dn = name->second;
    }
  }
  const bool all_told = !cancel_.cancelled() &&
                        std::none_of(sources_.begin(), sources_.end(), [](const auto& source) { return source.lost; });
  std::erase_if(open_, [&](const Watch& watch) {
    // Gone from everywhere since; or a source that nobody can ask any more has it.
    if (watch.dn.empty()) ++(all_told ? result_.settled : result_.undecidable);
    return watch.dn.empty();
  });
}

std::vector<SourceEvidence> Watching::read_evidence() {
  std::vector<SourceEvidence> out;
  for (const auto& source : sources_) out.push_back({.live = source.evidence.live});
  on_each(sources_, [&](std::size_t i, WatchedSource& source) {
    out[i].vector = source.source->vector();
    out[i].refreshing = source.source->refresh() == directory::Refresh::running;
  });
  return out;
}

void Watching::read_part(std::size_t index, WatchedSource& source, bool detailed) {
  Fingerprinter fingerprinter(detailed ? rules_ : light_rules_);
  std::vector<Wanted> wanted;
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < open_.size(); ++i) {
    if (open_[i].detailed != detailed) continue;
    wanted.push_back({open_[i].candidate.key, rules_.id_attribute.empty() ? open_[i].dn : std::string()});
    places.push_back(i);
  }
  if (wanted.empty()) return;
  std::vector<bool> hidden(open_.size());
  source.source->read(area_, wanted, fingerprinter.wanted_attributes(), [&](std::size_t i, const model::Entry& entry) {
    auto& watch = open_[places[i]];
    auto& version = watch.versions[index];
    const auto fingerprint = fingerprinter.take(entry);
    if (!fingerprint) return;  // moved out of the area: absent from it
    if (version.present && !source.evidence.live && source.reasons.size() < 10) {
      source.reasons.push_back("the entry " + entry.dn + " appears more than once");
    }
    if (const auto attribute = fingerprinter.hidden_attribute(); !attribute.empty()) {
      hidden[places[i]] = true;
      if (source.reasons.empty() && !source.partial) {
        source.reasons.push_back(fmt::format("{} does not show {}", fingerprinter.normalized_dn(), attribute));
      }
    }
    watch.lacking[index] = fingerprinter.lacking_attributes();
    version.present = true;
    version.digest = digest_of(*fingerprint);
    version.parent = std::hash<std::string_view>{}(model::parent_of(fingerprinter.normalized_dn()));
    version.csn = source.source->parse_csn(fingerprinter.csn());
    watch.dns[index] = entry.dn;
    if (!watch.masked.empty()) version.shared = digest_of(*fingerprinter.take(without(entry, watch.masked, rules_)));
  });
  for (const auto place : places) {
    auto& version = open_[place].versions[index];
    version.known = !hidden[place] && (version.present || !source.partial);
  }
}

void Watching::read_source(std::size_t index, WatchedSource& source) {
  read_part(index, source, true);
  read_part(index, source, false);
  ask_what_lacks(index, source);
}

// Leaves in `lacking` what may only be hidden.
void Watching::ask_what_lacks(std::size_t index, WatchedSource& source) {
  std::map<std::string, std::vector<std::size_t>> places;  // by attribute
  for (std::size_t i = 0; i < open_.size(); ++i) {
    for (const auto& attribute : open_[i].lacking[index]) places[attribute].push_back(i);
    open_[i].lacking[index].clear();
  }
  for (const auto& [attribute, entries] : places) {
    std::vector<Wanted> wanted;
    for (const auto place : entries) {
      const auto& watch = open_[place];
      wanted.push_back({watch.candidate.key, rules_.id_attribute.empty() ? watch.dns[index] : std::string()});
    }
    const auto sure = surely_lacking(*source.source, area_, wanted, attribute);
    for (std::size_t i = 0; i < entries.size(); ++i) {
      if (sure.contains(i)) continue;
      open_[entries[i]].lacking[index].push_back(attribute);
      open_[entries[i]].versions[index].partial = true;
    }
  }
}

// Takes in what may be hidden of each entry. Returns whether that was not known yet.
bool Watching::extend_masks() {
  bool extended = false;
  for (auto& watch : open_) {
    for (const auto& lacking : watch.lacking) {
      for (const auto& attribute : lacking) {
        if (std::find(watch.masked.begin(), watch.masked.end(), attribute) != watch.masked.end()) continue;
        watch.masked.push_back(attribute);
        extended = true;
      }
    }
  }
  return extended;
}

void Watching::read_versions() {
  for (auto& watch : open_) {
    watch.versions.assign(sources_.size(), Version{});
    watch.dns.assign(sources_.size(), std::string());
    watch.lacking.assign(sources_.size(), {});
  }
  on_each(sources_, [&](std::size_t i, WatchedSource& source) { read_source(i, source); });
}

void Watching::read_all() {
  before_.resize(open_.size());
  for (std::size_t i = 0; i < open_.size(); ++i) before_[i] = std::move(open_[i].versions);
  read_versions();
  if (extend_masks()) read_versions();
  // What a source showed before it failed is no evidence.
  for (auto& watch : open_) {
    for (std::size_t s = 0; s < sources_.size(); ++s) {
      if (watch.versions[s].known) continue;
      watch.versions[s] = {};
      watch.dns[s].clear();
      watch.lacking[s].clear();
    }
  }
}

// That a source lacks what it does not hold is no difference.
void Watching::mark_outside() {
  for (std::size_t s = 0; s < sources_.size(); ++s) {
    const auto& part = sources_[s].part;
    if (!part) continue;
    std::string name;
    for (auto& watch : open_) {
      bool shown = false;
      bool held = false;
      for (const auto& dn : watch.dns) {
        if (dn.empty()) continue;
        shown = true;
        model::normalize_dn(dn, rules_.schema, name);
        held = held || part(name);
      }
      if (shown && !held) watch.versions[s] = {.outside = true};
    }
  }
}

// Only of what differs: meta-data is several times the entry.
void Watching::read_records() {
  if (rules_.id_attribute.empty()) return;
  std::vector<Wanted> wanted;
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < open_.size(); ++i) {
    if (!open_[i].detailed || agree(open_[i].versions)) continue;
    wanted.push_back({open_[i].candidate.key, {}});
    places.push_back(i);
  }
  if (wanted.empty()) return;
  std::vector<std::map<std::size_t, directory::EntryRecord>> found(sources_.size());
  std::vector<char> told(sources_.size(), 0);
  on_each(sources_, [&](std::size_t s, WatchedSource& source) {
    told[s] = source.source->read_records(
        wanted, [&](std::size_t i, directory::EntryRecord&& record) { found[s][places[i]] = std::move(record); });
  });
  for (std::size_t s = 0; s < sources_.size(); ++s) {
    if (told[s] == 0) continue;
    for (const auto place : places) {
      auto& version = open_[place].versions[s];
      const auto record = found[s].find(place);
      // An entry that came or went since it was read: the next pass tells.
      const bool alive = record != found[s].end() && record->second.alive;
      if (!version.known || version.present != alive) continue;
      version.record = record == found[s].end() ? directory::EntryRecord() : std::move(record->second);
      if (!version.csn && version.present && !version.record->csns.empty()) version.csn = version.record->csns.back();
    }
  }
}

// Interrupted in the middle of a pass: what the last whole one showed is the partial result.
void Watching::keep_pass_before() {
  for (std::size_t i = 0; i < open_.size(); ++i) {
    const auto& versions = open_[i].versions;
    const bool whole =
        std::all_of(versions.begin(), versions.end(), [](const auto& v) { return v.known || v.outside; });
    if (!whole) open_[i].versions = before_[i];
  }
}

// Judges an entry after a pass. Returns whether it agrees now.
bool Watching::weigh(Watch& watch, const std::vector<SourceEvidence>& evidence) {
  const auto& versions = watch.versions;
  // What was not read in full agrees by its CSNs: not when its content differed once, nor when it shows none.
  const bool same_csn_only =
      !watch.detailed && !rules_.quick &&
      (watch.candidate.content_differs ||
       std::any_of(versions.begin(), versions.end(), [](const auto& v) { return v.present && !v.csn; }));
  if (agree(versions)) {
    if (!same_csn_only) return true;
    watch.judgement = {.verdict = Verdict::unknown};
    return std::none_of(versions.begin(), versions.end(), [](const auto& version) { return version.present; });
  }
  const auto watched = watch.unchanged >= 2 || passes() == 1 ? Watched::unchanged : Watched::changing;
  watch.judgement = judge(versions, evidence, watched, clock_.now(), options_.max_lag);
  return false;
}

// Whether the sources that show the entry have it below different parents.
bool has_other_parents(const std::vector<Version>& versions) {
  const Version* first = nullptr;
  for (const auto& version : versions) {
    if (!version.known || !version.present) continue;
    if (first != nullptr && first->parent != version.parent) return true;
    first = &version;
  }
  return false;
}

// Whether it is elsewhere by what happened to an entry above it: its own records are the same everywhere.
bool moved_along(const std::vector<Version>& versions) {
  const Version* first = nullptr;
  for (const auto& version : versions) {
    if (!version.known) continue;
    if (!version.present || !version.record) return false;
    if (first != nullptr && first->record->csns != version.record->csns) return false;
    first = &version;
  }
  return has_other_parents(versions);
}

// The move of an entry above leaves no CSN on an entry: its verdict is that one's.
void Watching::follow_superiors() {
  std::vector<std::size_t> followers;
  for (std::size_t i = 0; i < open_.size(); ++i) {
    if (moved_along(open_[i].versions)) followers.push_back(i);
  }
  if (followers.empty()) return;
  const auto shower = [](const Watch& watch) {
    const auto shown = std::find_if(watch.dns.begin(), watch.dns.end(), [](const auto& dn) { return !dn.empty(); });
    return static_cast<std::size_t>(shown - watch.dns.begin());
  };
  std::map<std::pair<std::size_t, std::string>, std::size_t> moved;  // source and normalized DN -> place
  std::string name;
  for (std::size_t i = 0; i < open_.size(); ++i) {
    if (!has_other_parents(open_[i].versions) || std::binary_search(followers.begin(), followers.end(), i)) continue;
    const auto source = shower(open_[i]);
    model::normalize_dn(open_[i].dns[source], rules_.schema, name);
    moved.emplace(std::pair(source, name), i);
  }
  for (const auto i : followers) {
    const auto source = shower(open_[i]);
    model::normalize_dn(open_[i].dns[source], rules_.schema, name);
    for (auto above = model::parent_of(name); !above.empty(); above = model::parent_of(above)) {
      const auto found = moved.find({source, std::string(above)});
      if (found == moved.end()) continue;
      open_[i].judgement = open_[found->second].judgement;
      break;
    }
  }
}

// Goes through the open entries after a pass: drops those that agree, hands out those that are decided (all of them
// when it is the last pass). Returns whether the run goes on.
bool Watching::sift(const std::vector<SourceEvidence>& evidence, bool last) {
  std::vector<Watch> decided;
  std::vector<Watch> still_open;
  std::vector<Watch> differing;
  for (auto& watch : open_) {
    const auto asked =
        std::count_if(watch.versions.begin(), watch.versions.end(), [](const auto& v) { return v.known; });
    if (asked < 2) {
      if (!is_outside(watch.versions)) ++result_.undecidable;
    } else if (weigh(watch, evidence)) {
      ++(is_in_part(watch) ? result_.undecidable : result_.settled);
    } else {
      differing.push_back(std::move(watch));
    }
  }
  open_ = std::move(differing);
  follow_superiors();
  for (auto& watch : open_) {
    for (const auto& dn : watch.dns) {
      if (!dn.empty()) {
        watch.dn = dn;
        break;
      }
    }
    // A file that is too old stays so: nothing is won by waiting.
    const bool waits = watch.judgement.verdict == Verdict::in_flight && watch.judgement.waits_for != WaitsFor::file;
    const bool final = !waits && watch.unchanged >= passes();
    auto& place = final || last ? decided : still_open;
    place.push_back(std::move(watch));
  }
  open_ = std::move(still_open);
  if (decided.empty()) return !open_.empty();
  // Cut short, an entry that was not seen unchanged often enough has no verdict of damage yet.
  for (auto& watch : decided) {
    if (watch.unchanged < passes() && watch.judgement.verdict != Verdict::in_flight) {
      watch.judgement = {.verdict = Verdict::in_flight, .waits_for = WaitsFor::settle};
    }
  }
  return callbacks_.decided(std::move(decided)) && !open_.empty();
}

// Compares each entry with the pass before: counts the passes in which it stayed the same, and keeps since when it is
// absent or below another parent.
void Watching::note_changes(unsigned pass, const std::vector<SourceEvidence>& after) {
  for (std::size_t i = 0; i < open_.size(); ++i) {
    auto& watch = open_[i];
    bool same = pass > 1;
    const bool moved = has_other_parents(watch.versions);
    for (std::size_t s = 0; s < sources_.size(); ++s) {
      auto& version = watch.versions[s];
      const Version first_time;
      const auto& old = pass > 1 ? before_[i][s] : first_time;
      const bool stayed = version.known == old.known && version.same_as(old) && version.csn == old.csn;
      same = same && stayed;
      if (!version.known || (version.present && !moved && version.csn)) continue;
      version.since = stayed && old.since ? old.since : after[s].vector;
    }
    watch.unchanged = same ? watch.unchanged + 1 : 1;
  }
}

WatchResult Watching::run(const std::vector<Candidate>& candidates) {
  begin(candidates);
  const auto start = std::chrono::steady_clock::now();
  auto delay = std::max(options_.delay, shortest_delay);
  auto evidence = read_evidence();
  for (unsigned pass = 1; !open_.empty(); ++pass) {
    if (callbacks_.progress) callbacks_.progress(pass, open_.size());
    read_all();
    mark_outside();
    read_records();
    if (cancel_.cancelled() && pass > 1) keep_pass_before();
    const auto after = read_evidence();
    note_changes(pass, after);
    // The entries are judged by the vectors read before them: what a vector covered then must have been in the data.
    // The vectors read after them serve what is absent, and the next pass.
    for (std::size_t s = 0; s < evidence.size(); ++s)
      evidence[s].refreshing = evidence[s].refreshing || after[s].refreshing;
    const bool time_is_up = pass >= passes() && std::chrono::steady_clock::now() - start + delay >= options_.max_wait;
    result_.interrupted = cancel_.cancelled();
    if (!sift(evidence, time_is_up || result_.interrupted) || result_.interrupted) break;
    evidence = after;
    cancel_.wait(delay);
    delay = std::min(delay * 2, longest_delay);
  }
  for (std::size_t s = 0; s < sources_.size(); ++s) sources_[s].evidence = evidence[s];
  return result_;
}

}  // namespace

bool is_outside(const std::vector<Version>& versions) {
  const auto asked = std::count_if(versions.begin(), versions.end(), [](const auto& v) { return v.known; });
  const auto outside = std::count_if(versions.begin(), versions.end(), [](const auto& v) { return v.outside; });
  return asked < 2 && asked + outside >= 2;
}

WatchResult watch(std::vector<WatchedSource>& sources, const Area& area, const FingerprintRules& rules,
                  const std::vector<Candidate>& candidates, const WatchOptions& options, const Clock& clock,
                  const CancelToken& cancel, const WatchCallbacks& callbacks) {
  return Watching(sources, area, rules, options, clock, cancel, callbacks).run(candidates);
}

}  // namespace replkit::compare
