#include "common/compare/details.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <set>
#include <tuple>

#include "common/base/error.hpp"
#include "common/base/text.hpp"
#include "common/compare/lacking_attributes.hpp"
#include "common/model/dn.hpp"
#include "common/model/matching.hpp"

namespace replkit::compare {

namespace {

// How many entries are held in full at a time. A file is read whole for each part: then fewer, larger parts.
constexpr std::size_t entries_per_read = 200;
constexpr std::size_t entries_per_file_read = 5'000;
// How many parents are asked whether they hide children, at most.
constexpr std::size_t max_parent_checks = 200;

// What a repair needs besides the compared attributes.
const std::vector<std::string> repair_attributes{"createTimestamp", "creatorsName", "modifyTimestamp", "modifiersName"};

std::size_t depth(std::string_view normalized_dn) {
  std::size_t levels = 0;
  for (; !normalized_dn.empty(); normalized_dn = model::parent_of(normalized_dn)) ++levels;
  return levels;
}

bool any_missing(const Difference& difference) {
  return std::any_of(difference.entries.begin(), difference.entries.end(),
                     [](const auto& e) { return e.known && !e.present; });
}

}  // namespace

std::vector<std::size_t> odd_ones(const std::vector<Shown>& entries) {
  using State = std::tuple<bool, std::uint64_t, std::string>;
  std::map<State, std::vector<std::size_t>> groups;
  std::size_t known = 0;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (!entries[i].known) continue;
    ++known;
    const auto& shown = entries[i];
    groups[shown.present ? State{true, shown.digest, shown.id} : State{}].push_back(i);
  }
  std::vector<std::size_t> odd;
  for (const auto& [state, members] : groups) {
    if (members.size() * 2 > known) continue;
    odd.insert(odd.end(), members.begin(), members.end());
  }
  std::sort(odd.begin(), odd.end());
  return known < 3 || odd.size() == known ? std::vector<std::size_t>{} : odd;
}

Describer::Describer(std::vector<WatchedSource>& sources, const Area& area, const FingerprintRules& rules,
                     std::size_t reference, const CancelToken& cancel)
    : sources_(sources), area_(area), rules_(rules), reference_(reference), cancel_(cancel), moved_(rules.schema) {}

std::string Describer::normalized(std::string_view dn) const {
  std::string out;
  model::normalize_dn(dn, rules_.schema, out);
  return out;
}

// Puts the attributes that differ among the sources that show the entry.
void Describer::compare_attributes(Difference& difference) const {
  struct Values {
    std::string name;
    std::vector<std::map<std::string, std::string>> by_source;  // normal form -> as written
  };
  std::map<std::string, Values> all;
  std::string normal;
  for (std::size_t s = 0; s < difference.entries.size(); ++s) {
    const auto& shown = difference.entries[s];
    if (!shown.entry) continue;
    for (const auto& attribute : shown.entry->attributes) {
      if (!rules_.compares(attribute.description) || equals_ignore_case(attribute.description, rules_.id_attribute) ||
          equals_ignore_case(attribute.description, rules_.csn_attribute)) {
        continue;
      }
      auto& values = all[canonical_description(attribute.description, rules_.schema)];
      if (values.name.empty()) values.name = attribute.description;
      values.by_source.resize(difference.entries.size());
      const auto kind = rules_.exact ? model::ValueKind::octets : rules_.schema.value_kind(attribute.description);
      for (const auto& value : attribute.values) {
        model::normalize_value(kind, value, rules_.schema, normal);
        values.by_source[s].emplace(normal, value);
      }
    }
  }
  const auto may_hide = [&](std::size_t s, const std::string& description) {
    const auto& lacking = difference.entries[s].lacking;
    return std::any_of(lacking.begin(), lacking.end(),
                       [&](const auto& name) { return equals_ignore_case(name, model::base_type(description)); });
  };
  for (const auto& [key, values] : all) {
    AttributeDifference found{values.name, std::vector<std::vector<std::string>>(difference.entries.size())};
    bool differs = false;
    for (std::size_t s = 0; s < difference.entries.size(); ++s) {
      for (const auto& [form, written] : values.by_source[s]) {
        const bool everywhere = [&] {
          for (std::size_t other = 0; other < difference.entries.size(); ++other) {
            if (difference.entries[other].present && !values.by_source[other].contains(form) && !may_hide(other, key))
              return false;
          }
          return true;
        }();
        if (everywhere) continue;
        found.only[s].push_back(written);
        differs = true;
      }
    }
    if (differs) difference.attributes.push_back(std::move(found));
  }
}

// What the record says that the entry itself does not: its newest CSN, and why it is not there.
void Describer::tell_record(const Version& version, std::size_t source, Shown& shown) const {
  if (!version.record || !shown.known) return;
  const auto& record = *version.record;
  const auto* writer = sources_[source].source;
  if (shown.present) {
    if (shown.csn.empty() && !record.csns.empty()) shown.csn = writer->csn_text(record.csns.back());
    return;
  }
  shown.deleted = record.tombstone;
  shown.never_existed = !record.tombstone && !record.alive;
  if (!record.deleted_csn) return;
  shown.deleted_csn = writer->csn_text(*record.deleted_csn);
  shown.deleted_by = record.deleted_csn->replica_id();
}

