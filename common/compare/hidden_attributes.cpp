#include "common/compare/hidden_attributes.hpp"

#include <algorithm>
#include <map>

#include "common/base/error.hpp"
#include "common/compare/lacking_attributes.hpp"
#include "common/compare/secrets.hpp"

namespace replkit::compare {

namespace {

constexpr std::uint64_t least_shown = 10;
constexpr std::size_t sample = 200;

bool shows(const model::Entry& entry, const std::string& type, const model::Schema& schema) {
  return std::any_of(entry.attributes.begin(), entry.attributes.end(), [&](const auto& attribute) {
    return canonical_description(model::base_type(attribute.description), schema) == type;
  });
}

// Reads differing entries on one source: the CSNs by place, of those with the attribute only when it is given.
std::map<std::size_t, std::string> read_csns(Source& source, const Area& area, const FingerprintRules& rules,
                                             const std::vector<Wanted>& wanted, const std::string& type) {
  std::map<std::size_t, std::string> csns;
  std::vector<std::string> attributes{rules.csn_attribute};
  if (!type.empty()) attributes.push_back(type);
  source.read(area, wanted, attributes, [&](std::size_t i, const model::Entry& entry) {
    if (type.empty() || shows(entry, type, rules.schema)) csns[i] = entry.first(rules.csn_attribute);
  });
  return csns;
}

std::vector<Wanted> those_in(const std::map<std::size_t, std::string>& csns, const std::vector<Wanted>& wanted) {
  std::vector<Wanted> out;
  for (const auto& [place, csn] : csns) out.push_back(wanted[place]);
  return out;
}

// Whether no entry with the attribute is just about to get it on the other side.
bool is_settled(Source& shower, Source& hider, const Area& area, const FingerprintRules& rules,
                const std::vector<Wanted>& wanted, const std::string& type) {
  try {
    const auto there = read_csns(shower, area, rules, wanted, type);
    // Passwords replicate to all: where they are not, it is damage.
    if (is_secret(type) && !surely_lacking(hider, area, those_in(there, wanted), type).empty()) return false;
    const auto here = read_csns(hider, area, rules, wanted, {});
    std::size_t same = 0;
    std::size_t other = 0;
    for (const auto& [place, csn] : there) {
      const auto found = here.find(place);
      if (found != here.end()) ++(found->second == csn ? same : other);
    }
    return same > 0 && other * 10 <= same;  // a few may be changing for other reasons
  } catch (const Error&) {
    return false;
  }
}

}  // namespace

std::vector<HiddenAttribute> find_hidden_attributes(const std::vector<std::unique_ptr<Source>>& sources,
                                                    const Area& area, const FingerprintRules& rules,
                                                    const ScanResult& scan) {
  std::vector<HiddenAttribute> out;
  // Without CSNs, or names to read entries by, nothing tells hidden from missing.
  if (rules.quick || rules.csn_attribute.empty() || rules.id_attribute.empty()) return out;
  std::vector<Wanted> wanted;
  for (const auto& candidate : scan.candidates) {
    if (candidate.content_differs && wanted.size() < sample) wanted.push_back({candidate.key, {}});
  }
  if (wanted.empty()) return out;
  for (std::size_t hider = 0; hider < sources.size(); ++hider) {
    if (!scan.outcomes[hider].complete() || scan.outcomes[hider].entries == 0) continue;
    for (std::size_t shower = 0; shower < sources.size(); ++shower) {
      for (const auto& [type, count] : scan.outcomes[shower].shown_attributes) {
        // Of passwords one is enough: they are hidden from most.
        if (count < (is_secret(type) ? 1 : least_shown) || scan.outcomes[hider].shown_attributes.contains(type) ||
            !rules.compares(type))
          continue;
        const bool found = std::any_of(out.begin(), out.end(),
                                       [&](const auto& known) { return known.name == type && known.hider == hider; });
        if (!found && is_settled(*sources[shower], *sources[hider], area, rules, wanted, type))
          out.push_back({type, hider, shower, count});
      }
    }
  }
  return out;
}

}  // namespace replkit::compare
