#include "common/model/schema.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <unordered_map>

#include "common/base/error.hpp"
#include "common/base/text.hpp"
#include "common/model/schema_parser.hpp"

namespace replkit::model {

namespace {

constexpr std::size_t max_descriptions = 50'000;
constexpr std::size_t max_problems = 1'000;

// FNV-1a over the bytes with the bit that tells case set.
struct IgnoreCaseHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const {
    std::uint64_t hash = 0xcbf29ce484222325U;
    for (const char c : text) hash = (hash ^ (static_cast<unsigned char>(c) | 0x20U)) * 0x100000001b3U;
    return static_cast<std::size_t>(hash ^ hash >> 32);
  }
};

struct IgnoreCaseEqual {
  using is_transparent = void;
  bool operator()(std::string_view a, std::string_view b) const { return equals_ignore_case(a, b); }
};

template <typename Value>
using NameMap = std::unordered_map<std::string, Value, IgnoreCaseHash, IgnoreCaseEqual>;

const NameMap<ValueKind>& rules() {
  using enum ValueKind;
  static const NameMap<ValueKind> map{
      {"caseExactMatch", case_exact},
      {"2.5.13.5", case_exact},
      {"caseExactIA5Match", case_exact},
      {"1.3.6.1.4.1.1466.109.114.1", case_exact},
      {"caseIgnoreMatch", case_ignore},
      {"2.5.13.2", case_ignore},
      {"caseIgnoreIA5Match", case_ignore},
      {"1.3.6.1.4.1.1466.109.114.2", case_ignore},
      {"caseIgnoreListMatch", case_ignore},
      {"2.5.13.11", case_ignore},
      {"numericStringMatch", numeric},
      {"2.5.13.8", numeric},
      {"telephoneNumberMatch", telephone},
      {"2.5.13.20", telephone},
      {"integerMatch", integer},
      {"2.5.13.14", integer},
      {"booleanMatch", boolean},
      {"2.5.13.13", boolean},
      {"distinguishedNameMatch", dn},
      {"2.5.13.1", dn},
      {"uniqueMemberMatch", name_and_uid},
      {"2.5.13.23", name_and_uid},
      {"generalizedTimeMatch", generalized_time},
      {"2.5.13.27", generalized_time},
      {"UUIDMatch", uuid},
      {"1.3.6.1.1.16.2", uuid},
      {"objectIdentifierMatch", oid},
      {"2.5.13.0", oid},
      {"octetStringMatch", octets},
      {"2.5.13.17", octets},
      {"bitStringMatch", octets},
      {"2.5.13.16", octets},
  };
  return map;
}

const NameMap<ValueKind>& ordering_rules() {
  using enum ValueKind;
  static const NameMap<ValueKind> map{
      {"caseExactOrderingMatch", case_exact},
      {"2.5.13.6", case_exact},
      {"caseIgnoreOrderingMatch", case_ignore},
      {"2.5.13.3", case_ignore},
      {"numericStringOrderingMatch", numeric},
      {"2.5.13.9", numeric},
      {"integerOrderingMatch", integer},
      {"2.5.13.15", integer},
      {"generalizedTimeOrderingMatch", generalized_time},
      {"2.5.13.28", generalized_time},
      {"UUIDOrderingMatch", uuid},
      {"1.3.6.1.1.16.3", uuid},
      {"octetStringOrderingMatch", octets},
      {"2.5.13.18", octets},
      {"CSNOrderingMatch", octets},
      {"1.3.6.1.4.1.4203.666.11.2.3", octets},
  };
  return map;
}

const NameMap<ValueKind>& substrings_rules() {
  using enum ValueKind;
  static const NameMap<ValueKind> map{
      {"caseExactSubstringsMatch", case_exact},       {"2.5.13.7", case_exact},
      {"caseExactIA5SubstringsMatch", case_exact},    {"1.3.6.1.4.1.4203.1.2.1", case_exact},
      {"caseIgnoreSubstringsMatch", case_ignore},     {"2.5.13.4", case_ignore},
      {"caseIgnoreIA5SubstringsMatch", case_ignore},  {"1.3.6.1.4.1.1466.109.114.3", case_ignore},
      {"caseIgnoreListSubstringsMatch", case_ignore}, {"2.5.13.12", case_ignore},
      {"numericStringSubstringsMatch", numeric},      {"2.5.13.10", numeric},
      {"telephoneNumberSubstringsMatch", telephone},  {"2.5.13.21", telephone},
      {"octetStringSubstringsMatch", octets},         {"2.5.13.19", octets},
  };
  return map;
}

std::optional<ValueKind> find_rule(const NameMap<ValueKind>& known, std::string_view rule) {
  const auto found = known.find(rule);
  return found == known.end() ? std::nullopt : std::optional(found->second);
}

constexpr std::string_view dn_syntax = "1.3.6.1.4.1.1466.115.121.1.12";

}  // namespace