Difference Describer::describe_one(const Watch& watch, std::vector<std::optional<model::Entry>>& entries) const {
  Difference out;
  out.judgement = watch.judgement;
  out.detailed = watch.detailed;
  if (out.judgement.csn) {
    const auto* source = sources_[out.judgement.source].source;
    out.awaited_csn = source == nullptr ? out.judgement.csn->text() : source->csn_text(*out.judgement.csn);
  }
  out.entries.resize(sources_.size());
  std::set<std::string> names;
  for (std::size_t s = 0; s < sources_.size(); ++s) {
    auto& shown = out.entries[s];
    shown.known = watch.versions[s].known;
    shown.outside = watch.versions[s].outside;
    shown.digest = watch.masked.empty() ? watch.versions[s].digest : watch.versions[s].shared;
    if (s < watch.lacking.size())
      for (const auto& name : watch.lacking[s]) shown.lacking.push_back(written_name(name, rules_.schema));
    if (!shown.known) {
      entries[s].reset();
    } else if (watch.detailed) {
      shown.present = entries[s].has_value();
    } else {
      shown.present = watch.versions[s].present;
      shown.dn = watch.dns[s].empty() && shown.present ? watch.dn : watch.dns[s];
      shown.id = rules_.id_attribute.empty() ? "" : uuid_text(watch.candidate.key);
      shown.csn = watch.versions[s].csn ? watch.versions[s].csn->text() : "";
    }
    if (entries[s]) {
      shown.dn = entries[s]->dn;
      shown.id = entries[s]->first(rules_.id_attribute);
      shown.csn = entries[s]->first(rules_.csn_attribute);
      shown.entry = std::move(entries[s]);
    }
    if (shown.present) names.insert(normalized(shown.dn));
    tell_record(watch.versions[s], s, shown);
  }
  const auto& reference = out.entries[reference_];
  out.dn = reference.present ? reference.dn : watch.dn;
  if (out.dn.empty() || !reference.present) {
    for (const auto& shown : out.entries) {
      if (shown.present) {
        out.dn = shown.dn;
        break;
      }
    }
  }
  if (any_missing(out)) {
    out.kind = DifferenceKind::missing;
  } else if (names.size() > 1) {
    out.kind = DifferenceKind::renamed;
  }
  if (out.detailed && !rules_.quick && out.kind != DifferenceKind::missing) compare_attributes(out);
  out.odd = odd_ones(out.entries);
  return out;
}

// Whether the entry, as it was read this last time, differs no more.
bool Describer::is_settled(const Difference& difference) const {
  const Shown* first = nullptr;
  for (const auto& shown : difference.entries) {
    if (shown.present) first = &shown;
  }
  if (first == nullptr) return true;
  if (!difference.detailed || difference.kind != DifferenceKind::changed) return false;
  if (!rules_.quick) return difference.attributes.empty();
  return std::all_of(difference.entries.begin(), difference.entries.end(),
                     [&](const auto& shown) { return !shown.known || shown.csn == first->csn; });
}

void Describer::read_part(std::vector<Watch>& watches, std::size_t from, std::size_t to, std::vector<Difference>& out) {
  std::vector<std::vector<std::optional<model::Entry>>> found(
      to - from, std::vector<std::optional<model::Entry>>(sources_.size()));
  std::vector<Wanted> wanted;
  std::vector<std::size_t> places;
  for (auto i = from; i < to; ++i) {
    if (!watches[i].detailed) continue;
    wanted.push_back({watches[i].candidate.key, rules_.id_attribute.empty() ? watches[i].dn : std::string()});
    places.push_back(i - from);
  }
  auto attributes = Fingerprinter(rules_).wanted_attributes();
  if (!rules_.quick) attributes.insert(attributes.end(), repair_attributes.begin(), repair_attributes.end());
  std::vector<char> read(sources_.size(), 0);
  if (!wanted.empty()) {
    on_each(sources_, [&](std::size_t s, WatchedSource& source) {
      Fingerprinter inside(rules_);
      source.source->read(area_, wanted, attributes, [&](std::size_t i, const model::Entry& entry) {
        if (inside.take(entry)) found[places[i]][s] = entry;
      });
      read[s] = 1;
    });
  }
  if (cancel_.cancelled()) {  // what was seen before is told, without the attributes
    for (auto i = from; i < to; ++i) watches[i].detailed = false;
  }
  for (auto i = from; i < to; ++i) {
    // A source that failed in this last read is no witness any more.
    for (std::size_t s = 0; s < sources_.size(); ++s) {
      if (!watches[i].detailed || read[s] != 0) continue;
      watches[i].versions[s].known = false;
      found[i - from][s].reset();
    }
    const auto& versions = watches[i].versions;
    if (std::count_if(versions.begin(), versions.end(), [](const auto& v) { return v.known; }) < 2) {
      if (!is_outside(versions)) ++undecidable_;
      continue;
    }
    auto difference = describe_one(watches[i], found[i - from]);
    if (is_settled(difference)) {
      ++settled_;
    } else {
      out.push_back(std::move(difference));
    }
  }
}

