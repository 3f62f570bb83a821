// What a comparison of trees must find, worked out the plain way.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "common/base/text.hpp"
#include "common/model/matching.hpp"
#include "tests/unit/compare/tree.hpp"

namespace replkit::compare {

namespace {

using Values = std::map<std::string, std::set<std::string>>;  // by type

std::string folded(const std::string& type, const std::string& value, bool exact) {
  if (exact) return value;
  const std::string base = type.substr(0, type.find(';'));
  std::string out;
  model::normalize_value(model::Schema::standard().value_kind(base), value, model::Schema::standard(), out);
  return out;
}

Values values_of(const Node& node, bool exact) {
  Values out;
  for (const auto& [type, values] : node.attributes) {
    for (const auto& value : values) out[to_lower(type)].insert(folded(type, value, exact));
  }
  return out;
}

std::string attributes_line(const std::vector<std::optional<Values>>& all) {
  std::set<std::string> names;
  for (const auto& values : all) {
    if (!values) continue;
    for (const auto& [name, set] : *values) names.insert(name);
  }
  std::string out;
  for (const auto& name : names) {
    std::string line;
    for (std::size_t s = 0; s < all.size(); ++s) {
      if (!all[s]) continue;
      const auto own = all[s]->find(name);
      if (own == all[s]->end()) continue;
      for (const auto& value : own->second) {
        const bool everywhere = std::all_of(all.begin(), all.end(), [&](const auto& other) {
          if (!other) return true;
          const auto found = other->find(name);
          return found != other->end() && found->second.contains(value);
        });
        if (!everywhere) line += fmt::format(" {}={}", s, to_hex(value));
      }
    }
    if (!line.empty()) out += " [" + name + line + "]";
  }
  return out;
}

// One entry, by id or by name, on each tree: 0 where it is absent.
using Row = std::vector<unsigned>;

class Oracle {
 public:
  Oracle(const std::vector<const Tree*>& trees, bool ids, bool exact) : trees_(trees), ids_(ids), exact_(exact) {}

  std::vector<std::string> lines() {
    for (auto& row : rows()) add(row);
    std::vector<std::string> out;
    for (const auto& [first, found] : found_) {
      out.push_back(found.line + (found.descendants != 0 ? fmt::format(" +{}", found.descendants) : "") + found.odd);
    }
    std::sort(out.begin(), out.end());
    return out;
  }

 private:
  struct Found {
    std::string line;
    std::string odd;
    unsigned descendants = 0;
  };

  std::vector<Row> rows() const {
    std::map<std::string, Row> by_key;
    for (std::size_t s = 0; s < trees_.size(); ++s) {
      for (const auto& [id, node] : trees_[s]->nodes) {
        auto& row = by_key[ids_ ? std::to_string(id) : trees_[s]->normalized_dn(id)];
        row.resize(trees_.size());
        row[s] = id;
      }
    }
    // Entries that lack on complementary sources and have one name are one entry with two identities.
    std::vector<Row> out;
    std::map<std::string, std::size_t> lacking;
    for (const auto& [key, row] : by_key) {
      const bool lacks = std::find(row.begin(), row.end(), 0U) != row.end();
      if (lacks && ids_) {
        const auto [place, fresh] = lacking.emplace(name_of(row), out.size());
        if (!fresh) {
          auto& other = out[place->second];
          for (std::size_t s = 0; s < row.size(); ++s) other[s] = std::max(other[s], row[s]);
          continue;
        }
      }
      out.push_back(row);
    }
    return out;
  }

  std::string name_of(const Row& row) const {
    for (std::size_t s = 0; s < row.size(); ++s) {
      if (row[s] != 0) return trees_[s]->normalized_dn(row[s]);
    }
    return {};
  }

  bool renamed(const Row& row) const {
    std::set<std::string> names;
    for (std::size_t s = 0; s < row.size(); ++s) {
      if (row[s] != 0) names.insert(trees_[s]->normalized_dn(row[s]));
    }
    return names.size() > 1;
  }