struct Schema::Tables {
  std::vector<AttributeType> types;
  std::vector<ObjectClass> classes;
  NameMap<std::size_t> type_index;  // by name and OID, into types
  NameMap<std::size_t> class_index;
  std::vector<std::string> problems;

  void add_problem(const std::string& problem) {
    if (problems.size() < max_problems) problems.push_back(problem);
  }

  // Reads every description, and enters what is new of its names; the first to claim a name keeps it.
  template <typename Item, typename Parse>
  void read(const std::vector<std::string>& descriptions, Parse parse, std::vector<Item>& items,
            NameMap<std::size_t>& index) {
    for (const auto& description : descriptions) {
      if (items.size() == max_descriptions) return add_problem("more than 50000 descriptions: the rest is skipped");
      try {
        auto item = parse(description);
        if (!index.emplace(item.oid, items.size()).second) {
          add_problem("'" + printable(item.oid) + "' is described twice: the second is skipped");
          continue;
        }
        std::erase_if(item.names, [&](const std::string& name) {
          if (!is_schema_name(name)) {
            add_problem("'" + printable(name) + "' is no name: it is left out");
            return true;
          }
          const bool taken = !index.emplace(name, items.size()).second;
          if (taken) add_problem("'" + printable(name) + "' names two: it stays with the first");
          return taken;
        });
        items.push_back(std::move(item));
      } catch (const ParseError& error) {
        add_problem("'" + printable(std::string_view(description).substr(0, 200)) + "': " + error.what());
      }
    }
  }

  const AttributeType* type(std::string_view name) const {
    const auto found = type_index.find(name);
    return found == type_index.end() ? nullptr : &types[found->second];
  }

  const ObjectClass* object_class(std::string_view name) const {
    const auto found = class_index.find(name);
    return found == class_index.end() ? nullptr : &classes[found->second];
  }

  void complete_types();
  void inherit(std::size_t start, std::vector<std::uint8_t>& done);
};

namespace {

void set_kinds(AttributeType& type) {
  type.key = to_lower(type.names.empty() ? type.oid : type.names.front());
  if (type.equality.empty()) {
    type.kind = type.syntax == dn_syntax ? ValueKind::dn : ValueKind::octets;
    type.naming_kind = type.syntax == dn_syntax ? ValueKind::dn : ValueKind::case_ignore;
  } else {
    type.kind = type.naming_kind = rule_kind(type.equality).value_or(ValueKind::octets);
  }
}

}  // namespace

void Schema::Tables::complete_types() {
  std::vector<std::uint8_t> done(types.size(), 0);
  for (std::size_t i = 0; i < types.size(); ++i) inherit(i, done);
  for (auto& type : types) set_kinds(type);
}

