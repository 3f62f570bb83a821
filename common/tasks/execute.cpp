#include "common/tasks/execute.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <stdexcept>
#include <utility>

#include "common/base/text.hpp"
#include "common/tasks/names.hpp"

namespace replkit::tasks {

namespace {

using ldap::ResultCode;

bool carries(const model::ChangeRecord& record, std::string_view control) {
  return std::any_of(record.controls.begin(), record.controls.end(),
                     [&](const auto& each) { return each.oid == control; });
}

std::string constraint_hint(const Step& step, const ServerFacts& server) {
  if (carries(step.change, oid::write_unwriteable)) return {};
  if (!server.has_control(oid::write_unwriteable)) {
    return "this server holds attributes of replicas as unwriteable, and does not offer the Write-Unwriteable control "
           "(mrm 3.16) that would lift it";
  }
  return "if the server maintains the attribute, --write-unwriteable lifts that";
}

std::string referral_hint(const Step& step, const ServerFacts& server, const std::string& reason) {
  // It may be another one than the usual, as that a full update has not come to its end.
  if (carries(step.change, oid::write_unwriteable) || reason.find("full update") != std::string::npos) {
    return "do it on a server it refers to";
  }
  if (server.has_control(oid::write_unwriteable)) {
    return "this replica is read-only: do it on an updateable one, or here and only here with --write-unwriteable";
  }
  return "this replica is read-only: do it on an updateable one";
}

// What to do next; empty when the common text of the code says enough.
std::string hint_for(const Step& step, const ServerFacts& server, const ldap::WriteOutcome& outcome) {
  switch (outcome.code) {
    case ResultCode::constraint_violation:
      return constraint_hint(step, server);
    case ResultCode::referral:
      return referral_hint(step, server, outcome.diagnostic);
    case ResultCode::busy:
      return "a replication cycle runs for this area: wait for its end, or end it with repctl cycle terminate, then "
             "run "
             "the command again";
    case ResultCode::not_allowed_on_non_leaf:
      return "something was added below since it was read, or is hidden from us: run the command again";
    case ResultCode::no_such_object:
      return "it, or the entry above it, went away since it was read: run the command again";
    case ResultCode::entry_already_exists:
      return "it was added since it was read, or is hidden from us: run the command again";
    case ResultCode::insufficient_access:
      return fmt::format("{} lacks the right to change this entry",
                         server.identity.empty() ? "an anonymous user" : printable(server.identity));
    default:
      return {};
  }
}

std::string verb_of(const model::ChangeRecord& record) {
  constexpr const char* verbs[] = {"add", "delete", "modify", "rename"};
  return verbs[record.change.index()];
}

// Whether an entry that is to be added, with an entryUUID that several servers share, is there as this very entry:
// replication may have brought it from a server on which it was added a moment ago.
bool has_arrived(const Step& step, const Target& target) {
  const auto* add = std::get_if<model::AddChange>(&step.change.change);
  if (add == nullptr) return false;
  const auto wanted = std::find_if(add->attributes.begin(), add->attributes.end(), [](const auto& attribute) {
    return equals_ignore_case(attribute.description, "entryUUID");
  });
  if (wanted == add->attributes.end() || wanted->values.empty()) return false;
  const auto entry = target.connection->read(step.change.dn, {"entryUUID"});
  return entry && equals_ignore_case(entry->first("entryUUID"), wanted->values.front());
}

// Takes the entryUUID and the control that it needs off an Add that has them. Returns whether it has.
bool drop_uuid(Step& step) {
  auto* add = std::get_if<model::AddChange>(&step.change.change);
  if (add == nullptr) return false;
  std::erase_if(add->attributes, [](const auto& each) { return equals_ignore_case(each.description, "entryUUID"); });
  return std::erase_if(step.change.controls, [](const auto& each) { return each.oid == oid::relax_rules; }) > 0;
}

StepResult send(Step step, const Target& target, AuditLog& audit) {
  const auto record = [&](std::string_view state, const std::string& text = {}) {
    audit.write(step, target.facts.uri, target.facts.identity, state, text);
  };
  record("sent");
  StepResult result;
  bool arrived = false;
  try {
    auto outcome = target.connection->write(step.change);
    if (step.any_uuid && outcome.code == ResultCode::insufficient_access && drop_uuid(step)) {
      record("sent");
      outcome = target.connection->write(step.change);
    }
    if (outcome.done()) {
      result.state = StepState::done;
    } else if (std::find(step.settled.begin(), step.settled.end(), outcome.code) != step.settled.end()) {
      result.state = StepState::settled;
    } else if (outcome.code == ResultCode::entry_already_exists && has_arrived(step, target)) {
      result.state = StepState::settled;
      arrived = !step.if_there.empty();
    } else {
      result = {StepState::failed, ldap::status_of(outcome.code), explain(step, target.facts, outcome)};
      if (outcome.code == ResultCode::referral) result.status = ExitStatus::refused;
    }
  } catch (const Cancelled& error) {
    result = {StepState::failed, ExitStatus::undecided,
              fmt::format("{}: {}: {}; whether it was done is unknown: run the command again", target.facts.name,
                          step.what, error.what())};
  } catch (const ldap::LdapError& error) {
    result = {StepState::failed, error.status(),
              fmt::format("{}; whether it was done is unknown: run the command again", error.what())};
  }
  record(name_of(result.state), result.text);
  if (!arrived) return result;
  step.change.change = model::ModifyChange{std::exchange(step.if_there, {})};
  step.change.controls.clear();
  return send(std::move(step), target, audit);
}

}  // namespace

std::string_view name_of(StepState state) {
  switch (state) {
    case StepState::done:
      return "done";
    case StepState::settled:
      return "settled";
    case StepState::failed:
      return "failed";
    case StepState::not_tried:
      break;
  }
  return "not_tried";
}

std::string explain(const Step& step, const ServerFacts& server, const ldap::WriteOutcome& outcome) {
  const auto action = fmt::format("{} {}", verb_of(step.change), printable(step.change.dn));
  std::string text = ldap::error_of(outcome, server.name, action).what();
  if (const auto hint = hint_for(step, server, outcome); !hint.empty()) text += "; " + hint;
  return text;
}

std::vector<StepResult> execute(const Plan& plan, const std::vector<Target>& targets, AuditLog& audit,
                                const CancelToken& cancel, AfterFailure after_failure, const OnStep& on_step) {
  std::vector<StepResult> results(plan.steps.size());
  std::set<std::string> failed;
  for (std::size_t i = 0; i < plan.steps.size(); ++i) {
    const auto& step = plan.steps[i];
    const bool stop = after_failure == AfterFailure::all_stop ? !failed.empty() : failed.contains(step.server);
    if (!stop && !cancel.cancelled()) {
      const auto target = std::find_if(targets.begin(), targets.end(),
                                       [&](const Target& each) { return each.facts.name == step.server; });
      if (target == targets.end()) throw std::logic_error("a step for a server that is not there: " + step.server);
      results[i] = send(step, *target, audit);
      if (results[i].state == StepState::failed) failed.insert(step.server);
    }
    if (on_step) on_step(i, results[i]);
  }
  return results;
}

}  // namespace replkit::tasks