  // The entry that moved by itself and took this one along; 0 when this one moved by itself.
  unsigned mover(const Row& row) const {
    const auto& first = trees_[0]->nodes.at(row[0]);
    for (std::size_t s = 1; s < trees_.size(); ++s) {
      const auto& other = trees_[s]->nodes.at(row[s]);
      if (model::rdn_text(other.rdn) != model::rdn_text(first.rdn) || other.parent != first.parent) return 0;
    }
    const auto above = mover(Row(row.size(), first.parent));
    return above != 0 ? above : first.parent;
  }

  void add(const Row& row) {
    const bool lacks = std::find(row.begin(), row.end(), 0U) != row.end();
    const bool identity = ids_ && std::set<unsigned>(row.begin(), row.end()).size() > (lacks ? 2U : 1U);
    std::vector<std::optional<Values>> values;
    for (std::size_t s = 0; s < row.size(); ++s) {
      values.push_back(row[s] == 0 ? std::nullopt : std::optional(values_of(trees_[s]->nodes.at(row[s]), exact_)));
    }
    const auto attributes = lacks && !identity ? std::string() : attributes_line(values);
    std::string kind = lacks ? "missing" : renamed(row) ? "renamed" : "changed";
    if (kind == "renamed") {
      if (const auto top = mover(row); top != 0) {
        if (!identity) ++found_[top].descendants;  // two entries are not one that moved
        if (attributes.empty() && !identity) return;
        kind = "changed";
      }
    }
    if (kind == "changed" && attributes.empty() && !identity) return;
    auto& found = found_[ids_ ? *std::max_element(row.begin(), row.end()) : static_cast<unsigned>(found_.size())];
    found.line = fmt::format("{} {}{}{}", kind, name_of(row), attributes, identity ? " other-id" : "");
    if (row.size() > 2) found.odd = odd(row, values);
  }

  std::string odd(const Row& row, const std::vector<std::optional<Values>>& values) const {
    std::map<std::string, std::vector<std::size_t>> groups;
    for (std::size_t s = 0; s < row.size(); ++s) {
      std::string state = row[s] == 0 ? "-" : fmt::format("{} {} ", row[s], trees_[s]->normalized_dn(row[s]));
      if (values[s]) {
        for (const auto& [name, set] : *values[s]) {
          for (const auto& value : set) state += name + to_hex(value) + ",";
        }
      }
      groups[state].push_back(s);
    }
    std::set<std::size_t> out;
    bool majority = false;
    for (const auto& [state, members] : groups) {
      if (members.size() * 2 > row.size()) {
        majority = true;
      } else {
        out.insert(members.begin(), members.end());
      }
    }
    return majority ? fmt::format(" odd {}", fmt::join(out, ",")) : " odd ";
  }

  const std::vector<const Tree*>& trees_;
  bool ids_;
  bool exact_;
  std::map<unsigned, Found> found_;
};

}  // namespace

std::vector<std::string> expected(const std::vector<const Tree*>& trees, bool ids, bool exact) {
  return Oracle(trees, ids, exact).lines();
}

std::string line_of(const Difference& difference, bool exact) {
  const auto& schema = model::Schema::standard();
  std::map<std::string, std::string> attributes;
  for (const auto& attribute : difference.attributes) {
    std::string line;
    for (std::size_t s = 0; s < attribute.only.size(); ++s) {
      std::set<std::string> values;
      const auto canonical = canonical_description(attribute.name, schema);
      const auto base = canonical.substr(0, canonical.find(';'));
      for (const auto& value : attribute.only[s]) {
        values.insert(folded(base, value, exact));
      }
      for (const auto& value : values) line += fmt::format(" {}={}", s, to_hex(value));
    }
    attributes[canonical_description(attribute.name, schema)] = line;
  }
  std::string names;
  for (const auto& [name, line] : attributes) names += " [" + name + line + "]";
  const char* kind = difference.kind == DifferenceKind::missing   ? "missing"
                     : difference.kind == DifferenceKind::renamed ? "renamed"
                                                                  : "changed";
  return fmt::format("{} {}{}{}{}{}", kind, model::Dn::parse(difference.dn).normalized(schema), names,
                     difference.identity_differs ? " other-id" : "",
                     difference.descendants != 0 ? fmt::format(" +{}", difference.descendants) : "",
                     difference.entries.size() > 2 ? fmt::format(" odd {}", fmt::join(difference.odd, ",")) : "");
}

}  // namespace replkit::compare
