#include "common/ldup/area.hpp"

#include <algorithm>
#include <utility>

#include "common/base/error.hpp"
#include "common/base/text.hpp"
#include "common/ldup/names.hpp"

namespace replkit::ldup {

namespace {

std::string joined(const model::Dn& relative, std::string_view below, const model::Schema& schema) {
  auto out = relative.normalized(schema);
  if (!out.empty() && !below.empty()) out += ',';
  return out.append(below);
}

// Whether the specification, of which `base` is the whole normalized DN, selects the entry. A refinement does not
// count: LDUP has none.
bool selects(const model::SubtreeSpecification& subtree, const std::string& base, const model::Dn& dn,
             const std::string& normalized, const model::Schema& schema) {
  if (!model::is_at_or_below(normalized, base)) return false;
  const auto depth = dn.size() - (base.empty() ? 0 : model::Dn::parse(base).size());
  if (depth < subtree.minimum || (subtree.maximum && depth > *subtree.maximum)) return false;
  const auto is_below = [&](const model::Dn& chop) {
    return model::is_at_or_below(normalized, joined(chop, base, schema));
  };
  const auto is_strictly_below = [&](const model::Dn& chop) {
    const auto top = joined(chop, base, schema);
    return normalized != top && model::is_at_or_below(normalized, top);
  };
  return std::none_of(subtree.chop_before.begin(), subtree.chop_before.end(), is_below) &&
         std::none_of(subtree.chop_after.begin(), subtree.chop_after.end(), is_strictly_below);
}

}  // namespace

Area::Area(std::string root, const model::Schema& schema) : root_(std::move(root)), schema_(&schema) {
  normalized_ = model::Dn::parse(root_).normalized(schema);
}

std::string Area::normalized(std::string_view dn) const {
  std::string out;
  model::normalize_dn(dn, *schema_, out);
  return out;
}

void Area::add_subordinate(const std::string& root) {
  auto end = model::Dn::parse(root).normalized(*schema_);
  if (end == normalized_ || !model::is_at_or_below(end, normalized_)) return;
  subordinates_.push_back(root);
  ends_.push_back(std::move(end));
}

bool Area::holds(std::string_view dn) const {
  std::string name;
  if (!model::normalize_dn(dn, *schema_, name) || !model::is_at_or_below(name, normalized_)) return false;
  return std::none_of(ends_.begin(), ends_.end(),
                      [&](const std::string& end) { return model::is_at_or_below(name, end); });
}

bool Area::holds(std::string_view dn, const Replica& replica) const {
  if (!holds(dn)) return false;
  const auto parsed = model::Dn::parse(dn);
  const auto base = joined(replica.subtree.base, normalized_, *schema_);
  return selects(replica.subtree, base, parsed, parsed.normalized(*schema_), *schema_);
}

bool Area::needs(std::string_view dn, const Replica& replica) const {
  if (holds(dn, replica)) return true;
  if (!holds(dn)) return false;
  const auto base = joined(replica.subtree.base, normalized_, *schema_);
  const auto name = normalized(dn);
  if (model::is_at_or_below(base, name)) return true;
  auto from_top = replica.subtree;
  from_top.minimum = 0;
  const auto parsed = model::Dn::parse(dn);
  return selects(from_top, base, parsed, name, *schema_);
}

void Area::add(Replica replica) {
  names_.push_back(normalized(replica.dn));
  replicas_.push_back(std::move(replica));
}

const Replica* Area::replica(std::string_view dn_or_id) const {
  const auto name = normalized(dn_or_id);
  for (std::size_t i = 0; i < replicas_.size(); ++i) {
    const auto& replica = replicas_[i];
    if (names_[i] == name || (!replica.id.empty() && equals_ignore_case(replica.id, dn_or_id))) return &replica;
  }
  return nullptr;
}

bool covers(const model::SubtreeSpecification& outer, const model::SubtreeSpecification& inner,
            const model::Schema& schema) {
  if (outer.text() == inner.text()) return true;
  const auto outer_base = outer.base.normalized(schema);
  const auto inner_base = inner.base.normalized(schema);
  if (!model::is_at_or_below(inner_base, outer_base)) return false;
  // Depths count from different bases.
  if (outer.minimum != 0 || outer.maximum) return false;
  // What the outer one leaves out must lie outside of the inner one, or be left out there too.
  const auto left_out = [&](const model::Dn& chop, bool with_top) {
    const auto top = joined(chop, outer_base, schema);
    if (!model::is_at_or_below(inner_base, top) && !model::is_at_or_below(top, inner_base)) return true;
    return std::any_of(
               inner.chop_before.begin(), inner.chop_before.end(),
               [&](const model::Dn& own) { return model::is_at_or_below(top, joined(own, inner_base, schema)); }) ||
           std::any_of(inner.chop_after.begin(), inner.chop_after.end(), [&](const model::Dn& own) {
             const auto own_top = joined(own, inner_base, schema);
             return model::is_at_or_below(top, own_top) && (!with_top || top != own_top);
           });
  };
  return std::all_of(outer.chop_before.begin(), outer.chop_before.end(),
                     [&](const model::Dn& chop) { return left_out(chop, true); }) &&
         std::all_of(outer.chop_after.begin(), outer.chop_after.end(),
                     [&](const model::Dn& chop) { return left_out(chop, false); });
}

std::vector<Area> areas_of(const std::vector<std::string>& roots, const model::Schema& schema, Findings& findings) {
  std::vector<std::pair<std::size_t, Area>> found;  // with the depth of the root
  for (const auto& root : roots) {
    try {
      const auto depth = model::Dn::parse(root).size();
      Area area(root, schema);
      const bool known = std::any_of(found.begin(), found.end(), [&](const auto& other) {
        return other.second.normalized_root() == area.normalized_root();
      });
      if (!known) found.emplace_back(depth, std::move(area));
    } catch (const ParseError& error) {
      findings.push_back(
          {Severity::error, "area-root", root, "", std::string("the DN of a root is expected (") + error.what() + ")"});
    }
  }
  std::stable_sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<Area> areas;
  for (auto& [depth, area] : found) areas.push_back(std::move(area));
  for (std::size_t lower = 0; lower < areas.size(); ++lower) {
    // The deepest one above it is the one it ends.
    for (std::size_t upper = lower; upper-- > 0;) {
      if (!model::is_at_or_below(areas[lower].normalized_root(), areas[upper].normalized_root())) continue;
      areas[upper].add_subordinate(areas[lower].root());
      break;
    }
  }
  return areas;
}

const Area* area_of(const std::vector<Area>& areas, std::string_view dn) {
  const auto found = std::find_if(areas.begin(), areas.end(), [dn](const Area& area) { return area.holds(dn); });
  return found == areas.end() ? nullptr : &*found;
}

void read_area(const std::vector<model::Entry>& entries, Area& area, Findings& findings) {
  const auto misplaced = [&](const model::Entry& entry, const std::string& text) {
    findings.push_back({Severity::error, "misplaced", entry.dn, "", text});
  };
  std::vector<std::pair<const model::Entry*, std::string>> agreements;  // with the normalized DN of what is above
  for (const auto& entry : entries) {
    const auto* classes = entry.find("objectClass");
    if (classes == nullptr || !area.holds(entry.dn)) continue;
    const auto above = std::string(model::parent_of(area.normalized(entry.dn)));
    const auto which = class_of(classes->values);
    if (which == ManagementClass::agreement) agreements.emplace_back(&entry, above);
    if (which != ManagementClass::replica) continue;
    if (above == area.normalized_root()) {
      area.add(Replica::read(entry, findings));
    } else {
      misplaced(entry, "the replica must stand immediately below the root of its area, " + area.root());
    }
  }
  for (const auto& [entry, above] : agreements) {
    if (area.replica(above) != nullptr) {
      area.add(Agreement::read(*entry, findings));
    } else {
      misplaced(*entry, "the agreement must stand immediately below the replica of its supplier");
    }
  }
}

}  // namespace replkit::ldup