// Two missing entries with the same name on complementary sources are one entry with two identities.
std::vector<Difference> Describer::merge_same_names(std::vector<Difference> differences) const {
  std::map<std::string, std::size_t> first;
  std::vector<Difference> out;
  for (auto& difference : differences) {
    if (difference.kind == DifferenceKind::missing && !rules_.id_attribute.empty()) {
      const auto [place, fresh] = first.emplace(normalized(difference.dn), out.size());
      if (!fresh) {
        auto& other = out[place->second];
        const bool complementary = [&] {
          for (std::size_t s = 0; s < sources_.size(); ++s) {
            if (other.entries[s].present && difference.entries[s].present) return false;
          }
          return true;
        }();
        if (complementary && other.kind == DifferenceKind::missing) {
          for (std::size_t s = 0; s < sources_.size(); ++s) {
            if (difference.entries[s].present) other.entries[s] = std::move(difference.entries[s]);
          }
          if (difference.judgement.verdict == Verdict::in_flight) {
            other.judgement = difference.judgement;
            other.awaited_csn = difference.awaited_csn;
          }
          other.identity_differs = true;
          std::set<std::string> names;
          for (const auto& shown : other.entries) {
            if (shown.present) names.insert(normalized(shown.dn));
          }
          if (!any_missing(other)) other.kind = names.size() > 1 ? DifferenceKind::renamed : DifferenceKind::changed;
          other.odd = odd_ones(other.entries);
          other.attributes.clear();
          other.dn = other.entries[reference_].present ? other.entries[reference_].dn : other.dn;
          if (other.detailed && !rules_.quick) compare_attributes(other);
          continue;
        }
      }
    }
    out.push_back(std::move(difference));
  }
  return out;
}

// An entry below a parent that has children, none of which this identity sees, is hidden and not missing.
void Describer::drop_hidden(std::vector<Difference>& differences) {
  if (cancel_.cancelled()) return;
  std::erase_if(differences, [&](const Difference& difference) {
    if (difference.kind != DifferenceKind::missing) return false;
    const std::string name = normalized(difference.dn);
    const std::string parent(model::parent_of(name));
    for (std::size_t s = 0; s < sources_.size(); ++s) {
      const auto& shown = difference.entries[s];
      if (!shown.known || shown.present || sources_[s].lost || parent.empty()) continue;
      const auto known = hides_children_.find({s, parent});
      if (known == hides_children_.end() && hides_children_.size() >= max_parent_checks) continue;
      bool hides = false;
      if (known != hides_children_.end()) {
        hides = known->second;
      } else {
        try {
          hides = sources_[s].source->hides_children(parent);
        } catch (const Cancelled&) {
          // Told as missing, in a result that is not complete.
        } catch (const Error& error) {
          sources_[s].lost = true;
          sources_[s].reasons.emplace_back(error.what());
        }
        hides_children_[{s, parent}] = hides;
        if (hides) sources_[s].reasons.push_back(fmt::format("this identity may not see the entries below {}", parent));
      }
      if (hides) {
        ++undecidable_;
        return true;
      }
    }
    return false;
  });
}

void Describer::sort_by_depth(std::vector<Watch>& watches) const {
  std::vector<std::pair<std::size_t, std::string>> order;
  for (const auto& watch : watches) {
    auto dn = normalized(watch.dns[reference_].empty() ? watch.dn : watch.dns[reference_]);
    order.emplace_back(depth(dn), std::move(dn));
  }
  std::vector<std::size_t> places(watches.size());
  std::iota(places.begin(), places.end(), 0U);
  std::sort(places.begin(), places.end(), [&](auto a, auto b) { return order[a] < order[b]; });
  std::vector<Watch> sorted;
  sorted.reserve(watches.size());
  for (const auto place : places) sorted.push_back(std::move(watches[place]));
  watches = std::move(sorted);
}

bool Describer::describe(std::vector<Watch> watches, const std::function<bool(std::vector<Difference>)>& report) {
  sort_by_depth(watches);
  moved_.find(watches);
  const bool file =
      std::any_of(sources_.begin(), sources_.end(), [](const auto& source) { return !source.evidence.live; });
  const auto part = file ? entries_per_file_read : entries_per_read;
  for (std::size_t from = 0; from < watches.size();) {
    auto to = std::min(from + part, watches.size());
    // Entries of one name stay together: they may be one entry with two identities.
    while (to < watches.size() && normalized(watches[to].dn) == normalized(watches[to - 1].dn)) ++to;
    std::vector<Difference> differences;
    read_part(watches, from, to, differences);
    differences = moved_.fold(merge_same_names(std::move(differences)));
    drop_hidden(differences);
    if (!report(std::move(differences))) return false;
    from = to;
  }
  return true;
}

}  // namespace replkit::compare
