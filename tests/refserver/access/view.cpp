// A caller's view: the rules that fit him, and what they came to for each kind of entry met so far. Entries are of one
// kind when the same of those rules fit them; a search meets a handful of kinds.
#include <algorithm>
#include <map>
#include <unordered_map>

#include "common/model/dn.hpp"
#include "tests/refserver/access/policy_state.hpp"

namespace replkit::refserver::access {

namespace {

// A rule that fits the caller, at least for some entries.
struct CallersRule {
  const CompiledRule* rule = nullptr;
  bool only_self = false;  // fits him only for his own entry

  bool fits_every_entry() const { return !only_self && rule->any_target(); }
};

// What is allowed with the entries that the same rules fit.
struct Kind {
  std::vector<const CompiledRule*> rules;
  Rights entry;
  // Types are parts of the schema, which the policy keeps: their addresses are good names for them.
  std::unordered_map<const model::AttributeType*, Rights> attributes;
};

// Asks each group once.
class Groups {
 public:
  Groups(const Caller& caller, const Membership& membership) : caller_(caller), membership_(membership) {}

  bool has_caller(const std::string& group) {
    const auto [found, is_new] = answers_.try_emplace(group, false);
    if (is_new && membership_) found->second = membership_(group, caller_.key);
    return found->second;
  }

 private:
  const Caller& caller_;
  const Membership& membership_;
  std::map<std::string, bool> answers_;
};

bool fits(const Subject& subject, const Caller& caller, Groups& groups) {
  switch (subject.kind) {
    case Subject::Kind::everybody:
      return true;
    case Subject::Kind::anonymous:
      return caller.anonymous();
    case Subject::Kind::users:
      return !caller.anonymous();
    case Subject::Kind::self:
      return false;  // depends on the entry
    case Subject::Kind::administrators:
      return caller.administrator;
    case Subject::Kind::dn:
      return !caller.anonymous() && caller.key == subject.key;
    case Subject::Kind::subtree:
      return !caller.anonymous() && (subject.key.empty() || model::is_at_or_below(caller.key, subject.key));
    case Subject::Kind::group:
      return !caller.anonymous() && groups.has_caller(subject.key);
  }
  return false;
}

}  // namespace

struct View::State {
  std::shared_ptr<const Policy::State> policy;
  std::string caller_key;
  std::vector<CallersRule> rules;
  bool all = false;
  bool uniform = true;

  std::map<std::vector<bool>, Kind> kinds;
  std::string entry_key;  // of the entry last asked about
  Kind* kind = nullptr;   // its kind
  std::vector<bool> fitting;

  // Takes the rules that fit the caller, up to the first that leaves nothing for later ones.
  void choose(const Caller& caller, const Membership& membership) {
    Groups groups(caller, membership);
    const auto is_self = [](const Subject& subject) { return subject.kind == Subject::Kind::self; };
    for (const auto& rule : policy->rules) {
      if (rule.confidential && !caller.security.confidential()) continue;
      const auto& who = rule.subjects;
      const bool always =
          std::any_of(who.begin(), who.end(), [&](const Subject& each) { return fits(each, caller, groups); });
      const bool self = !caller.anonymous() && std::any_of(who.begin(), who.end(), is_self);
      if (!always && !self) continue;
      rules.push_back({&rule, !always});
      if (rules.back().fits_every_entry() && rule.covers_everything()) break;
    }
    uniform = std::all_of(rules.begin(), rules.end(), [](const auto& each) { return each.fits_every_entry(); });
    all = !rules.empty() && rules.front().fits_every_entry() && rules.front().rule->allows_all();
  }

  bool fits_entry(const CallersRule& each, std::string_view key) const {
    if (each.only_self && key != caller_key) return false;
    const auto& targets = each.rule->targets;
    return std::any_of(targets.begin(), targets.end(), [&](const Target& target) { return target.fits(key); });
  }

  Kind& kind_of(std::string_view key) {
    if (kind != nullptr && (uniform || key == entry_key)) return *kind;
    fitting.assign(rules.size(), true);
    for (std::size_t i = 0; !uniform && i < rules.size(); ++i) fitting[i] = fits_entry(rules[i], key);
    const auto [found, is_new] = kinds.try_emplace(fitting);
    kind = &found->second;
    entry_key = key;
    if (is_new) describe(*kind);
    return *kind;
  }

  void describe(Kind& made) const {
    for (std::size_t i = 0; i < rules.size(); ++i) {
      if (fitting[i]) made.rules.push_back(rules[i].rule);
    }
    const auto first = std::find_if(made.rules.begin(), made.rules.end(), [](const auto* each) { return each->entry; });
    if (first != made.rules.end()) made.entry = (*first)->rights;
  }

  Rights rights_to(const Kind& of, const model::AttributeType& type) const {
    const auto first = std::find_if(of.rules.begin(), of.rules.end(),
                                    [&](const auto* each) { return each->fits(type, policy->schema); });
    return first == of.rules.end() ? Rights() : (*first)->rights_to(type);
  }
};

bool View::all() const {
  return state_->all;
}

bool View::uniform() const {
  return state_->uniform;
}

Rights View::entry(std::string_view entry_key) const {
  return state_->kind_of(entry_key).entry;
}

Rights View::attribute(std::string_view entry_key, const model::AttributeType& type) const {
  auto& kind = state_->kind_of(entry_key);
  const auto [found, is_new] = kind.attributes.try_emplace(&type);
  if (is_new) found->second = state_->rights_to(kind, type);
  return found->second;
}

View Policy::view(const Caller& caller, const Membership& membership) const {
  View out;
  out.state_ = std::make_shared<View::State>();
  out.state_->policy = state_;
  out.state_->caller_key = caller.key;
  out.state_->choose(caller, membership);
  return out;
}

}  // namespace replkit::refserver::access
