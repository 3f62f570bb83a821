#include "tests/unit/compare/tree_server.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "common/base/base64.hpp"
#include "common/base/text.hpp"
#include "common/model/matching.hpp"
#include "tests/unit/compare/fake_source.hpp"

namespace replkit::compare {

namespace {

const model::Schema& schema() {
  return model::Schema::standard();
}

std::string normalized(const std::string& dn) {
  return model::Dn::parse(dn).normalized(schema());
}

[[noreturn]] void refuse(const std::string& why, const std::string& dn) {
  throw std::runtime_error(why + ": " + dn);
}

bool is_set_by_the_server(const std::string& description) {
  const auto* type = schema().attribute(description);
  return type != nullptr && type->no_user_modification;
}

}  // namespace

TreeServer::TreeServer(const Tree& tree, bool exact) : exact_(exact) {
  for (const auto& [id, node] : tree.nodes) {
    const auto dn = tree.dn(id);
    auto& held = entries_[normalized(dn)];
    names_[normalized(dn)] = dn;
    held.id = uuid_of(id);
    for (const auto& [type, values] : node.attributes) {
      for (const auto& value : values) {
        held.attributes[canonical_description(type, schema())][form(type, value)] = value;
      }
    }
  }
}

std::string TreeServer::form(const std::string& description, const std::string& value) const {
  std::string out;
  const auto kind = exact_ ? model::ValueKind::octets : schema().value_kind(description);
  model::normalize_value(kind, value, schema(), out);
  return out;
}

TreeServer::Held& TreeServer::at(const std::string& dn) {
  const auto found = entries_.find(normalized(dn));
  if (found == entries_.end()) refuse("no such object", dn);
  return found->second;
}

bool TreeServer::has_children(const std::string& name) const {
  return std::any_of(entries_.begin(), entries_.end(),
                     [&](const auto& one) { return one.first != name && model::is_at_or_below(one.first, name); });
}

void TreeServer::apply(const model::ChangeRecord& record) {
  const bool relax = std::any_of(record.controls.begin(), record.controls.end(),
                                 [](const auto& control) { return control.oid == relax_control; });
  if (const auto* change = std::get_if<model::AddChange>(&record.change)) add(record.dn, *change, relax);
  if (std::get_if<model::DeleteChange>(&record.change) != nullptr) remove(record.dn);
  if (const auto* change = std::get_if<model::ModifyChange>(&record.change)) modify(record.dn, *change, relax);
  if (const auto* change = std::get_if<model::RenameChange>(&record.change)) rename(record.dn, *change);
}

void TreeServer::add(const std::string& dn, const model::AddChange& change, bool relax) {
  const auto name = normalized(dn);
  if (entries_.contains(name)) refuse("entry already exists", dn);
  if (!entries_.contains(std::string(model::parent_of(name)))) refuse("no parent", dn);
  Held held;
  held.id = fmt::format("fresh-{}", ++fresh_);
  for (const auto& attribute : change.attributes) {
    if (is_set_by_the_server(attribute.description)) {
      if (!relax) refuse("no user modification allowed: " + attribute.description, dn);
      if (equals_ignore_case(attribute.description, "entryUUID")) held.id = attribute.values.front();
      continue;
    }
    for (const auto& value : attribute.values) {
      auto& values = held.attributes[canonical_description(attribute.description, schema())];
      if (!values.emplace(form(attribute.description, value), value).second) refuse("value given twice", dn);
    }
  }
  if (!held.attributes.contains("objectclass")) refuse("no object class", dn);
  check_rdn(dn, held);
  entries_[name] = std::move(held);
  names_[name] = dn;
}

void TreeServer::remove(const std::string& dn) {
  at(dn);
  if (has_children(normalized(dn))) refuse("not allowed on non-leaf", dn);
  entries_.erase(normalized(dn));
}

void TreeServer::modify(const std::string& dn, const model::ModifyChange& change, bool relax) {
  auto held = at(dn);
  for (const auto& modification : change.modifications) {
    const auto& description = modification.description;
    if (is_set_by_the_server(description)) {
      if (!relax) refuse("no user modification allowed: " + description, dn);
      if (equals_ignore_case(description, "entryUUID")) held.id = modification.values.front();
      continue;
    }
    const auto type = canonical_description(description, schema());
    if (modification.kind == model::ModifyKind::replace) held.attributes.erase(type);
    if (modification.kind == model::ModifyKind::remove && modification.values.empty()) refuse("removes all", dn);
    for (const auto& value : modification.values) {
      if (modification.kind == model::ModifyKind::remove) {
        if (held.attributes[type].erase(form(description, value)) == 0) refuse("no such value of " + description, dn);
      } else if (!held.attributes[type].emplace(form(description, value), value).second) {
        refuse("value exists: " + description, dn);
      }
    }
    if (held.attributes[type].empty()) held.attributes.erase(type);
  }
  check_rdn(dn, held);
  at(dn) = std::move(held);
}

void TreeServer::rename(const std::string& dn, const model::RenameChange& change) {
  auto held = at(dn);
  const auto from = normalized(dn);
  const auto old = model::Dn::parse(dn);
  const auto parent = change.new_superior.value_or(old.parent().text());
  const auto to_text = change.new_rdn + "," + parent;
  const auto to = normalized(to_text);
  if (!entries_.contains(normalized(parent))) refuse("new superior does not exist", parent);
  if (model::is_at_or_below(normalized(parent), from)) refuse("below itself", to_text);
  if (to != from && entries_.contains(to)) refuse("entry already exists", to_text);
  if (change.delete_old_rdn) {
    for (const auto& ava : old.rdns().front()) {
      const auto type = canonical_description(ava.type, schema());
      held.attributes[type].erase(form(ava.type, ava.value));
      if (held.attributes[type].empty()) held.attributes.erase(type);
    }
  }
  const auto new_name = model::Dn::parse(change.new_rdn);
  for (const auto& ava : new_name.rdns().front()) {
    held.attributes[canonical_description(ava.type, schema())].emplace(form(ava.type, ava.value), ava.value);
  }
  Entries moved;
  std::map<std::string, std::string> names;
  for (const auto& [name, entry] : entries_) {
    if (!model::is_at_or_below(name, from)) {
      moved[name] = entry;
      names[name] = names_[name];
      continue;
    }
    auto rdns = model::Dn::parse(names_[name]).rdns();
    rdns.resize(rdns.size() - old.size());
    std::string text;
    for (const auto& rdn : rdns) text += model::rdn_text(rdn) + ",";
    text += to_text;
    moved[normalized(text)] = name == from ? held : entry;
    names[normalized(text)] = text;
  }
  entries_ = std::move(moved);
  names_ = std::move(names);
}

void TreeServer::check_rdn(const std::string& dn, const Held& held) const {
  const auto parsed = model::Dn::parse(dn);
  for (const auto& ava : parsed.rdns().front()) {
    const auto values = held.attributes.find(canonical_description(ava.type, schema()));
    if (values == held.attributes.end() || !values->second.contains(form(ava.type, ava.value))) {
      refuse("naming violation: " + ava.type, dn);
    }
  }
}

std::vector<std::string> TreeServer::lines(bool with_ids) const {
  std::vector<std::string> out;
  for (const auto& [name, held] : entries_) {
    auto line = name + (with_ids ? " " + held.id : "");
    for (const auto& [type, values] : held.attributes) {
      line += " [" + type;
      for (const auto& [normal, value] : values) line += " " + (is_printable_utf8(normal) ? normal : to_hex(normal));
      line += "]";
    }
    out.push_back(line);
  }
  return out;
}

std::string TreeServer::ldif() const {
  std::string out;
  for (const auto& [name, held] : entries_) {
    out += "dn:: " + base64_encode(names_.at(name)) + "\nentryUUID: " + held.id + "\n";
    for (const auto& [type, values] : held.attributes) {
      for (const auto& [normal, value] : values) out += type + ":: " + base64_encode(value) + "\n";
    }
    out += "\n";
  }
  return out;
}

}  // namespace replkit::compare
