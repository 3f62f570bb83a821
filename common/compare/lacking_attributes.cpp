#include "common/compare/lacking_attributes.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "common/base/error.hpp"
#include "common/base/text.hpp"
#include "common/compare/secrets.hpp"

namespace replkit::compare {

namespace {

constexpr std::size_t entries_per_question = 200;
constexpr std::size_t max_entries = 10'000;  // that are asked for, of each attribute

}  // namespace

std::set<std::size_t> surely_lacking(Source& source, const Area& area, const std::vector<Wanted>& wanted,
                                     const std::string& attribute) {
  std::set<std::size_t> sure;
  try {
    for (std::size_t from = 0; from < wanted.size(); from += entries_per_question) {
      const auto begin = wanted.begin() + static_cast<std::ptrdiff_t>(from);
      const auto count = std::min(entries_per_question, wanted.size() - from);
      const auto before = sure.size();
      source.find_lacking(area, {begin, begin + static_cast<std::ptrdiff_t>(count)}, attribute,
                          [&](std::size_t i) { sure.insert(from + i); });
      if (sure.size() == before) break;  // it is hidden there: the others will not be told either
    }
  } catch (const Cancelled&) {
    throw;
  } catch (const Error&) {
    // Whoever cannot be asked is not sure.
  }
  return sure;
}

std::string written_name(const std::string& canonical, const model::Schema& schema) {
  const auto* type = schema.attribute(canonical);
  return type != nullptr && !type->names.empty() ? type->names.front() : canonical;
}

void LackingAttributes::note(const Wanted& entry, std::string_view dn, const std::string& attribute) {
  auto& entries = by_attribute_[attribute];
  if (entries.count++ == 0) entries.first = dn;
  if (entries.wanted.size() < max_entries) entries.wanted.push_back(entry);
}

void LackingAttributes::tell(Source& source, const Area& area, const model::Schema& schema,
                             ScanOutcome& outcome) const {
  std::vector<std::string> unsure;
  std::uint64_t most = 0;
  std::string first;
  for (const auto& [attribute, entries] : by_attribute_) {
    const auto sure = outcome.lost ? std::set<std::size_t>() : surely_lacking(source, area, entries.wanted, attribute);
    const auto rest = entries.count - sure.size();
    const auto name = written_name(attribute, schema);
    const auto* type = schema.attribute(attribute);
    const bool operational = type != nullptr && type->operational;  // a CSN, which servers give to most entries
    if (!sure.empty() && rest == 0 && !operational) {
      outcome.notes.push_back(fmt::format("{} no {}, which {} (the first: {}): it is not hidden, it is not there",
                                          counted(entries.count, "entry has", "entries have"), name,
                                          entries.count == 1 ? "its classes demand" : "their classes demand",
                                          entries.first));
    }
    if (rest == 0) continue;
    if (is_secret(attribute)) {
      outcome.unseen_secrets[name] = rest;
      continue;
    }
    unsure.push_back(name);
    if (most == 0) first = fmt::format("{} lacks {}", entries.first, name);
    most = std::max(most, rest);
  }
  if (unsure.empty()) return;
  outcome.reasons.push_back(fmt::format(
      "{} less than the object classes demand (the first: {}): hidden from {}, or damage; {}, or leave it out with "
      "--exclude-attrs {}",
      counted(most, "entry shows", "entries show"), first,
      source.is_live() ? "this identity" : "whoever wrote the file",
      source.is_live() ? "bind as one that may read it" : "write it as one that may read it", fmt::join(unsure, ",")));
}

}  // namespace replkit::compare