// Completes one type and those of its superiors that are not yet. Where the superiors come back to the path just
// walked, the last link is dropped.
void Schema::Tables::inherit(std::size_t start, std::vector<std::uint8_t>& done) {
  enum : std::uint8_t { unseen, on_path, finished };
  std::vector<std::size_t> path;
  for (auto at = start; done[at] == unseen;) {
    done[at] = on_path;
    path.push_back(at);
    if (types[at].superior.empty()) break;
    const auto next = type_index.find(types[at].superior);
    if (next == type_index.end()) {
      add_problem("'" + printable(types[at].oid) + "': its superior '" + printable(types[at].superior) +
                  "' is unknown");
      break;
    }
    if (done[next->second] == on_path) {
      add_problem("'" + printable(types[at].oid) + "': it is its own superior");
      types[at].superior.clear();
      break;
    }
    at = next->second;
  }
  for (auto at = path.rbegin(); at != path.rend(); ++at) {
    auto& to = types[*at];
    done[*at] = finished;
    const auto* from = type(to.superior);
    if (from == nullptr) continue;
    if (to.equality.empty()) to.equality = from->equality;
    if (to.ordering.empty()) to.ordering = from->ordering;
    if (to.substring.empty()) to.substring = from->substring;
    if (to.syntax.empty()) {
      to.syntax = from->syntax;
      to.bound = from->bound;
    }
  }
}

Schema Schema::parse(const std::vector<std::string>& attribute_types, const std::vector<std::string>& object_classes) {
  auto tables = std::make_shared<Tables>();
  const auto read_type = [](std::string_view text) { return parse_attribute_type(text); };
  const auto read_class = [](std::string_view text) { return parse_object_class(text); };
  tables->read(attribute_types, read_type, tables->types, tables->type_index);
  tables->read(object_classes, read_class, tables->classes, tables->class_index);
  tables->complete_types();
  Schema schema;
  schema.tables_ = std::move(tables);
  return schema;
}

const AttributeType* Schema::attribute(std::string_view name_or_oid) const {
  return tables_ ? tables_->type(base_type(name_or_oid)) : nullptr;
}

const ObjectClass* Schema::object_class(std::string_view name_or_oid) const {
  return tables_ ? tables_->object_class(name_or_oid) : nullptr;
}

const std::vector<AttributeType>& Schema::attribute_types() const {
  static const std::vector<AttributeType> none;
  return tables_ ? tables_->types : none;
}

const std::vector<ObjectClass>& Schema::object_classes() const {
  static const std::vector<ObjectClass> none;
  return tables_ ? tables_->classes : none;
}

ValueKind Schema::value_kind(std::string_view description) const {
  const auto* type = attribute(description);
  return type != nullptr ? type->kind : ValueKind::octets;
}

std::vector<std::string> Schema::required(const std::vector<std::string_view>& object_classes) const {
  std::set<std::string> found;
  std::set<const ObjectClass*> seen;
  std::vector<std::string_view> open(object_classes.begin(), object_classes.end());
  while (!open.empty()) {
    const auto* item = object_class(open.back());
    open.pop_back();
    if (item == nullptr || !seen.insert(item).second) continue;
    for (const auto& name : item->must) {
      const auto* type = attribute(name);
      found.insert(type != nullptr ? type->key : to_lower(name));
    }
    open.insert(open.end(), item->superiors.begin(), item->superiors.end());
  }
  return {found.begin(), found.end()};
}

const std::vector<std::string>& Schema::problems() const {
  static const std::vector<std::string> none;
  return tables_ ? tables_->problems : none;
}

bool is_schema_name(std::string_view text) {
  const auto allowed = [](char c) { return is_ascii_alpha(c) || is_ascii_digit(c) || c == '-' || c == '_'; };
  if (!text.empty() && is_ascii_alpha(text.front())) return std::all_of(text.begin(), text.end(), allowed);
  const auto arcs = split(text, '.');
  return arcs.size() > 1 && std::all_of(arcs.begin(), arcs.end(), [](std::string_view arc) {
           return !arc.empty() && std::all_of(arc.begin(), arc.end(), is_ascii_digit) && (arc == "0" || arc[0] != '0');
         });
}

std::optional<ValueKind> rule_kind(std::string_view rule) {
  return find_rule(rules(), rule);
}

std::optional<ValueKind> ordering_rule_kind(std::string_view rule) {
  return find_rule(ordering_rules(), rule);
}

std::optional<ValueKind> substrings_rule_kind(std::string_view rule) {
  return find_rule(substrings_rules(), rule);
}

std::string_view base_type(std::string_view description) {
  return description.substr(0, description.find(';'));
}

}  // namespace replkit::model
