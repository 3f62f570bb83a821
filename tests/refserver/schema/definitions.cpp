#include "tests/refserver/schema/definitions.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "common/base/error.hpp"
#include "tests/refserver/schema/matching_rules.hpp"

namespace replkit::refserver::schema {

namespace {

constexpr std::size_t max_elements = 50'000;
constexpr std::size_t max_oid = 1024;

[[noreturn]] void fail(const Place& place, const std::string& problem) {
  throw LocalError(place.text() + ": " + problem);
}

template <typename Item>
std::string called(std::string_view what, const Item& item) {
  return fmt::format("{} '{}'", what, printable(item.names.empty() ? item.oid : item.names.front()));
}

// Reads a description; an error's line is that of the byte at which it went wrong.
template <typename Parse>
auto read(std::string_view text, const Place& place, Parse parse) {
  try {
    return parse();
  } catch (const ParseError& error) {
    const auto before = text.substr(0, error.offset());
    const auto lines = static_cast<std::uint64_t>(std::count(before.begin(), before.end(), '\n'));
    fail({place.file, place.line + lines}, error.what());
  }
}

std::string canonical_rule(const std::string& rule, RuleUse use, const model::AttributeType& type, const Place& place) {
  if (rule.empty()) return {};
  const auto* found = find_rule(rule);
  if (found == nullptr)
    fail(place, called("attribute type", type) + ": the matching rule '" + printable(rule) + "' is unknown");
  if (found->use != use) {
    constexpr std::string_view uses[] = {"EQUALITY", "ORDERING", "SUBSTR"};
    fail(place, fmt::format("{}: '{}' is no rule for {}", called("attribute type", type), found->name,
                            uses[static_cast<std::size_t>(use)]));
  }
  return std::string(found->name);
}

}  // namespace

template <typename Item>
const Definitions::Defined<Item>* Definitions::Table<Item>::find(std::string_view name) const {
  const auto found = index.find(name);
  return found == index.end() ? nullptr : &items[found->second];
}

template <typename Item>
void Definitions::Table<Item>::add(Item item, const Place& place, std::string_view what) {
  if (items.size() + repeated.size() >= max_elements) fail(place, "there are more than 50000 definitions");
  if (index.contains(item.oid)) {
    repeated.push_back({std::move(item), place});
    return;
  }
  for (const auto& name : item.names) {
    if (const auto* other = find(name); other != nullptr) {
      fail(place, fmt::format("{}: the name '{}' belongs to {} ({})", called(what, item), name, other->item.oid,
                              other->place.text()));
    }
  }
  index.emplace(item.oid, items.size());
  for (const auto& name : item.names) index.emplace(name, items.size());
  items.push_back({std::move(item), place});
}

std::string Definitions::expand(std::string_view text) const {
  const auto colon = std::min(text.find(':'), text.size());
  const auto found = macros_.find(text.substr(0, colon));
  if (found == macros_.end()) return std::string(text);
  return colon == text.size() ? found->second : found->second + "." + std::string(text.substr(colon + 1));
}

void Definitions::add_macro(std::string_view name, std::string_view oid, const Place& place) {
  if (!model::is_schema_name(name) || is_ascii_digit(name.front())) {
    fail(place, "'" + printable(name) + "' is no name for an objectIdentifier");
  }
  auto expanded = expand(oid);
  if (!model::is_schema_name(expanded) || !is_ascii_digit(expanded.front()) || expanded.size() > max_oid) {
    fail(place, "'" + printable(oid) + "' is no OID and no objectIdentifier defined before");
  }
  if (macros_.size() >= max_elements) fail(place, "there are more than 50000 definitions");
  // Each file may name the same arc as it likes.
  macros_.insert_or_assign(std::string(name), std::move(expanded));
}

void Definitions::check_rules(model::AttributeType& type, const Place& place) const {
  type.equality = canonical_rule(type.equality, RuleUse::equality, type, place);
  type.ordering = canonical_rule(type.ordering, RuleUse::ordering, type, place);
  type.substring = canonical_rule(type.substring, RuleUse::substring, type, place);
}

void Definitions::add_attribute_type(std::string_view description, const Place& place) {
  const model::DescriptionReading reading{.strict = true, .expand = [this](auto text) { return expand(text); }};
  auto type = read(description, place, [&] { return model::parse_attribute_type(description, reading); });
  check_rules(type, place);
  types_.add(std::move(type), place, "attribute type");
}

void Definitions::add_object_class(std::string_view description, const Place& place) {
  const model::DescriptionReading reading{.strict = true, .expand = [this](auto text) { return expand(text); }};
  auto item = read(description, place, [&] { return model::parse_object_class(description, reading); });
  classes_.add(std::move(item), place, "object class");
}

void Definitions::add_content_rule(std::string_view description, const Place& place) {
  const model::DescriptionReading reading{.strict = true, .expand = [this](auto text) { return expand(text); }};
  auto rule = read(description, place, [&] { return model::parse_content_rule(description, reading); });
  rules_.add(std::move(rule), place, "content rule");
}

void Definitions::add_syntax(std::string_view description, const Place& place) {
  const model::DescriptionReading reading{.strict = false, .expand = [this](auto text) { return expand(text); }};
  const auto syntax = read(description, place, [&] { return model::parse_attribute_type(description, reading); });
  if (syntaxes_.size() >= max_elements) fail(place, "there are more than 50000 definitions");
  syntaxes_.push_back(syntax.oid);
}

void Definitions::check_type(const Defined<model::AttributeType>& defined) const {
  const auto& type = defined.item;
  const auto wrong = [&](const std::string& problem) {
    fail(defined.place, called("attribute type", type) + ": " + problem);
  };
  if (type.superior.empty()) {
    if (type.syntax.empty()) wrong("it has neither SYNTAX nor SUP");
  } else {
    const auto* superior = types_.find(type.superior);
    if (superior == nullptr) wrong("its superior '" + printable(type.superior) + "' is unknown");
    if (superior->item.usage != type.usage) wrong("its USAGE is not that of its superior");
    if (superior->item.collective && !type.collective) wrong("its superior is COLLECTIVE");
    std::size_t steps = 0;
    for (const auto* at = superior; at != nullptr && !at->item.superior.empty(); at = types_.find(at->item.superior)) {
      if (++steps > types_.items.size()) wrong("it is its own superior");
    }
  }
  if (type.collective && (type.operational || type.single_value)) {
    wrong("COLLECTIVE goes neither with an operational USAGE nor with SINGLE-VALUE");
  }
  if (type.no_user_modification && !type.operational) wrong("NO-USER-MODIFICATION needs an operational USAGE");
}

void Definitions::check_class(const Defined<model::ObjectClass>& defined) const {
  const auto& item = defined.item;
  const auto wrong = [&](const std::string& problem) {
    fail(defined.place, called("object class", item) + ": " + problem);
  };
  for (const auto& name : item.superiors) {
    const auto* superior = classes_.find(name);
    if (superior == nullptr) wrong("its superior '" + printable(name) + "' is unknown");
    // RFC 4512 2.4: each kind derives from its own and from abstract classes.
    if (superior->item.kind != model::ClassKind::abstract_class && superior->item.kind != item.kind) {
      wrong("its superior '" + printable(name) + "' is of another kind");
    }
  }
  for (const auto* list : {&item.must, &item.may}) {
    for (const auto& name : *list) {
      if (types_.find(name) == nullptr) wrong("the attribute '" + printable(name) + "' is unknown");
    }
  }
}

void Definitions::check_rule(const Defined<model::ContentRule>& defined) const {
  const auto& rule = defined.item;
  const auto wrong = [&](const std::string& problem) {
    fail(defined.place, called("content rule", rule) + ": " + problem);
  };
  const auto require_kind = [&](const std::string& name, model::ClassKind kind, const char* what) {
    const auto* found = classes_.find(name);
    if (found == nullptr) wrong("the object class '" + printable(name) + "' is unknown");
    if (found->item.kind != kind) wrong("the object class '" + printable(name) + "' is not " + what);
  };
  require_kind(rule.oid, model::ClassKind::structural, "structural");
  for (const auto& name : rule.auxiliary) require_kind(name, model::ClassKind::auxiliary, "auxiliary");
  for (const auto* list : {&rule.must, &rule.may, &rule.precluded}) {
    for (const auto& name : *list) {
      if (types_.find(name) == nullptr) wrong("the attribute '" + printable(name) + "' is unknown");
    }
  }
}

namespace {

// Depth first over the superiors; throws when a class meets itself.
class CycleCheck {
 public:
  CycleCheck(const model::Schema& schema) : schema_(schema), state_(schema.object_classes().size(), State::unseen) {}

