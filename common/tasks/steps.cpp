#include "common/tasks/steps.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "common/base/error.hpp"
#include "common/base/text.hpp"
#include "common/ldup/fractional_filter.hpp"
#include "common/model/dn.hpp"
#include "common/model/schema.hpp"
#include "common/model/subtree_specification.hpp"
#include "common/tasks/names.hpp"

namespace replkit::tasks {

namespace {

Step step_of(const ServerFacts& server, std::string what, const std::string& dn,
             decltype(model::ChangeRecord::change) change) {
  Step step;
  step.server = server.name;
  step.what = std::move(what);
  step.change.dn = dn;
  step.change.change = std::move(change);
  return step;
}

std::string_view noun_of(const model::Entry& entry) {
  switch (class_of(entry)) {
    case ldup::ManagementClass::replica:
      return "replica";
    case ldup::ManagementClass::agreement:
      return "agreement";
    case ldup::ManagementClass::event_schedule:
    case ldup::ManagementClass::time_schedule:
      return "schedule";
    default:
      return "entry";
  }
}

bool is_lifted(const Step& step) {
  return std::any_of(step.change.controls.begin(), step.change.controls.end(),
                     [](const auto& control) { return control.oid == oid::write_unwriteable; });
}

}  // namespace

Step modify_step(const ServerFacts& server, std::string what, const std::string& dn,
                 std::vector<model::Modification> modifications) {
  return step_of(server, std::move(what), dn, model::ModifyChange{std::move(modifications)});
}

Step add_step(const ServerFacts& server, std::string what, const std::string& dn,
              std::vector<model::Attribute> attributes) {
  return step_of(server, std::move(what), dn, model::AddChange{std::move(attributes)});
}

Step delete_step(const ServerFacts& server, std::string what, const std::string& dn) {
  return step_of(server, std::move(what), dn, model::DeleteChange{});
}

bool lift_unwriteable(const ServerFacts& server, Step& step) {
  if (!server.has_control(oid::write_unwriteable)) return false;
  step.change.controls.push_back({.oid = std::string(oid::write_unwriteable), .critical = true, .value = {}});
  return true;
}

void apply(WriteOptions options, const ServerFacts& server, Plan& plan) {
  if (!options.write_unwriteable) return;
  for (auto& step : plan.steps) {
    if (is_lifted(step) || lift_unwriteable(server, step)) continue;
    note(server, "does not offer the Write-Unwriteable control (mrm 3.16): tried without it", plan);
    return;
  }
}

void give_uuid(const ServerFacts& server, const std::string& uuid, Step& step) {
  if (uuid.empty()) return;
  if (!server.has_control(oid::relax_rules)) {
    throw Precondition(
        fmt::format("{}: offers neither AddWithMetaData (mrm 3.15.1) nor the Relax Rules control, so that {} would get "
                    "an entryUUID "
                    "of its own: add it on one server and let replication carry it, or import it on the server itself",
                    printable(server.name), printable(step.change.dn)));
  }
  std::get<model::AddChange>(step.change.change).attributes.push_back({"entryUUID", {uuid}});
  step.change.controls.push_back({.oid = std::string(oid::relax_rules), .critical = true, .value = {}});
}

void check_uuid(const ServerFacts& server, const model::Entry& entry, const std::string& wanted) {
  const auto present = entry.first("entryUUID");
  if (wanted.empty() || present.empty() || equals_ignore_case(present, wanted)) return;
  throw Precondition(
      fmt::format("{}: {} is there already, but as another entry than elsewhere (entryUUID {} instead of {}): "
                  "replication would take "
                  "them for two; delete one of them",
                  printable(server.name), printable(entry.dn), printable(present), wanted));
}

void remove_all(const ServerFacts& server, const std::vector<model::Entry>& superiors_first, const std::string& why,
                Plan& plan) {
  for (auto each = superiors_first.rbegin(); each != superiors_first.rend(); ++each) {
    auto step = delete_step(server, fmt::format("delete {} {} ({})", noun_of(*each), printable(cn_of(each->dn)), why),
                            each->dn);
    step.settled = {ldap::ResultCode::no_such_object};
    plan.steps.push_back(std::move(step));
  }
  for (const auto& entry : superiors_first) plan.removed.push_back({server.name, entry});
}

namespace {

template <typename Parse>
void check(std::string_view what, std::string_view text, Parse parse) {
  try {
    parse(text);
  } catch (const ParseError& error) {
    throw UsageError(fmt::format("{} \"{}\": {}", what, printable(text), error.what()));
  }
}

}  // namespace

void check_dn(std::string_view what, std::string_view text) {
  check(what, text, model::Dn::parse);
}

void check_subtree(std::string_view what, std::string_view text) {
  check(what, text, model::SubtreeSpecification::parse);
}

std::optional<std::string> check_filter(std::string_view what, const std::optional<std::string>& text) {
  if (!text) return std::nullopt;
  ldup::AttributeList list;
  check(what, *text, [&](std::string_view value) { list = ldup::AttributeList::parse(value); });
  if (list.empty()) throw UsageError(fmt::format("{}: none is named", what));
  return list.text();
}

std::optional<std::string> check_exclusion(const std::optional<std::string>& text) {
  auto out = check_filter("attributes to exclude", text);
  if (!out) return out;
  const ldup::AttributeSet set(ldup::AttributeList::parse(*out).attributes, model::Schema::standard());
  for (const auto* needed : {"objectClass", "entryUUID"}) {
    if (!set.contains(std::string_view(needed))) continue;
    throw UsageError(
        fmt::format("attributes to exclude: without {} there is no entry, and servers send it whatever a "
                    "filter says: leave it out of the list",
                    needed));
  }
  return out;
}

void note_filters(const ServerFacts& server, const std::optional<std::string>& exclude,
                  const std::optional<std::string>& include, Plan& plan) {
  if (!exclude || !include) return;
  const auto& schema = model::Schema::standard();
  const auto excluded = ldup::AttributeList::parse(*exclude);
  auto held = ldup::AttributeList::parse(*include);
  if (excluded.all || excluded.none || held.all) return;
  const ldup::AttributeSet left_out(excluded.attributes, schema);
  std::erase_if(held.attributes, [&](const std::string& each) { return left_out.contains(std::string_view(each)); });
  const auto text = held.text();
  note(server,
       fmt::format("it is to hold what is included and not excluded; draft-ietf-ldup-infomod-08 allows one filter a "
                   "replica, and other servers may refuse two{}",
                   text.empty() ? ": this leaves nothing" : ": the same is --include " + text),
       plan);
}

bool same_filter(std::string_view a, std::string_view b) {
  const auto sorted = [](std::string_view text) {
    auto list = ldup::AttributeList::parse(text);
    for (auto& attribute : list.attributes) attribute = to_lower(attribute);
    std::sort(list.attributes.begin(), list.attributes.end());
    return list;
  };
  try {
    return sorted(a) == sorted(b);
  } catch (const ParseError&) {
    return a == b;
  }
}

void skip(const ServerFacts& server, std::string text, Plan& plan) {
  plan.skipped.push_back({server.name, std::move(text)});
}

void note(const ServerFacts& server, std::string text, Plan& plan) {
  plan.notes.push_back({server.name, std::move(text)});
}

}  // namespace replkit::tasks
