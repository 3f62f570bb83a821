#include "common/compare/repair.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "common/base/base64.hpp"
#include "common/base/error.hpp"
#include "common/base/text.hpp"
#include "common/model/dn.hpp"
#include "common/model/matching.hpp"

namespace replkit::compare {

namespace {

const std::vector<std::string> identity_attributes{"entryUUID", "createTimestamp", "creatorsName", "modifyTimestamp",
                                                   "modifiersName"};

bool is_identity(std::string_view description) {
  return std::any_of(identity_attributes.begin(), identity_attributes.end(),
                     [&](const auto& name) { return equals_ignore_case(name, description); });
}

std::string join(const std::vector<model::Rdn>& rdns) {
  std::string out;
  for (const auto& rdn : rdns) {
    if (!out.empty()) out += ',';
    out += model::rdn_text(rdn);
  }
  return out;
}

// A server may send anything.
bool is_dn(const std::string& dn) {
  try {
    return !model::Dn::parse(dn).empty();
  } catch (const ParseError&) {
    return false;
  }
}

struct Step {
  const Difference* difference = nullptr;
  const Shown* current = nullptr;
  const Shown* wanted = nullptr;
  std::size_t depth = 0;
  std::optional<model::Entry> aside;  // what a rename out of another's way made of the current entry
};

// Whether one of the two may only not show this attribute: then it stays as it is.
bool may_be_hidden(const Step& step, std::string_view canonical) {
  const auto hides = [&](const Shown& shown) {
    return std::any_of(shown.lacking.begin(), shown.lacking.end(),
                       [&](const auto& name) { return equals_ignore_case(name, model::base_type(canonical)); });
  };
  return hides(*step.current) || hides(*step.wanted);
}

class Planner {
 public:
  Planner(const RepairOptions& options, const FingerprintRules& rules) : options_(options), rules_(rules) {}

  Repair plan(const std::vector<Difference>& differences);

 private:
  struct Renamed {
    std::string from;  // normalized, as the next
    std::string to;
    std::size_t depth = 0;  // of `from`
    std::string text;       // `to` as it is written
  };

  bool is_whole(const Shown& shown, bool other_present) const;
  bool is_outside(const Shown& shown) const {
    return options_.part && shown.present && !options_.part(normalized(shown.dn));
  }
  std::string normalized(const std::string& dn) const;
  std::string where_now(const std::string& dn) const;
  std::string who_is_at(const std::string& dn) const;
  void rename(const std::string& from, const model::Rdn& rdn, const std::string& parent, bool delete_old);
  void make_room(const std::string& wanted_dn, const Step& step);
  void add(const Shown& wanted);
  void change(const Step& step);
  void remove(const Shown& current);
  void modify(const std::string& dn, const model::Entry& current, const Step& step);
  bool may_be_written(std::string_view description) const;
  model::Entry after_rename(const model::Entry& entry, const model::Rdn& old_rdn, const model::Rdn& new_rdn,
                            bool delete_old) const;
  bool has_value(const model::Entry& entry, const model::Ava& ava) const;
  std::map<std::string, std::string> values_of(const model::Entry& entry, const std::string& canonical) const;
  void push(model::ChangeRecord record, std::vector<std::string> comments = {});

