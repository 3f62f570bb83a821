#include "tests/unit/compare/tree.hpp"

#include <algorithm>
#include <cstdlib>

#include "common/base/text.hpp"
#include "common/model/schema.hpp"

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

bool is_free(const std::vector<unsigned>& used, unsigned id) {
  return std::find(used.begin(), used.end(), id) == used.end();
}

}  // namespace

std::string change_case(std::string text, Random& random) {
  for (auto& c : text) {
    if (is_ascii_alpha(c) && random() % 2 == 0) c = static_cast<char>(c ^ 0x20);
  }
  return text;
}

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

}  // namespace replkit::compare
