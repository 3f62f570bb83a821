#include "tests/refserver/access/policy.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <array>

#include "common/base/error.hpp"
#include "common/base/text.hpp"
#include "tests/refserver/access/policy_state.hpp"

namespace replkit::refserver::access {

namespace {

std::string sha256(const std::string& text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  if (EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha256(), nullptr) != 1) {
    throw Error(ExitStatus::bug, "SHA-256 is not there");
  }
  return to_hex(std::string(digest.begin(), digest.begin() + size));
}

Rule administrators_rule() {
  Rule rule;
  rule.who = {"administrators"};
  rule.rights = Rights::all();
  return rule;
}

Rule own_password_rule() {
  Rule rule;
  rule.who = {"self"};
  rule.attributes = {"userPassword"};
  rule.rights = Right::write;
  return rule;
}

Rule public_rule() {
  Rule rule;
  rule.target = {"base:", "base:cn=Subschema", "base:cn=schema"};
  rule.rights = Rights(Right::read) | Right::search | Right::compare;
  return rule;
}

}  // namespace

Policy::Policy(const std::vector<Rule>& rules, const model::Schema& schema) {
  auto state = std::make_shared<State>();
  state->schema = schema;
  std::string normal_form;
  for (const auto& rule : rules) {
    const auto number = "access rule " + std::to_string(state->rules.size() + 1);
    state->rules.push_back(compile(rule, rule.origin.empty() ? number : rule.origin, schema));
    append_normal_form(normal_form, state->rules.back());
  }
  state->digest = sha256(normal_form);
  state_ = std::move(state);
}

std::string Policy::digest() const {
  return state_->digest;
}

std::vector<Rule> default_rules() {
  return {administrators_rule(), own_password_rule(), public_rule()};
}

std::vector<Rule> effective_rules(const std::vector<Rule>& configured) {
  const auto is_about_administrators = [](const Rule& rule) {
    return std::find(rule.who.begin(), rule.who.end(), "administrators") != rule.who.end();
  };
  std::vector<Rule> out;
  if (std::none_of(configured.begin(), configured.end(), is_about_administrators)) out.push_back(administrators_rule());
  out.insert(out.end(), configured.begin(), configured.end());
  out.push_back(own_password_rule());
  out.push_back(public_rule());
  return out;
}

}  // namespace replkit::refserver::access
