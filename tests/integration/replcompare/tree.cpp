#include "tests/integration/replcompare/tree.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

namespace replkit::support {

namespace {

std::string attribute_value(const std::string& dn) {
  const auto from = dn.find('=') + 1;
  return dn.substr(from, dn.find(',') - from);
}

}  // namespace

std::string unit(const std::string& name) {
  return fmt::format("ou={},{}", name, suffix);
}

Tree::Tree() {
  add(std::string(suffix), {"objectClass: dcObject", "objectClass: organization", "o: Example", "dc: example"});
  // Newer than all others, one for each replica.
  for (const char* replica : {"001", "002"}) {
    auto& node = add_unit(fmt::format("newest {}", replica));
    node.csn = fmt::format("20260201000000.000000Z#000000#{}#000000", replica);
  }
}

Node& Tree::add(std::string dn, std::vector<std::string> lines) {
  const auto number = ++count_;
  nodes_.push_back({std::move(dn), std::move(lines), fmt::format("00000000-0000-4000-8000-{:012x}", number),
                    fmt::format("20260101000000.{:06}Z#000000#001#000000", number)});
  return nodes_.back();
}

Node& Tree::add_unit(const std::string& name, const std::string& parent) {
  return add(fmt::format("ou={},{}", name, parent), {"objectClass: organizationalUnit", "ou: " + name});
}

Node& Tree::add_person(const std::string& rdn, const std::string& parent, std::vector<std::string> lines) {
  std::vector<std::string> all{"objectClass: inetOrgPerson", "cn: " + attribute_value(rdn), "sn: Person"};
  if (rdn.starts_with("uid=")) all.push_back("uid: " + attribute_value(rdn));
  all.insert(all.end(), lines.begin(), lines.end());
  return add(rdn + "," + parent, std::move(all));
}

Node& Tree::at(std::string_view dn) {
  const auto found = std::find_if(nodes_.begin(), nodes_.end(), [&](const Node& node) { return node.dn == dn; });
  if (found == nodes_.end()) throw std::out_of_range(std::string(dn));
  return *found;
}

void Tree::remove(std::string_view dn) {
  std::erase_if(nodes_, [&](const Node& node) { return node.dn == dn || node.dn.ends_with("," + std::string(dn)); });
}

void Tree::move(std::string_view dn, const std::string& new_dn) {
  const std::string old(dn);
  for (auto& node : nodes_) {
    if (node.dn != old && !node.dn.ends_with("," + old)) continue;
    if (node.dn == old) {
      const auto name = old.substr(0, old.find('='));
      edit(node, name + ": ", name + ": " + attribute_value(new_dn));
    }
    node.dn = node.dn.substr(0, node.dn.size() - old.size()) + new_dn;
  }
  // Its new parent may come after it.
  std::stable_sort(nodes_.begin(), nodes_.end(), [](const Node& a, const Node& b) {
    return std::count(a.dn.begin(), a.dn.end(), ',') < std::count(b.dn.begin(), b.dn.end(), ',');
  });
}

void Tree::edit(Node& node, std::string_view from, const std::string& to) {
  const auto line = std::find_if(node.lines.begin(), node.lines.end(),
                                 [&](const std::string& text) { return text.starts_with(from); });
  if (line == node.lines.end()) throw std::out_of_range(std::string(from));
  *line = to;
}

std::string Tree::ldif() const {
  std::string out;
  for (const auto& node : nodes_) {
    out += "dn: " + node.dn + "\n";
    for (const auto& line : node.lines) out += line + "\n";
    out += fmt::format(
        "entryUUID: {}\nentryCSN: {}\ncreateTimestamp: 20260101000000Z\nmodifyTimestamp: 20260101000000Z\n"
        "creatorsName: cn=admin,{}\nmodifiersName: cn=admin,{}\n\n",
        node.uuid, node.csn, suffix, suffix);
  }
  return out;
}

}  // namespace replkit::support
