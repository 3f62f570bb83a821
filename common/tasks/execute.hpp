// Doing what a plan says, and keeping a record of it.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "common/base/cancel.hpp"
#include "common/base/exit_status.hpp"
#include "common/ldap/connection.hpp"
#include "common/tasks/audit_log.hpp"
#include "common/tasks/facts.hpp"
#include "common/tasks/plan.hpp"

namespace replkit::tasks {

enum class StepState : std::uint8_t { done, settled /* it was so already */, failed, not_tried };

// Returns "done", "settled", "failed" or "not_tried".
std::string_view name_of(StepState state);

struct StepResult {
  StepState state = StepState::not_tried;
  ExitStatus status = ExitStatus::done;  // of a failure
  std::string text = {};                 // of a failure: what happened, where, and what to do next
};

// A server that steps name.
struct Target {
  ServerFacts facts;
  ldap::Connection* connection = nullptr;
};

// Called after each step, with its place in the plan.
using OnStep = std::function<void(std::size_t, const StepResult&)>;

// Sends the steps in order. After a failure the server's further steps are not tried; `after_failure` says whether
// other servers go on. An interruption, too, leaves the rest untried. Throws LocalError when the record cannot be
// written: nothing is sent without it.
enum class AfterFailure : std::uint8_t { other_servers_go_on, all_stop };
std::vector<StepResult> execute(const Plan& plan, const std::vector<Target>& targets, AuditLog& audit,
                                const CancelToken& cancel, AfterFailure after_failure, const OnStep& on_step = {});

// Returns what a result other than success means for the step, and what can be done about it.
std::string explain(const Step& step, const ServerFacts& server, const ldap::WriteOutcome& outcome);

}  // namespace replkit::tasks
