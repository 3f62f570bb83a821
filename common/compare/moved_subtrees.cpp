#include "common/compare/moved_subtrees.hpp"

#include <algorithm>
#include <set>

#include "common/model/dn.hpp"

namespace replkit::compare {

std::string MovedSubtrees::normalized(std::string_view dn) const {
  std::string out;
  model::normalize_dn(dn, schema_, out);
  return out;
}

// Returns the top of the moved subtree with which an entry of these names moved along; nothing when it moved by itself.
std::optional<std::string> MovedSubtrees::moved_along_with(const std::vector<std::string>& names) const {
  std::vector<std::string_view> up(names.begin(), names.end());
  const auto shown = std::find_if(names.begin(), names.end(), [](const auto& name) { return !name.empty(); });
  const auto place = static_cast<std::size_t>(shown - names.begin());
  while (!up[place].empty()) {
    std::string_view rdn;
    for (auto& dn : up) {
      if (dn.empty()) continue;
      const auto parent = model::parent_of(dn);
      const auto here = dn.substr(0, dn.size() - parent.size());
      if (rdn.empty()) rdn = here;
      if (here != rdn) return std::nullopt;
      dn = parent;
    }
    const auto top = tops_.find(std::string(up[place]));
    if (top != tops_.end() && std::equal(up.begin(), up.end(), top->second.names.begin(), top->second.names.end())) {
      return top->first;
    }
  }
  return std::nullopt;
}

void MovedSubtrees::find(const std::vector<Watch>& watches) {
  for (const auto& watch : watches) {
    std::vector<std::string> names;
    std::set<std::string> different;
    bool missing = false;
    for (std::size_t s = 0; s < watch.dns.size(); ++s) {
      names.push_back(watch.dns[s].empty() ? std::string() : normalized(watch.dns[s]));
      if (!names.back().empty()) different.insert(names.back());
      missing = missing || (watch.versions[s].known && !watch.versions[s].present);
    }
    if (missing || different.size() < 2) continue;
    if (const auto top = moved_along_with(names)) {
      ++tops_[*top].descendants;
    } else {
      const auto first = *std::find_if(names.begin(), names.end(), [](const auto& name) { return !name.empty(); });
      tops_.emplace(first, Top{std::move(names)});
    }
  }
}

std::vector<Difference> MovedSubtrees::fold(std::vector<Difference> differences) const {
  std::vector<Difference> out;
  for (auto& difference : differences) {
    if (difference.kind == DifferenceKind::renamed) {
      std::vector<std::string> names;
      for (const auto& shown : difference.entries)
        names.push_back(shown.present ? normalized(shown.dn) : std::string());
      if (moved_along_with(names)) {
        if (difference.attributes.empty() && !difference.identity_differs) continue;
        difference.kind = DifferenceKind::changed;
      } else {
        const auto first = *std::find_if(names.begin(), names.end(), [](const auto& name) { return !name.empty(); });
        if (const auto top = tops_.find(first); top != tops_.end()) difference.descendants = top->second.descendants;
      }
    }
    out.push_back(std::move(difference));
  }
  return out;
}

}  // namespace replkit::compare
