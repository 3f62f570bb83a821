#include "tests/refserver/schema/schema_tables.hpp"

#include <algorithm>
#include <bit>

#include "common/base/error.hpp"

namespace replkit::refserver::schema {

std::size_t Bits::first_missing_from(const Bits& other) const {
  for (std::size_t i = 0; i < words_.size(); ++i) {
    if (const auto missing = words_[i] & ~other.words_[i]; missing != 0) {
      return i * 64 + static_cast<std::size_t>(std::countr_zero(missing));
    }
  }
  return npos;
}

Tables::Tables(Definitions& definitions) : model(definitions.finish()) {
  const auto* object_class = model.attribute("objectClass");
  if (object_class == nullptr) throw LocalError("schema: there is no objectClass");
  object_class_type = index(*object_class);
  fill_types();
  fill_classes();
  fill_rules(definitions);
  if (const auto* extensible = model.object_class("extensibleObject"); extensible != nullptr) {
    extensible_object = index(*extensible);
  }
  subschema = make_subschema(model, definitions);
}

void Tables::fill_types() {
  const auto& all = model.attribute_types();
  types.resize(all.size());
  for (const auto& type : all) {
    auto& facts = types[index(type)];
    facts.syntax = find_syntax(type.syntax);
    facts.superior = type.superior.empty() ? nullptr : model.attribute(type.superior);
    facts.subtypes.push_back(&type);
  }
  for (const auto& type : all) {
    for (const auto* at = types[index(type)].superior; at != nullptr; at = types[index(*at)].superior) {
      types[index(*at)].subtypes.push_back(&type);
    }
  }
}

void Tables::fill_classes() {
  const auto& all = model.object_classes();
  classes.resize(all.size());
  for (const auto& item : all) {
    auto& facts = classes[index(item)];
    facts.name = item.names.empty() ? item.oid : item.names.front();
    facts.superiors = Bits(all.size());
    facts.must = Bits(types.size());
    facts.allowed = Bits(types.size());
    facts.allowed.set(object_class_type);  // top's, which need not be named as a superior
    std::vector<const model::ObjectClass*> open{&item};
    while (!open.empty()) {
      const auto* at = open.back();
      open.pop_back();
      if (facts.superiors.test(index(*at))) continue;
      facts.superiors.set(index(*at));
      ++facts.superior_count;
      for (const auto& name : at->must) {
        facts.must.set(index(*model.attribute(name)));
        facts.allowed.set(index(*model.attribute(name)));
      }
      for (const auto& name : at->may) facts.allowed.set(index(*model.attribute(name)));
      for (const auto& name : at->superiors) open.push_back(model.object_class(name));
    }
  }
}

void Tables::fill_rules(const Definitions& definitions) {
  const auto types_of = [&](const std::vector<std::string>& names) {
    Bits out(types.size());
    for (const auto& name : names) out.set(index(*model.attribute(name)));
    return out;
  };
  for (const auto& text : definitions.content_rules()) {
    const auto rule = model::parse_content_rule(text);
    if (rule.obsolete) continue;  // not in force
    RuleFacts facts{Bits(classes.size()), types_of(rule.must), types_of(rule.may), types_of(rule.precluded)};
    facts.allowed |= facts.must;
    for (const auto& name : rule.auxiliary) facts.auxiliary |= classes[index(*model.object_class(name))].superiors;
    const auto& structural = *model.object_class(rule.oid);
    for (const auto& name : rule.precluded) {
      const auto type = index(*model.attribute(name));
      if (!facts.must.test(type) && !classes[index(structural)].must.test(type)) continue;
      throw LocalError("schema: the content rule of '" + structural.oid + "' precludes '" + name +
                       "', which is a MUST");
    }
    rules.emplace(index(structural), std::move(facts));
  }
}

}  // namespace replkit::refserver::schema
