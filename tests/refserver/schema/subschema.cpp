// The subschema subentry's attributes (RFC 4512 4.2).
#include <algorithm>
#include <array>
#include <set>
#include <string>
#include <vector>

#include "tests/refserver/schema/matching_rules.hpp"
#include "tests/refserver/schema/schema_tables.hpp"

namespace replkit::refserver::schema {

namespace {

constexpr std::string_view directory_string = "1.3.6.1.4.1.1466.115.121.1.15";
constexpr std::string_view substring_assertion = "1.3.6.1.4.1.1466.115.121.1.58";

// Syntaxes whose values are strings of characters, to all of which the rules for Directory Strings apply (RFC
// 4517 4.2).
constexpr std::array<std::string_view, 6> string_syntaxes{directory_string,
                                                          "1.3.6.1.4.1.1466.115.121.1.11",
                                                          "1.3.6.1.4.1.1466.115.121.1.26",
                                                          "1.3.6.1.4.1.1466.115.121.1.36",
                                                          "1.3.6.1.4.1.1466.115.121.1.44",
                                                          "1.3.6.1.4.1.1466.115.121.1.50"};

bool is_used(const MatchingRule& rule, const model::AttributeType& type) {
  return type.equality == rule.name || type.ordering == rule.name || type.substring == rule.name;
}

// Whether an extensible filter may compare the type's values by the rule.
bool applies(const MatchingRule& rule, const model::AttributeType& type) {
  if (is_used(rule, type)) return true;
  if (rule.syntax == substring_assertion) return false;  // the substring rules' own syntax says nothing of the values'
  if (rule.syntax == directory_string) {
    return std::find(string_syntaxes.begin(), string_syntaxes.end(), type.syntax) != string_syntaxes.end();
  }
  return rule.syntax == type.syntax;
}

std::string describe(const MatchingRule& rule) {
  return std::string("( ")
             .append(rule.oid)
             .append(" NAME '")
             .append(rule.name)
             .append("' SYNTAX ")
             .append(rule.syntax) +
         " )";
}

// Returns the use of the rule; empty when it applies to nothing.
std::string describe_use(const MatchingRule& rule, const model::Schema& model) {
  std::string types;
  std::size_t count = 0;
  for (const auto& type : model.attribute_types()) {
    if (!applies(rule, type)) continue;
    types.append(count++ == 0 ? "" : " $ ").append(type.names.empty() ? type.oid : type.names.front());
  }
  if (count == 0) return {};
  auto out = std::string("( ").append(rule.oid).append(" NAME '").append(rule.name).append("' APPLIES ");
  return out + (count > 1 ? "( " + types + " )" : types) + " )";
}

std::string describe(const Syntax& syntax) {
  auto out = std::string("( ").append(syntax.oid).append(" DESC '").append(syntax.description).append("'");
  if (syntax.transfer != Transfer::text) out += " X-NOT-HUMAN-READABLE 'TRUE'";
  if (syntax.transfer == Transfer::ber && syntax.valid != nullptr) out += " X-BINARY-TRANSFER-REQUIRED 'TRUE'";
  return out + " )";
}

}  // namespace

std::vector<model::Attribute> make_subschema(const model::Schema& model, const Definitions& definitions) {
  std::vector<std::string> rules;
  std::vector<std::string> uses;
  for (const auto& rule : matching_rules()) {
    const auto& types = model.attribute_types();
    const bool used = std::any_of(types.begin(), types.end(), [&](const auto& type) { return is_used(rule, type); });
    if (!rule.implemented && !used) continue;
    rules.push_back(describe(rule));
    if (auto use = describe_use(rule, model); rule.implemented && !use.empty()) uses.push_back(std::move(use));
  }
  std::vector<std::string> all_syntaxes;
  for (const auto& syntax : syntaxes()) all_syntaxes.push_back(describe(syntax));
  std::set<std::string> others(definitions.syntaxes().begin(), definitions.syntaxes().end());
  for (const auto& type : model.attribute_types()) others.insert(type.syntax);
  for (const auto& oid : others) {
    if (find_syntax(oid) == nullptr) all_syntaxes.push_back("( " + oid + " )");
  }
  std::vector<model::Attribute> out{{"attributeTypes", definitions.attribute_types()},
                                    {"objectClasses", definitions.object_classes()},
                                    {"matchingRules", std::move(rules)},
                                    {"matchingRuleUse", std::move(uses)},
                                    {"ldapSyntaxes", std::move(all_syntaxes)}};
  if (!definitions.content_rules().empty()) out.push_back({"dITContentRules", definitions.content_rules()});
  return out;
}

}  // namespace replkit::refserver::schema
