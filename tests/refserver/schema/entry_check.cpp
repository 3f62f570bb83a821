// Whether an entry is as the schema wants it (RFC 4512 2).
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

#include "common/base/error.hpp"
#include "common/base/text.hpp"
#include "common/model/dn.hpp"
#include "common/model/matching.hpp"
#include "tests/refserver/protocol/refusal.hpp"
#include "tests/refserver/schema/schema.hpp"
#include "tests/refserver/schema/schema_tables.hpp"

namespace replkit::refserver::schema {

namespace {

using protocol::Refusal;
using protocol::ResultCode;

// An attribute of the entry with what is known of it.
struct Known {
  const model::AttributeView* view;
  const model::AttributeType* type;
  std::size_t index;
};

constexpr std::size_t max_shown = 200;

std::string shown(std::string_view text) {
  return printable(text.substr(0, max_shown));
}

// --- Object classes ---

class Classes {
 public:
  explicit Classes(const Tables& tables) : tables_(tables) {}

  // Returns the index of the structural class; Refusal as Schema::structural_class() says.
  std::size_t structural(std::span<const std::string_view> names) {
    find(names);
    auto deepest = Bits::npos;
    for (const auto i : found_) {
      if (kind(i) != model::ClassKind::structural) continue;
      if (deepest == Bits::npos || facts(i).superior_count > facts(deepest).superior_count) deepest = i;
    }
    if (deepest == Bits::npos) fail("there is no structural object class");
    for (const auto i : found_) {
      if (kind(i) == model::ClassKind::structural && !facts(deepest).superiors.test(i)) {
        fail(fmt::format("the structural object classes '{}' and '{}' are not of one chain", facts(deepest).name,
                         facts(i).name));
      }
      if (kind(i) == model::ClassKind::abstract_class && !is_implied(i)) {
        fail(fmt::format("no object class of the entry derives from the abstract '{}'", facts(i).name));
      }
    }
    return deepest;
  }

  // The indexes of the classes given, once structural() has looked at them.
  const std::vector<std::size_t>& found() const { return found_; }

 private:
  [[noreturn]] static void fail(const std::string& problem) {
    throw Refusal(ResultCode::object_class_violation, problem);
  }

  void find(std::span<const std::string_view> names) {
    found_.reserve(names.size());
    for (const auto name : names) {
      const auto* item = tables_.model.object_class(name);
      if (item == nullptr) fail("the object class '" + shown(name) + "' is unknown");
      found_.push_back(tables_.index(*item));
    }
  }

  const ClassFacts& facts(std::size_t i) const { return tables_.classes[i]; }
  model::ClassKind kind(std::size_t i) const { return tables_.model.object_classes()[i].kind; }

  // Whether another class of the entry derives from this one (RFC 4512 2.4.1); from top all do.
  bool is_implied(std::size_t i) const {
    return facts(i).name == "top" || std::any_of(found_.begin(), found_.end(), [&](std::size_t other) {
             return kind(other) != model::ClassKind::abstract_class && facts(other).superiors.test(i);
           });
  }

  const Tables& tables_;
  std::vector<std::size_t> found_;
};

// --- Attributes ---

class EntryCheck {
 public:
  EntryCheck(const Tables& tables, std::span<const model::AttributeView> attributes) : tables_(tables) {
    known_.reserve(attributes.size());
    for (const auto& attribute : attributes) add(attribute);
    check_repeated();
  }

  void check_values() {
    for (const auto& known : known_) {
      check_syntax(known);
      check_count(known);
    }
  }

  // `excused`: types that are not missed.
  void check_classes(std::span<const model::AttributeType* const> excused) const {
    auto content = read_content();
    for (const auto* type : excused) content.present.set(tables_.index(*type));
    check_content(content);
  }

  std::vector<const model::AttributeType*> lacking() const {
    auto content = read_content();
    std::vector<const model::AttributeType*> out;
    const auto take = [&](const Bits& must) {
      for (auto i = must.first_missing_from(content.present); i != Bits::npos;
           i = must.first_missing_from(content.present)) {
        out.push_back(&tables_.model.attribute_types()[i]);
        content.present.set(i);
      }
    };
    for (const auto i : content.classes) take(tables_.classes[i].must);
    if (content.rule != nullptr) take(content.rule->must);
    return out;
  }

  void check_rdn(std::string_view text) const {
    const auto fail = [](const std::string& problem) { throw Refusal(ResultCode::naming_violation, problem); };
    model::Dn dn;
    try {
      dn = model::Dn::parse(text);
    } catch (const ParseError& error) {
      throw Refusal(ResultCode::invalid_dn_syntax, error.what());
    }
    if (dn.empty()) return;
    for (const auto& ava : dn.rdns().front()) {
      const auto* type = tables_.model.attribute(ava.type);
      if (type == nullptr || ava.type.find(';') != ava.type.npos) {
        throw Refusal(ResultCode::undefined_attribute_type, "the attribute type '" + shown(ava.type) + "' is unknown");
      }
      if (type->key == "entryuuid") continue;  // no value, but the entry itself (draft-ietf-ldup-urp-08 4.3.5)
      if (type->equality.empty())
        fail(fmt::format("'{}' has no equality rule: it cannot name entries", shown(ava.type)));
      if (type->collective) fail(fmt::format("'{}' is collective: it cannot name entries", shown(ava.type)));
      if (!has_value(*type, ava.value)) {
        fail(fmt::format("the RDN's value of '{}' is not in the entry", shown(ava.type)));
      }
    }
  }