  bool finds_cycle_from(const model::ObjectClass& start) {
    // An explicit stack: files may hold chains of any length.
    std::vector<std::pair<const model::ObjectClass*, std::size_t>> path{{&start, 0}};
    while (!path.empty()) {
      auto& [item, next] = path.back();
      auto& state = state_[index(*item)];
      if (next == 0 && state == State::done) {
        path.pop_back();
        continue;
      }
      state = State::on_path;
      if (next == item->superiors.size()) {
        state = State::done;
        path.pop_back();
        continue;
      }
      const auto* superior = schema_.object_class(item->superiors[next++]);
      if (state_[index(*superior)] == State::on_path) return true;
      path.emplace_back(superior, 0);
    }
    return false;
  }

 private:
  enum class State : std::uint8_t { unseen, on_path, done };
  std::size_t index(const model::ObjectClass& item) const {
    return static_cast<std::size_t>(&item - schema_.object_classes().data());
  }
  const model::Schema& schema_;
  std::vector<State> state_;
};

using Names = std::set<std::string>;

Names as_set(const std::vector<std::string>& names) {
  Names all;
  for (const auto& name : names) all.insert(to_lower(name));
  return all;
}

// The OIDs of what is named, so that aliases count as the same.
template <typename Find>
Names oids(const std::vector<std::string>& names, Find find) {
  Names all;
  for (const auto& name : names) {
    const auto* found = find(name);
    all.insert(found != nullptr ? found->oid : to_lower(name));
  }
  return all;
}

bool same(const model::AttributeType& first, model::AttributeType second, const model::Schema& schema) {
  const auto find = [&](const std::string& name) { return schema.attribute(name); };
  if (const auto* superior = second.superior.empty() ? nullptr : find(second.superior); superior != nullptr) {
    if (second.equality.empty()) second.equality = superior->equality;
    if (second.ordering.empty()) second.ordering = superior->ordering;
    if (second.substring.empty()) second.substring = superior->substring;
    if (second.syntax.empty()) second.syntax = superior->syntax;
  }
  return as_set(first.names) == as_set(second.names) && oids({first.superior}, find) == oids({second.superior}, find) &&
         first.equality == second.equality && first.ordering == second.ordering &&
         first.substring == second.substring && first.syntax == second.syntax &&
         first.single_value == second.single_value && first.collective == second.collective &&
         first.no_user_modification == second.no_user_modification && first.usage == second.usage;
}

bool same(const model::ObjectClass& first, const model::ObjectClass& second, const model::Schema& schema) {
  const auto type = [&](const std::string& name) { return schema.attribute(name); };
  const auto item = [&](const std::string& name) { return schema.object_class(name); };
  return as_set(first.names) == as_set(second.names) && first.kind == second.kind &&
         oids(first.superiors, item) == oids(second.superiors, item) &&
         oids(first.must, type) == oids(second.must, type) && oids(first.may, type) == oids(second.may, type);
}

}  // namespace

void Definitions::check_repeated(const model::Schema& schema) const {
  for (const auto& [item, place] : types_.repeated) {
    if (same(*schema.attribute(item.oid), item, schema)) continue;
    fail(place, called("attribute type", item) + " is not the one of " + types_.find(item.oid)->place.text());
  }
  for (const auto& [item, place] : classes_.repeated) {
    if (same(*schema.object_class(item.oid), item, schema)) continue;
    fail(place, called("object class", item) + " is not the one of " + classes_.find(item.oid)->place.text());
  }
  for (const auto& [item, place] : rules_.repeated) {
    const auto* first = rules_.find(item.oid);
    if (model::format_content_rule(first->item) == model::format_content_rule(item)) continue;
    fail(place, called("content rule", item) + " is not the one of " + first->place.text());
  }
}

model::Schema Definitions::finish() {
  for (const auto& defined : types_.items) {
    check_type(defined);
    type_texts_.push_back(model::format_attribute_type(defined.item));
  }
  for (const auto& defined : classes_.items) {
    check_class(defined);
    class_texts_.push_back(model::format_object_class(defined.item));
  }
  for (const auto& defined : rules_.items) {
    check_rule(defined);
    rule_texts_.push_back(model::format_content_rule(defined.item));
  }
  auto schema = model::Schema::parse(type_texts_, class_texts_);
  if (!schema.problems().empty()) throw LocalError("schema: " + schema.problems().front());
  CycleCheck cycles(schema);
  for (const auto& defined : classes_.items) {
    if (cycles.finds_cycle_from(*schema.object_class(defined.item.oid))) {
      fail(defined.place, called("object class", defined.item) + ": it is its own superior");
    }
  }
  check_repeated(schema);
  return schema;
}

}  // namespace replkit::refserver::schema