  const RepairOptions& options_;
  const FingerprintRules& rules_;
  Repair out_;
  std::vector<Renamed> renamed_;
  std::map<std::string, Step*> occupied_;  // normalized names that entries of the plan still hold
};

// Whether enough of the entry is known: to add or delete it (the other side has none), all that is compared, classes
// included.
bool Planner::is_whole(const Shown& shown, bool other_present) const {
  if (!shown.present) return true;
  if (!shown.entry || !is_dn(shown.dn) || (!other_present && !shown.lacking.empty())) return false;
  return other_present || rules_.compares("objectClass");
}

std::string Planner::normalized(const std::string& dn) const {
  std::string out;
  model::normalize_dn(dn, rules_.schema, out);
  return out;
}

// Returns what an entry is called after the renames planned so far.
std::string Planner::where_now(const std::string& dn) const {
  auto now = dn;
  auto name = normalized(dn);
  for (const auto& renamed : renamed_) {
    if (!model::is_at_or_below(name, renamed.from)) continue;
    auto rdns = model::Dn::parse(now).rdns();
    rdns.resize(rdns.size() - renamed.depth);
    const auto own = join(rdns);
    now = own.empty() ? renamed.text : own + "," + renamed.text;
    name.replace(name.size() - renamed.from.size(), std::string::npos, renamed.to);
  }
  return now;
}

// Returns the name, normalized, that the entry which stands at `dn` after the renames planned so far had before them;
// empty when it is none of those the server held.
std::string Planner::who_is_at(const std::string& dn) const {
  auto name = normalized(dn);
  for (auto renamed = renamed_.rbegin(); renamed != renamed_.rend(); ++renamed) {
    if (model::is_at_or_below(name, renamed->to)) {
      name.replace(name.size() - renamed->to.size(), std::string::npos, renamed->from);
    } else if (model::is_at_or_below(name, renamed->from)) {
      return {};
    }
  }
  return name;
}

void Planner::push(model::ChangeRecord record, std::vector<std::string> comments) {
  out_.changes.push_back(std::move(record));
  out_.comments.push_back(std::move(comments));
}

void Planner::rename(const std::string& from, const model::Rdn& rdn, const std::string& parent, bool delete_old) {
  const auto old = model::Dn::parse(from);
  model::RenameChange change{model::rdn_text(rdn), delete_old, std::nullopt};
  if (normalized(old.parent().text()) != normalized(parent)) change.new_superior = parent;
  push({from, {}, change});
  const auto to = model::rdn_text(rdn) + (parent.empty() ? "" : "," + parent);
  renamed_.push_back({normalized(from), normalized(to), old.size(), to});
}

// Another entry of the plan holds the name: it steps aside until its own turn comes.
void Planner::make_room(const std::string& wanted_dn, const Step& step) {
  const auto occupant = occupied_.find(who_is_at(wanted_dn));
  if (occupant == occupied_.end() || occupant->second == &step) return;
  const auto now = where_now(occupant->second->current->dn);
  const auto dn = model::Dn::parse(now);
  const auto& old_rdn = dn.rdns().front();
  auto rdn = old_rdn;
  rdn.front().value += "-replkit-" + occupant->second->current->id.substr(0, 8);
  rename(now, rdn, dn.parent().text(), true);
  occupant->second->aside = after_rename(*occupant->second->current->entry, old_rdn, rdn, true);
}

bool Planner::may_be_written(std::string_view description) const {
  if (!rules_.compares(description) || is_identity(description)) return false;
  if (equals_ignore_case(description, rules_.id_attribute) || equals_ignore_case(description, rules_.csn_attribute))
    return false;
  const auto* type = rules_.schema.attribute(description);
  return type == nullptr || !type->no_user_modification;
}

std::map<std::string, std::string> Planner::values_of(const model::Entry& entry, const std::string& canonical) const {
  std::map<std::string, std::string> out;
  std::string normal;
  for (const auto& attribute : entry.attributes) {
    if (canonical_description(attribute.description, rules_.schema) != canonical) continue;
    const auto kind = rules_.exact ? model::ValueKind::octets : rules_.schema.value_kind(attribute.description);
    for (const auto& value : attribute.values) {
      model::normalize_value(kind, value, rules_.schema, normal);
      out.emplace(normal, value);
    }
  }
  return out;
}

void Planner::add(const Shown& wanted) {
  model::AddChange change;
  std::vector<model::LdifControl> controls;
  for (const auto& attribute : wanted.entry->attributes) {
    const bool identity = is_identity(attribute.description);
    if (identity ? options_.keep_identity : may_be_written(attribute.description))
      change.attributes.push_back(attribute);
  }
  if (options_.keep_identity) controls.push_back({relax_control, true, std::nullopt});
  if (!options_.keep_identity && !wanted.id.empty()) out_.identities_differ = true;
  push({wanted.dn, controls, change});
}

void Planner::remove(const Shown& current) {
  std::vector<std::string> old;
  model::LdifWriter writer([&](std::string_view text) { old.emplace_back(trim(text)); }, 0);
  try {
    writer.entry(*current.entry);
  } catch (const ParseError& error) {
    old.emplace_back(fmt::format("what it held cannot stand in LDIF: {}", error.what()));
  }
  std::vector<std::string> lines;
  for (const auto& text : old) {
    for (const auto line : split(text, '\n')) {
      if (!line.empty()) lines.emplace_back(line);
    }
  }
  push({where_now(current.dn), {}, model::DeleteChange{}}, std::move(lines));
}

bool Planner::has_value(const model::Entry& entry, const model::Ava& ava) const {
  std::string normal;
  model::normalize_value(rules_.schema.value_kind(ava.type), ava.value, rules_.schema, normal);
  return values_of(entry, canonical_description(ava.type, rules_.schema)).contains(normal);
}

// Returns the entry as the server leaves it after a modifyDN (RFC 4511 4.9).
model::Entry Planner::after_rename(const model::Entry& entry, const model::Rdn& old_rdn, const model::Rdn& new_rdn,
                                   bool delete_old) const {
  auto out = entry;
  if (delete_old) {
    for (const auto& ava : old_rdn) {
      const auto canonical = canonical_description(ava.type, rules_.schema);
      std::string gone;
      std::string normal;
      const auto kind = rules_.schema.value_kind(ava.type);
      model::normalize_value(kind, ava.value, rules_.schema, gone);
      for (auto& attribute : out.attributes) {
        if (canonical_description(attribute.description, rules_.schema) != canonical) continue;
        std::erase_if(attribute.values, [&](const auto& value) {
          model::normalize_value(kind, value, rules_.schema, normal);
          return normal == gone;
        });
      }
    }
    std::erase_if(out.attributes, [](const auto& attribute) { return attribute.values.empty(); });
  }
  for (const auto& ava : new_rdn) {
    if (!has_value(out, ava)) out.add(ava.type, ava.value);
  }
  return out;
}

void Planner::change(const Step& step) {
  const auto& wanted = *step.wanted->entry;
  auto now = where_now(step.current->dn);
  const bool moves = normalized(now) != normalized(step.wanted->dn);
  if (moves) {
    make_room(step.wanted->dn, step);
    now = where_now(step.current->dn);  // it may have been below what stepped aside
  }
  auto current = step.aside ? *step.aside : *step.current->entry;
  if (moves) {
    const auto old_dn = model::Dn::parse(now);
    const auto new_dn = model::Dn::parse(step.wanted->dn);
    const auto& old_rdn = old_dn.rdns().front();
    const bool delete_old =
        std::any_of(old_rdn.begin(), old_rdn.end(), [&](const auto& ava) { return !has_value(wanted, ava); });
    rename(now, new_dn.rdns().front(), new_dn.parent().text(), delete_old);
    current = after_rename(current, old_rdn, new_dn.rdns().front(), delete_old);
    now = step.wanted->dn;
  }
  modify(now, current, step);
}

void Planner::modify(const std::string& dn, const model::Entry& current, const Step& step) {
  const auto& wanted = *step.wanted->entry;
  model::ModifyChange change;
  std::vector<model::LdifControl> controls;
  std::vector<std::string> comments;
  std::map<std::string, std::string> names;  // canonical -> as written
  for (const auto* entry : {&current, &wanted}) {
    for (const auto& attribute : entry->attributes) {
      if (may_be_written(attribute.description)) {
        names.emplace(canonical_description(attribute.description, rules_.schema), attribute.description);
      }
    }
  }
  for (const auto& [canonical, name] : names) {
    if (may_be_hidden(step, canonical)) continue;
    const auto old_values = values_of(current, canonical);
    const auto new_values = values_of(wanted, canonical);
    std::vector<std::string> gone;
    std::vector<std::string> added;
    for (const auto& [form, value] : old_values) {
      if (!new_values.contains(form)) gone.push_back(value);
    }
    for (const auto& [form, value] : new_values) {
      if (!old_values.contains(form)) added.push_back(value);
    }
    if (gone.empty() && added.empty()) continue;
    const auto* type = rules_.schema.attribute(name);
    if (type == nullptr || !type->equality.empty() || gone.empty()) {
      if (!gone.empty()) change.modifications.push_back({model::ModifyKind::remove, name, gone});
      if (!added.empty()) change.modifications.push_back({model::ModifyKind::add, name, added});
      continue;
    }
    // Without an equality rule a server cannot find one value among others: all are replaced.
    std::vector<std::string> all;
    for (const auto& [form, value] : new_values) all.push_back(value);
    change.modifications.push_back({model::ModifyKind::replace, name, all});
    for (const auto& value : gone) comments.push_back("old " + name + ":: " + base64_encode(value));
  }
  if (step.difference->identity_differs) {
    if (options_.keep_identity && options_.change_identity) {
      controls.push_back({relax_control, true, std::nullopt});
      change.modifications.push_back(
          {model::ModifyKind::replace, rules_.id_attribute, {std::string(wanted.first(rules_.id_attribute))}});
      comments.push_back(fmt::format("old {}: {}", rules_.id_attribute, current.first(rules_.id_attribute)));
    } else {
      out_.identities_differ = true;
    }
  }
  if (!change.modifications.empty()) push({dn, controls, change}, std::move(comments));
}

Repair Planner::plan(const std::vector<Difference>& differences) {
  std::vector<Step> writes;
  std::vector<Step> deletes;
  for (const auto& difference : differences) {
    const auto& current = difference.entries[options_.current];
    const auto& wanted = difference.entries[options_.wanted];
    if (!current.known || !wanted.known || (!current.present && !wanted.present)) continue;
    if (difference.judgement.verdict == Verdict::in_flight) {
      ++out_.in_flight;
      continue;
    }
    if (is_outside(current) || is_outside(wanted)) {
      ++out_.outside;
      continue;
    }
    if (!is_whole(current, wanted.present) || !is_whole(wanted, current.present)) {
      ++out_.not_detailed;
      continue;
    }
    const auto depth = model::Dn::parse(wanted.present ? wanted.dn : current.dn).size();
    Step step{&difference, &current, &wanted, depth, std::nullopt};
    (wanted.present ? writes : deletes).push_back(step);
  }
  std::stable_sort(writes.begin(), writes.end(), [](const auto& a, const auto& b) { return a.depth < b.depth; });
  std::stable_sort(deletes.begin(), deletes.end(), [](const auto& a, const auto& b) { return a.depth > b.depth; });
  for (auto* steps : {&writes, &deletes}) {
    for (auto& step : *steps) {
      if (step.current->present) occupied_.emplace(normalized(step.current->dn), &step);
    }
  }
  for (const auto& step : writes) {
    if (step.current->present) {
      change(step);
    } else {
      make_room(step.wanted->dn, step);
      add(*step.wanted);
    }
  }
  for (const auto& step : deletes) remove(*step.current);
  for (const auto& step : writes) {
    const auto own = normalized(step.wanted->dn);
    const auto holder = occupied_.find(own);
    if (holder != occupied_.end() && holder->second != &step) out_.names_change_hands = true;
  }
  return std::move(out_);
}

}  // namespace

Repair plan_repair(const std::vector<Difference>& differences, const RepairOptions& options,
                   const FingerprintRules& rules) {
  return Planner(options, rules).plan(differences);
}

}  // namespace replkit::compare