 private:
  void add(const model::AttributeView& attribute);
  void check_repeated() const;
  void check_options(std::string_view description, const model::AttributeType& type) const;
  void check_syntax(const Known& known) const;
  void check_count(const Known& known);
  // What the object classes are, and which types are there.
  struct Content {
    std::vector<std::size_t> classes;
    const RuleFacts* rule = nullptr;
    Bits present;
  };
  Content read_content() const;
  void check_content(const Content& content) const;
  void check_rule(const Content& content) const;
  std::string name(std::size_t type) const;
  bool has_value(const model::AttributeType& type, std::string_view value) const;

  const Tables& tables_;
  std::vector<Known> known_;
  std::vector<std::string> forms_;
};

// Returns the options of a description in a form in which equal ones are equal bytes: lower case, in order.
std::string options_key(std::string_view description) {
  if (description.find(';') == description.npos) return {};
  const auto lower = to_lower(description);
  auto parts = split(lower, ';');
  std::sort(parts.begin() + 1, parts.end());
  std::string key;
  for (auto part = parts.begin() + 1; part != parts.end(); ++part) key.append(";").append(*part);
  return key;
}

void EntryCheck::add(const model::AttributeView& attribute) {
  const auto* type = tables_.model.attribute(attribute.description);
  if (type == nullptr) {
    throw Refusal(ResultCode::undefined_attribute_type,
                  "the attribute type '" + shown(model::base_type(attribute.description)) + "' is unknown");
  }
  if (attribute.description.find(';') != attribute.description.npos) check_options(attribute.description, *type);
  known_.push_back({&attribute, type, tables_.index(*type)});
}

// By sorting, because clients send as many descriptions as they like.
void EntryCheck::check_repeated() const {
  struct Key {
    std::size_t index;
    std::string options;
    const model::AttributeView* view;
  };
  std::vector<Key> keys;
  keys.reserve(known_.size());
  for (const auto& known : known_) keys.push_back({known.index, options_key(known.view->description), known.view});
  std::sort(keys.begin(), keys.end(),
            [](const Key& a, const Key& b) { return a.index != b.index ? a.index < b.index : a.options < b.options; });
  const auto twice = std::adjacent_find(keys.begin(), keys.end(), [](const Key& a, const Key& b) {
    return a.index == b.index && a.options == b.options;
  });
  if (twice == keys.end()) return;
  throw Refusal(ResultCode::attribute_or_value_exists,
                fmt::format("'{}' and '{}' are the same attribute", shown(twice->view->description),
                            shown((twice + 1)->view->description)));
}

// RFC 4512 2.5.2: an option that is not recognized makes the description unknown. Language tags (RFC 3866), private
// ones (x-) and, where there is something to transfer so, binary (RFC 4522) are.
void EntryCheck::check_options(std::string_view description, const model::AttributeType& type) const {
  const auto fail = [&](std::string_view problem) {
    throw Refusal(ResultCode::undefined_attribute_type, fmt::format("'{}': {}", shown(description), problem));
  };
  if (tables_.index(type) == tables_.object_class_type) fail("objectClass takes no options");
  const auto parts = split(description, ';');
  for (auto part = parts.begin() + 1; part != parts.end(); ++part) {
    const auto option_char = [](char c) { return is_ascii_alpha(c) || is_ascii_digit(c) || c == '-'; };
    if (part->empty() || !std::all_of(part->begin(), part->end(), option_char)) fail("malformed option");
    if (equals_ignore_case(*part, "binary")) {
      const auto* syntax = tables_.types[tables_.index(type)].syntax;
      if (syntax != nullptr && syntax->transfer != Transfer::ber) fail(";binary does not go with its syntax");
    } else if (part->ends_with('-') && equals_ignore_case(part->substr(0, 5), "lang-")) {
      fail("a range of languages is none");  // RFC 3866 3.2
    } else if (!equals_ignore_case(part->substr(0, 5), "lang-") && !equals_ignore_case(part->substr(0, 2), "x-")) {
      fail("unknown option");
    }
  }
}

void EntryCheck::check_syntax(const Known& known) const {
  const auto* syntax = tables_.types[known.index].syntax;
  if (syntax == nullptr || syntax->valid == nullptr) return;
  const auto& values = known.view->values;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (syntax->valid(values[i])) continue;
    throw Refusal(ResultCode::invalid_attribute_syntax,
                  fmt::format("'{}': value {} is no {}", shown(known.view->description), i + 1, syntax->description));
  }
}

void EntryCheck::check_count(const Known& known) {
  const auto& values = known.view->values;
  const auto name = [&] { return shown(known.view->description); };
  if (values.empty()) throw Refusal(ResultCode::constraint_violation, fmt::format("'{}' has no value", name()));
  if (values.size() == 1) return;
  if (known.type->single_value) {
    throw Refusal(ResultCode::constraint_violation, fmt::format("'{}' takes one value only", name()));
  }
  if (forms_.size() < values.size()) forms_.resize(values.size());
  const auto end = forms_.begin() + static_cast<std::ptrdiff_t>(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    model::normalize_value(known.type->kind, values[i], tables_.model, forms_[i]);
  }
  std::sort(forms_.begin(), end);
  if (std::adjacent_find(forms_.begin(), end) != end) {
    throw Refusal(ResultCode::attribute_or_value_exists, fmt::format("'{}' has two equal values", name()));
  }
}

std::string EntryCheck::name(std::size_t type) const {
  const auto& found = tables_.model.attribute_types()[type];
  return found.names.empty() ? found.oid : found.names.front();
}

EntryCheck::Content EntryCheck::read_content() const {
  const auto object_class = std::find_if(known_.begin(), known_.end(),
                                         [&](const Known& known) { return known.index == tables_.object_class_type; });
  if (object_class == known_.end()) {
    throw Refusal(ResultCode::object_class_violation, "there is no objectClass attribute");
  }
  Classes classes(tables_);
  const auto rule = tables_.rules.find(classes.structural(object_class->view->values));
  Content out{classes.found(), rule == tables_.rules.end() ? nullptr : &rule->second, Bits(tables_.types.size())};
  for (const auto& known : known_) out.present.set(known.index);
  return out;
}

void EntryCheck::check_rule(const Content& content) const {
  const auto& rule = *content.rule;
  const auto fail = [](const std::string& problem) { throw Refusal(ResultCode::object_class_violation, problem); };
  for (const auto i : content.classes) {
    if (tables_.model.object_classes()[i].kind == model::ClassKind::auxiliary && !rule.auxiliary.test(i)) {
      fail(fmt::format("the content rule does not allow the object class '{}'", tables_.classes[i].name));
    }
  }
  if (const auto missing = rule.must.first_missing_from(content.present); missing != Bits::npos) {
    fail(fmt::format("the content rule requires the attribute '{}'", name(missing)));
  }
  for (const auto& known : known_) {
    if (!rule.precluded.test(known.index)) continue;
    fail(fmt::format("the content rule precludes the attribute '{}'", shown(known.view->description)));
  }
}

void EntryCheck::check_content(const Content& content) const {
  const auto& classes = content.classes;
  const auto* rule = content.rule;
  bool all_allowed = false;
  for (const auto i : classes) {
    const auto& facts = tables_.classes[i];
    if (i == tables_.extensible_object) all_allowed = true;
    if (const auto missing = facts.must.first_missing_from(content.present); missing != Bits::npos) {
      throw Refusal(ResultCode::object_class_violation,
                    fmt::format("the object class '{}' requires the attribute '{}'", facts.name, name(missing)));
    }
  }
  if (rule != nullptr) check_rule(content);
  for (const auto& known : known_) {
    if (known.type->operational || (all_allowed && !known.type->collective)) continue;
    if (rule != nullptr && rule->allowed.test(known.index)) continue;
    const bool allowed = std::any_of(classes.begin(), classes.end(),
                                     [&](std::size_t i) { return tables_.classes[i].allowed.test(known.index); });
    if (!allowed) {
      throw Refusal(ResultCode::object_class_violation,
                    fmt::format("no object class allows the attribute '{}'", shown(known.view->description)));
    }
  }
}

bool EntryCheck::has_value(const model::AttributeType& type, std::string_view value) const {
  std::string wanted;
  std::string form;
  model::normalize_value(type.naming_kind, value, tables_.model, wanted);
  const auto index = tables_.index(type);
  for (const auto& known : known_) {
    if (known.index != index || known.view->description.find(';') != known.view->description.npos) continue;
    for (const auto other : known.view->values) {
      if (other == value) return true;
      model::normalize_value(type.naming_kind, other, tables_.model, form);
      if (form == wanted) return true;
    }
  }
  return false;
}

}  // namespace

std::string Schema::structural_class(std::span<const std::string_view> object_classes) const {
  return std::string(tables_->classes[Classes(*tables_).structural(object_classes)].name);
}

void Schema::check_entry(std::span<const model::AttributeView> attributes, std::string_view rdn,
                         std::span<const model::AttributeType* const> excused) const {
  EntryCheck check(*tables_, attributes);
  check.check_values();
  check.check_classes(excused);
  check.check_rdn(rdn);
}

std::vector<const model::AttributeType*> Schema::lacking(std::span<const model::AttributeView> attributes) const {
  try {
    return EntryCheck(*tables_, attributes).lacking();
  } catch (const Refusal&) {
    return {};
  }
}

}  // namespace replkit::refserver::schema
