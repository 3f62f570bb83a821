#include "tests/unit/compare/tree.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <set>

#include "common/base/base64.hpp"
#include "common/base/text.hpp"
#include "common/model/matching.hpp"
#include "tests/unit/compare/fake_source.hpp"

namespace replkit::compare {

namespace {

const std::string suffix = "dc=example,dc=com";

template <typename Container>
const auto& pick(Random& random, const Container& container) {
  return container[random() % container.size()];
}

// Values that need every escape of RFC 4514.
const std::vector<std::string> odd_names{"plain",          "a,b",        "a+b=c", "#hash",
                                         "back\\slash",    "\"quoted\"", "<x>;y", "J\xC3\xBCrgen",
                                         "x=1,dc=example", "two words",  "t\tab"};
const std::vector<std::string> words{"red", "Green", "BLUE",   "dark Gray", "\xC3\x84pfel",
                                     "#1",  " lead", "trail ", "a:b",       "<"};
const std::set<std::string> exact_types{"jpegPhoto", "userPassword", "labeledURI"};

bool is_unit(const Node& node) {
  return !node.rdn.empty() && node.rdn.front().type == "ou";
}

std::string random_bytes(Random& random) {
  std::string bytes;
  for (auto n = 1 + random() % 60; n > 0; --n) bytes += static_cast<char>(random() % 256);
  return bytes;
}

// A value that no other entry or attribute has but for its case.
std::string fresh_value(Random& random, const std::string& type) {
  if (type == "jpegPhoto" || type == "userPassword") return random_bytes(random) + std::to_string(random());
  if (type == "telephoneNumber") return "+49 " + std::to_string(random() % 1'000'000'000);
  return pick(random, words) + " w" + std::to_string(random() % 1'000'000'000);
}

const std::vector<std::string> types{"title",           "mail",      "description",  "description;lang-de",
                                     "telephoneNumber", "jpegPhoto", "userPassword", "labeledURI"};

std::string folded(const std::string& type, const std::string& value, bool exact) {
  if (exact) return value;
  const std::string base = type.substr(0, type.find(';'));
  std::string out;
  model::normalize_value(model::Schema::standard().value_kind(base), value, model::Schema::standard(), out);
  return out;
}

void set_rdn(Node& node, model::Rdn rdn) {
  for (const auto& ava : node.rdn) {
    auto& values = node.attributes[ava.type];
    std::erase(values, ava.value);
    if (values.empty()) node.attributes.erase(ava.type);
  }
  node.rdn = std::move(rdn);
  for (const auto& ava : node.rdn) {
    auto& values = node.attributes[ava.type];
    if (std::find(values.begin(), values.end(), ava.value) == values.end()) values.push_back(ava.value);
  }
}

model::Rdn person_rdn(Random& random, unsigned id) {
  model::Rdn rdn{{"cn", pick(random, odd_names) + " " + std::to_string(id) + "." + std::to_string(random() % 1000)}};
  if (random() % 5 == 0) rdn.push_back({"uid", "u" + std::to_string(id)});
  return rdn;
}

std::string change_case(std::string text, Random& random) {
  for (auto& c : text) {
    if (is_ascii_alpha(c) && random() % 2 == 0) c = static_cast<char>(c ^ 0x20);
  }
  return text;
}

bool is_free(const std::vector<unsigned>& used, unsigned id) {
  return std::find(used.begin(), used.end(), id) == used.end();
}

}  // namespace

std::string Tree::dn(unsigned id) const {
  std::string out;
  for (const auto* node = &nodes.at(id); node->parent != 0; node = &nodes.at(node->parent)) {
    out += model::rdn_text(node->rdn) + ",";
  }
  return out + suffix;
}

std::string Tree::normalized_dn(unsigned id) const {
  return model::Dn::parse(dn(id)).normalized(model::Schema::standard());
}

bool Tree::is_leaf(unsigned id) const {
  return std::none_of(nodes.begin(), nodes.end(), [&](const auto& one) { return one.second.parent == id; });
}

bool Tree::is_below(unsigned id, unsigned ancestor) const {
  for (; id != 0; id = nodes.at(id).parent) {
    if (id == ancestor) return true;
  }
  return false;
}

std::vector<unsigned> Tree::units() const {
  std::vector<unsigned> out;
  for (const auto& [id, node] : nodes) {
    if (is_unit(node)) out.push_back(id);
  }
  return out;
}

std::vector<unsigned> Tree::persons() const {
  std::vector<unsigned> out;
  for (const auto& [id, node] : nodes) {
    if (!node.rdn.empty() && !is_unit(node)) out.push_back(id);
  }
  return out;
}

unsigned add_person(Random& random, Tree& tree, unsigned parent, unsigned id) {
  Node node{id, parent, {}, {}, 1 + static_cast<unsigned>(random() % 40)};
  node.attributes = {{"objectClass", {"top", "person", "inetOrgPerson"}}, {"sn", {pick(random, words)}}};
  set_rdn(node, person_rdn(random, id));
  if (random() % 4 == 0) node.attributes["cn"].push_back("also " + std::to_string(id));
  for (const auto& type : types) {
    for (auto n = random() % 3; n > 0; --n) node.attributes[type].push_back(fresh_value(random, type));
  }
  tree.nodes[id] = std::move(node);
  return id;
}

Tree random_tree(Random& random, std::size_t size) {
  Tree tree;
  tree.nodes[1] = {1, 0, {}, {{"objectClass", {"top", "domain"}}, {"dc", {"example"}}}, 1};
  for (std::size_t i = 0; i < size; ++i) {
    const auto id = tree.next_id++;
    auto parents = tree.units();
    parents.push_back(1);
    const auto parent = pick(random, parents);
    if (random() % 4 == 0) {
      Node node{
          id, parent, {}, {{"objectClass", {"top", "organizationalUnit"}}}, 1 + static_cast<unsigned>(random() % 40)};
      set_rdn(node, {{"ou", pick(random, odd_names) + std::to_string(id)}});
      tree.nodes[id] = std::move(node);
    } else {
      add_person(random, tree, parent, id);
    }
  }
  return tree;
}

bool plant(Random& random, Tree& tree, Plant what, unsigned fresh_id, std::vector<unsigned>& used) {
  std::vector<unsigned> persons;
  for (const auto id : tree.persons()) {
    if (is_free(used, id)) persons.push_back(id);
  }
  std::vector<unsigned> parents = tree.units();
  parents.push_back(1);
  if (persons.empty()) return false;
  const auto victim = pick(random, persons);
  auto& node = tree.nodes.at(victim);
  ++node.change;
  switch (what) {
    case Plant::remove:
      tree.nodes.erase(victim);
      break;
    case Plant::add:
      used.push_back(add_person(random, tree, pick(random, parents), fresh_id));
      return true;
    case Plant::change_value: {
      const auto& type = pick(random, types);
      node.attributes[type] = {fresh_value(random, type)};
      break;
    }
    case Plant::add_value: {
      const auto& type = pick(random, types);
      node.attributes[type].push_back(fresh_value(random, type));
      break;
    }
    case Plant::remove_value: {
      const auto& type = pick(random, types);
      if (node.attributes[type].empty()) node.attributes.erase(type);
      if (!node.attributes.contains(type)) return false;
      node.attributes[type].pop_back();
      if (node.attributes[type].empty()) node.attributes.erase(type);
      break;
    }
    case Plant::binary:
      node.attributes["jpegPhoto"] = {random_bytes(random) + std::string(1, '\0') + "\xFF"};
      break;
    case Plant::option:
      node.attributes["title;lang-fr;x-opt"].push_back("titre " + std::to_string(fresh_id));
      break;
    case Plant::case_only:
      node.attributes["sn"] = {change_case(node.attributes["sn"].front(), random)};
      break;
    case Plant::rename:
    case Plant::move: {
      auto units = tree.units();
      std::erase_if(units, [&](auto id) { return !is_free(used, id); });
      const auto id = !units.empty() && random() % 2 == 0 ? pick(random, units) : victim;
      auto& moved = tree.nodes.at(id);
      if (what == Plant::rename) {
        set_rdn(moved, is_unit(moved) ? model::Rdn{{"ou", pick(random, odd_names) + " new " + std::to_string(id)}}
                                      : person_rdn(random, id));
      } else {
        const auto to = pick(random, parents);
        if (to == moved.parent || tree.is_below(to, id)) return false;
        moved.parent = to;
      }
      used.push_back(id);
      return true;
    }
    case Plant::identity: {
      auto copy = node;
      copy.id = fresh_id;
      tree.nodes.erase(victim);
      tree.nodes[fresh_id] = std::move(copy);
      used.push_back(fresh_id);
      break;
    }
  }
  used.push_back(victim);
  return true;
}

void shuffle_names(Random& random, Tree& tree) {
  const auto ids = random() % 2 == 0 ? tree.units() : tree.persons();
  if (ids.size() < 2) return;
  const auto a = pick(random, ids);
  const auto b = pick(random, ids);
  if (a == b) return;
  auto& one = tree.nodes.at(a);
  auto& two = tree.nodes.at(b);
  const auto rdn = one.rdn;
  if (two.parent == a) {
    two.parent = one.parent;
    one.parent = b;
    if (random() % 2 == 0) {  // the names stay where they were
      set_rdn(one, two.rdn);
      set_rdn(two, rdn);
    }
  } else if (!tree.is_below(a, b) && !tree.is_below(b, a)) {
    const bool goes = random() % 2 == 0 && tree.is_leaf(a);
    const auto parent = one.parent;
    set_rdn(one, two.rdn);
    one.parent = two.parent;
    set_rdn(two, rdn);
    two.parent = parent;
    if (goes) tree.nodes.erase(a);
  }
}

unsigned seeds(unsigned usual) {
  const char* set = std::getenv("REPLKIT_TEST_SEEDS");
  return set == nullptr ? usual : static_cast<unsigned>(parse_uint(set).value_or(usual));
}

namespace {

std::string value_line(const std::string& type, const std::string& value, Random& random) {
  const bool plain =
      is_printable_utf8(value) && !value.empty() && value.front() != ' ' && value.front() != ':' &&
      value.front() != '<' && value.back() != ' ' &&
      std::all_of(value.begin(), value.end(), [](char c) { return static_cast<unsigned char>(c) < 128; });
  auto line = plain && random() % 4 != 0 ? type + ": " + value : type + ":: " + base64_encode(value);
  if (random() % 3 != 0) return line + "\n";
  std::string out;
  for (std::size_t width = 10 + random() % 40; line.size() > width; line.erase(0, width)) {
    out += line.substr(0, width) + "\n ";
  }
  return out + line + "\n";
}

std::string noisy_dn(std::string dn, const Spelling& spelling, Random& random) {
  if (spelling.keep_case || random() % 3 != 0) return dn;
  auto rdns = model::Dn::parse(dn).rdns();
  std::string out;
  for (auto& rdn : rdns) {
    std::shuffle(rdn.begin(), rdn.end(), random);
    for (auto& ava : rdn) {
      ava.value = change_case(ava.value, random);
      ava.type = ava.type == "cn" ? "commonName" : change_case(ava.type, random);
    }
    out += (out.empty() ? "" : random() % 2 == 0 ? ", " : ",") + model::rdn_text(rdn);
  }
  return out;
}

std::string noisy_name(const std::string& type, const Spelling& spelling, Random& random) {
  if (!spelling.noise) return type;
  if (type == "cn" && random() % 3 == 0) return "commonName";
  if (type == "title;lang-fr;x-opt" && random() % 2 == 0) return "TITLE;X-OPT;Lang-fr";
  return random() % 3 == 0 ? change_case(type, random) : type;
}

std::string noisy_value(const std::string& type, const std::string& value, const Spelling& spelling, Random& random) {
  const auto base = type.substr(0, type.find(';'));
  if (!spelling.noise || spelling.keep_case || exact_types.contains(base) || random() % 3 != 0) return value;
  return change_case(value, random);
}

}  // namespace

std::string to_ldif(const Tree& tree, Random& random, const Spelling& spelling, unsigned covered) {
  std::vector<std::string> records;
  for (const auto& [id, node] : tree.nodes) {
    auto record = value_line("dn", spelling.noise ? noisy_dn(tree.dn(id), spelling, random) : tree.dn(id), random);
    std::vector<std::string> lines;
    for (const auto& [type, values] : node.attributes) {
      // One spelling for an attribute of an entry: the reader merges by name and not by alias.
      for (const auto& value : values) {
        lines.push_back(
            value_line(noisy_name(type, spelling, random), noisy_value(type, value, spelling, random), random));
      }
    }
    if (spelling.ids) lines.push_back("entryUUID: " + uuid_of(id) + "\n");
    if (spelling.csns) lines.push_back("entryCSN: " + csn_at(node.change).text() + "\n");
    if (spelling.csns && id == 1) lines.push_back("contextCSN: " + csn_at(covered).text() + "\n");
    lines.push_back(fmt::format("modifyTimestamp: 2026010112{:02}00Z\n", random() % 60));
    if (spelling.noise) std::shuffle(lines.begin(), lines.end(), random);
    for (const auto& line : lines) record += line;
    records.push_back(std::move(record));
  }
  // The first entry tells whether there are ids; apart from that any order will do.
  if (spelling.noise) std::shuffle(records.begin(), records.end(), random);
  std::string out = random() % 2 == 0 ? "version: 1\n\n" : "";
  for (const auto& record : records) out += record + "\n";
  if (random() % 4 == 0) {  // CRLF
    std::string crlf;
    for (const char c : out) crlf += c == '\n' ? std::string("\r\n") : std::string(1, c);
    return crlf;
  }
  return out;
}

namespace {

using Values = std::map<std::string, std::set<std::string>>;  // by type

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
