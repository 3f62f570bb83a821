#include "tests/refserver/access/rule.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "common/base/error.hpp"
#include "common/base/text.hpp"
#include "common/model/dn.hpp"

namespace replkit::refserver::access {

namespace {

constexpr std::array<std::string_view, 3> passwords = {"userpassword", "authpassword", "ldupbindpassword"};
constexpr Rights looking = Rights(Right::compare) | Right::search | Right::read;
constexpr int deepest_superior = 32;  // of types and classes: a schema may go in circles

// Reads the words of one rule.
class Compiler {
 public:
  Compiler(const std::string& place, const model::Schema& schema) : place_(place), schema_(schema) {}

  Subject subject(const std::string& word) const {
    using Kind = Subject::Kind;
    if (word == "*") return {Kind::everybody, {}};
    if (word == "anonymous") return {Kind::anonymous, {}};
    if (word == "users") return {Kind::users, {}};
    if (word == "self") return {Kind::self, {}};
    if (word == "administrators") return {Kind::administrators, {}};
    if (word.starts_with("dn:")) return {Kind::dn, key("who", word)};
    if (word.starts_with("subtree:")) return {Kind::subtree, key("who", word)};
    if (word.starts_with("group:")) return {Kind::group, key("who", word)};
    fail("who", word, "is none of *, anonymous, users, self, administrators, dn:DN, subtree:DN, group:DN");
  }

  Target target(const std::string& word) const {
    using Kind = Target::Kind;
    if (word == "*") return {Kind::everything, {}};
    if (word.starts_with("base:")) return {Kind::base, key("target", word)};
    if (word.starts_with("one:")) return {Kind::one, key("target", word)};
    if (word.starts_with("subtree:")) return {Kind::subtree, key("target", word)};
    if (word.starts_with("children:")) return {Kind::children, key("target", word)};
    fail("target", word, "is none of *, base:DN, one:DN, subtree:DN, children:DN");
  }

  void attribute(const std::string& word, CompiledRule& rule) const {
    if (word == "*") {
      rule.user_attributes = true;
    } else if (word == "+") {
      rule.operational_attributes = true;
    } else if (equals_ignore_case(word, "entry")) {
      rule.entry = true;
    } else if (word.starts_with('@')) {
      const auto* object_class = schema_.object_class(std::string_view(word).substr(1));
      if (object_class == nullptr) fail("attribute", word, "names no object class of the schema");
      add_class(*object_class, rule, 0);
    } else {
      const auto* type = word.find(';') == std::string::npos ? schema_.attribute(word) : nullptr;
      if (type == nullptr)
        fail("attribute", word, R"(is no attribute type of the schema, "entry", "*", "+" or "@class")");
      rule.types.insert(type->key);
      rule.named.insert(type->key);
    }
  }

 private:
  [[noreturn]] void fail(const char* what, const std::string& word, const std::string& problem) const {
    throw UsageError(fmt::format("{}: {} '{}' {}", place_, what, printable(word), problem));
  }

  std::string key(const char* what, const std::string& word) const {
    const auto dn = std::string_view(word).substr(word.find(':') + 1);
    try {
      return model::Dn::parse(dn).normalized(schema_);
    } catch (const ParseError& error) {
      fail(what, word, std::string("holds no DN: ") + error.what());
    }
  }

  void add_class(const model::ObjectClass& object_class, CompiledRule& rule, int depth) const {
    if (depth > deepest_superior) return;
    const auto is_extensible = [](const std::string& name) { return equals_ignore_case(name, "extensibleObject"); };
    if (std::any_of(object_class.names.begin(), object_class.names.end(), is_extensible)) rule.user_attributes = true;
    for (const auto* list : {&object_class.must, &object_class.may}) {
      for (const auto& name : *list) {
        if (const auto* type = schema_.attribute(name)) rule.types.insert(type->key);
      }
    }
    for (const auto& name : object_class.superiors) {
      if (const auto* superior = schema_.object_class(name)) add_class(*superior, rule, depth + 1);
    }
  }

  const std::string& place_;
  const model::Schema& schema_;
};

// Sorts, and leaves only the word for everything where it is among them.
template <typename T>
void normalize(std::vector<T>& words) {
  std::sort(words.begin(), words.end());
  words.erase(std::unique(words.begin(), words.end()), words.end());
  if (words.front() == T{}) words.resize(1);
}

// Lengths keep values of any content apart.
void append_word(std::string& out, unsigned kind, std::string_view key) {
  out += fmt::format(" {}:{}:{}", kind, key.size(), key);
}

}  // namespace

bool Target::fits(std::string_view entry_key) const {
  switch (kind) {
    case Kind::everything:
      return true;
    case Kind::base:
      return entry_key == key;
    case Kind::one:
      // The root DSE has no superior; for parent_of() it is its own.
      return !entry_key.empty() && entry_key.size() > key.size() && model::parent_of(entry_key) == key;
    case Kind::subtree:
      return key.empty() || model::is_at_or_below(entry_key, key);
    case Kind::children:
      return entry_key != key && (key.empty() || model::is_at_or_below(entry_key, key));
  }
  return false;
}

bool CompiledRule::fits(const model::AttributeType& type, const model::Schema& schema) const {
  if (type.operational ? operational_attributes : user_attributes) return true;
  const auto* each = &type;
  for (int depth = 0; each != nullptr && depth < deepest_superior; ++depth) {
    if (types.contains(each->key)) return true;
    each = each->superior.empty() ? nullptr : schema.attribute(each->superior);
  }
  return false;
}

Rights CompiledRule::rights_to(const model::AttributeType& type) const {
  const bool is_password = std::find(passwords.begin(), passwords.end(), type.key) != passwords.end();
  return is_password && !named.contains(type.key) ? rights.without(looking) : rights;
}

bool CompiledRule::allows_all() const {
  const auto is_named = [this](std::string_view password) { return named.contains(password); };
  return rights == Rights::all() && covers_everything() && std::all_of(passwords.begin(), passwords.end(), is_named);
}

CompiledRule compile(const Rule& rule, const std::string& place, const model::Schema& schema) {
  const Compiler compiler(place, schema);
  if (rule.who.empty()) throw UsageError(place + ": the rule is for nobody: its who is empty");
  if (rule.target.empty()) throw UsageError(place + ": the rule is about nothing: its target is empty");
  CompiledRule out;
  for (const auto& word : rule.who) out.subjects.push_back(compiler.subject(word));
  for (const auto& word : rule.target) out.targets.push_back(compiler.target(word));
  for (const auto& word : rule.attributes) compiler.attribute(word, out);
  if (rule.attributes.empty()) out.entry = out.user_attributes = out.operational_attributes = true;
  normalize(out.subjects);
  normalize(out.targets);
  out.rights = rule.rights;
  out.confidential = rule.confidential;
  return out;
}

void append_normal_form(std::string& out, const CompiledRule& rule) {
  out += "who";
  for (const auto& subject : rule.subjects) append_word(out, static_cast<unsigned>(subject.kind), subject.key);
  out += " target";
  for (const auto& target : rule.targets) append_word(out, static_cast<unsigned>(target.kind), target.key);
  out += fmt::format(" attributes {:d}{:d}{:d}", rule.entry, rule.user_attributes, rule.operational_attributes);
  for (const auto& type : rule.types) append_word(out, rule.named.contains(type) ? 1 : 0, type);
  out += fmt::format(" rights {} confidential {:d}\n", rights_text(rule.rights), rule.confidential);
}

}  // namespace replkit::refserver::access
