// Random rules, callers and entries against an evaluator that follows the documentation word by word, and the speed.
#include <gmock/gmock.h>

#include <random>

#include "common/model/dn.hpp"
#include "tests/refserver/access/policy.hpp"

namespace replkit::refserver::access {
namespace {

using Random = std::mt19937;

const model::Schema& schema() {
  return model::Schema::standard();
}

std::string key(std::string_view dn) {
  return model::Dn::parse(dn).normalized(schema());
}

const std::vector<std::string> dns = {
    "",          "dc=a",          "ou=x,dc=a",    "ou=y,dc=a",           "cn=anna,ou=x,dc=a",
    "cn=b,dc=a", "cn=staff,dc=a", "cn=boss,dc=a", "cn=c,ou=x,ou=y,dc=a", "cn=admin",
    "dc=b"};
const std::vector<std::string> types = {"cn",      "name",       "mail", "userPassword", "createTimestamp",
                                        "seeAlso", "objectClass"};

template <typename T>
const T& any_of(const std::vector<T>& from, Random& random) {
  return from[random() % from.size()];
}

bool is_below(const std::string& dn, const std::string& base) {
  const auto whole = model::Dn::parse(dn);
  for (auto each = whole.parent(); !whole.empty(); each = each.parent()) {
    if (each.normalized(schema()) == base) return true;
    if (each.empty()) break;
  }
  return false;
}

bool is_member(const std::string& group, const std::string& member) {
  return (group.size() + member.size()) % 3 == 0;
}

bool who_fits(const std::string& word, const Caller& caller, const std::string& entry) {
  if (word == "*") return true;
  if (word == "anonymous") return caller.key.empty();
  if (caller.key.empty()) return false;
  if (word == "users") return true;
  if (word == "self") return caller.key == entry;
  if (word == "administrators") return caller.administrator;
  const auto dn = key(word.substr(word.find(':') + 1));
  if (word.starts_with("dn:")) return caller.key == dn;
  if (word.starts_with("subtree:")) return caller.key == dn || is_below(caller.key, dn);
  return is_member(dn, caller.key);
}

bool target_fits(const std::string& word, const std::string& entry) {
  if (word == "*") return true;
  const auto dn = key(word.substr(word.find(':') + 1));
  if (word.starts_with("base:")) return entry == dn;
  if (word.starts_with("one:")) return !entry.empty() && model::Dn::parse(entry).parent().normalized(schema()) == dn;
  if (word.starts_with("children:")) return is_below(entry, dn);
  return entry == dn || is_below(entry, dn);
}

bool attribute_fits(const std::string& word, const std::string& type) {
  if (word == "entry" || type == "entry") return word == type;
  const auto* wanted = schema().attribute(type);
  if (word == "*") return !wanted->operational;
  if (word == "+") return wanted->operational;
  if (word == "@person") {
    for (const auto* each : {"cn", "sn", "userPassword", "telephoneNumber", "seeAlso", "description", "objectClass"}) {
      if (attribute_fits(each, type)) return true;
    }
    return false;
  }
  for (const auto* each = wanted; each != nullptr; each = schema().attribute(each->superior)) {
    if (each == schema().attribute(word)) return true;
  }
  return false;
}

Rights naive(const std::vector<Rule>& rules, const Caller& caller, const std::string& entry, const std::string& type) {
  for (const auto& rule : rules) {
    if (rule.confidential && !caller.security.confidential()) continue;
    const auto who = [&](const std::string& word) { return who_fits(word, caller, entry); };
    const auto target = [&](const std::string& word) { return target_fits(word, entry); };
    const auto attribute = [&](const std::string& word) { return attribute_fits(word, type); };
    if (std::none_of(rule.who.begin(), rule.who.end(), who)) continue;
    if (std::none_of(rule.target.begin(), rule.target.end(), target)) continue;
    const auto& attributes = rule.attributes;
    if (!attributes.empty() && std::none_of(attributes.begin(), attributes.end(), attribute)) continue;
    const bool hidden =
        type == "userPassword" && std::find(attributes.begin(), attributes.end(), type) == attributes.end();
    return hidden ? rule.rights.without(*rights_named("read")) : rule.rights;
  }
  return {};
}

Rule random_rule(Random& random) {
  const std::vector<std::string> whos = {"*",   "anonymous", "users", "self", "administrators",
                                         "dn:", "subtree:",  "group:"};
  const std::vector<std::string> targets = {"*", "base:", "one:", "subtree:", "children:"};
  auto attributes = types;
  for (const auto* each : {"entry", "*", "+", "@person"}) attributes.emplace_back(each);
  const auto word = [&](const std::vector<std::string>& from) {
    auto out = any_of(from, random);
    if (out.ends_with(':')) out += any_of(dns, random);
    return out;
  };
  Rule rule;
  rule.who.clear();
  rule.target.clear();
  for (auto count = 1 + random() % 3; count > 0; --count) rule.who.push_back(word(whos));
  for (auto count = 1 + random() % 2; count > 0; --count) rule.target.push_back(word(targets));
  for (auto count = random() % 4; count > 0; --count) rule.attributes.push_back(word(attributes));
  for (const auto& each : right_words()) {
    if (random() % 3 == 0) rule.rights = rule.rights | *rights_named(each);
  }
  rule.confidential = random() % 5 == 0;
  return rule;
}

TEST(PolicyProperties, AgreesWithTheNaiveEvaluator) {
  Random random(7);
  int allowed = 0;
  for (int round = 0; round < 1500; ++round) {
    std::vector<Rule> rules;
    for (auto count = random() % 8; count > 0; --count) rules.push_back(random_rule(random));
    Caller caller;
    caller.dn = any_of(dns, random);
    caller.key = key(caller.dn);
    caller.administrator = !caller.anonymous() && random() % 4 == 0;
    caller.security.tls = random() % 2 == 0;
    const auto view = Policy(rules, schema()).view(caller, is_member);
    for (int question = 0; question < 40; ++question) {
      const auto entry = key(any_of(dns, random));
      const auto type = question % 4 == 0 ? "entry" : any_of(types, random);
      const auto expected = naive(rules, caller, entry, type);
      const auto got = type == "entry" ? view.entry(entry) : view.attribute(entry, *schema().attribute(type));
      ASSERT_EQ(rights_text(got), rights_text(expected))
          << "round " << round << ", caller " << caller.key << ", entry " << entry << ", " << type;
      if (view.all()) {
        ASSERT_EQ(got, Rights::all());
      }
      if (view.uniform()) {
        ASSERT_EQ(got, naive(rules, caller, "", type));
      }
      allowed += got.empty() ? 0 : 1;
    }
  }
  EXPECT_GT(allowed, 10'000);
}

TEST(PolicyProperties, RulesForManyBranches) {
  std::vector<Rule> rules;
  for (int i = 0; i < 20; ++i) {
    Rule rule;
    rule.who = {"users"};
    rule.target = {"children:ou=unit" + std::to_string(i) + ",dc=example,dc=com"};
    rule.rights = Right::read;
    rules.push_back(rule);
  }
  Rule self;
  self.who = {"self"};
  self.rights = Right::write;
  rules.push_back(self);
  Caller caller;
  caller.dn = caller.key = "uid=someone,ou=unit3,dc=example,dc=com";
  const auto view = Policy(rules, schema()).view(caller, {});
  std::vector<const model::AttributeType*> attributes;
  for (const auto* name : {"cn", "sn",          "mail",    "uid",       "description", "telephoneNumber", "o",
                           "l",  "st",          "title",   "street",    "postalCode",  "givenName",       "initials",
                           "ou", "objectClass", "manager", "secretary", "mobile",      "seeAlso"}) {
    attributes.push_back(schema().attribute(name));
    ASSERT_NE(attributes.back(), nullptr) << name;
  }
  constexpr int entries = 4'000;
  std::size_t readable = 0;
  for (int i = 0; i < entries; ++i) {
    const auto entry = "uid=user" + std::to_string(i) + ",ou=unit" + std::to_string(i % 40) + ",dc=example,dc=com";
    for (const auto* type : attributes) readable += view.attribute(entry, *type).has(Right::read) ? 1 : 0;
  }
  EXPECT_EQ(readable, attributes.size() * entries / 2);
}

}  // namespace
}  // namespace replkit::refserver::access
