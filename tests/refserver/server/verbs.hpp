// What the sub-commands of replserver do. All throw Error.
#pragma once

#include "common/base/exit_status.hpp"
#include "tests/refserver/server/spec.hpp"

namespace replkit::refserver::server {

// Runs until SIGTERM or SIGINT. These and SIGHUP are blocked in the calling thread from then on.
ExitStatus serve(const Settings& settings);

ExitStatus import(const Settings& settings);
ExitStatus export_(const Settings& settings);
ExitStatus check(const Settings& settings);
ExitStatus backup(const Settings& settings);
ExitStatus compact(const Settings& settings);
ExitStatus passwd(const Settings& settings);
ExitStatus show_config(const Settings& settings);

}  // namespace replkit::refserver::server
