// A server of a lab, connected, for changes by the plans of common/tasks. For tools/lab only.
#pragma once

#include "common/base/cancel.hpp"
#include "common/base/error.hpp"
#include "common/ldap/connection.hpp"
#include "common/tasks/execute.hpp"
#include "common/tasks/facts.hpp"
#include "tools/lab/group.hpp"
#include "tools/lab/lab.hpp"

namespace replkit::tools::lab {

class Site {
 public:
  Site(const Lab& lab, const Server& server, const CancelToken& cancel)
      : connection(connect(lab, server, cancel)),
        facts(tasks::read_server(connection, server.name)),
        lab_(lab),
        cancel_(cancel) {}

  tasks::AreaFacts area() { return tasks::read_area(connection, facts, lab_.base()); }

  // Does what a plan says that `make` makes from the area as it is now. Throws Error for the first step that fails.
  template <typename Make>
  void perform(const Make& make) {
    const tasks::Plan plan = make(area());
    if (plan.empty()) return;
    tasks::AuditLog audit(lab_.audit_file(), tasks::current_actor("repllab"));
    const auto results = tasks::execute(plan, {{facts, &connection}}, audit, cancel_, tasks::AfterFailure::all_stop);
    cancel_.check();
    for (const auto& result : results) {
      if (result.state == tasks::StepState::failed) throw Error(result.status, result.text);
    }
  }

  ldap::Connection connection;
  tasks::ServerFacts facts;

 private:
  const Lab& lab_;
  const CancelToken& cancel_;
};

}  // namespace replkit::tools::lab
