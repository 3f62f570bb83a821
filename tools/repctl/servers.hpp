// The servers a command of repctl works on, each with its connection or with what went wrong.
#pragma once

#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "common/base/error.hpp"
#include "common/ldap/connection.hpp"
#include "common/tasks/facts.hpp"
#include "tools/repctl.hpp"

namespace replkit::tools::repctl {

struct Problem {
  ExitStatus status = ExitStatus::bug;
  std::string text;
};

struct Server {
  std::string name;
  std::string uri;
  ldap::ConnectionOptions options;
  std::optional<ldap::Connection> connection;  // nothing: there is a problem
  tasks::ServerFacts facts;
  std::optional<Problem> problem;
};

// Connects to all servers of -H at once, after those of `first`, and reads what each is. What goes wrong with one is
// its problem. Throws UsageError when a server is named twice, Cancelled.
std::vector<Server> open_servers(RepctlSettings& settings, const std::vector<std::string>& first = {});

// The same for another program, whose name begins what is said on standard error.
std::vector<Server> open_servers(const cli::ConnectionSettings& settings, const std::string& program,
                                 const std::vector<std::string>& first = {});

// Calls `work` for each server without a problem, all at once; an error becomes the server's problem. Throws Cancelled.
void for_each_server(std::vector<Server>& servers, const std::function<void(Server&)>& work);

// Returns the area of -b, checked. Throws UsageError.
std::string area_of(const RepctlSettings& settings);

// Returns the status for a run in which these servers had problems: 0 without, the problem's when it hit all, else 2.
ExitStatus status_of(const std::vector<Server>& servers);

// Returns each server's problem: a list of {"server", "status", "text"}.
nlohmann::json problems_json(const std::vector<Server>& servers);

// Prints each server's problem to standard error.
void tell_problems(const std::vector<Server>& servers, const std::string& program = "repctl");

}  // namespace replkit::tools::repctl
