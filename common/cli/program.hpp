// The frame of every program: the one place where options are parsed and exceptions become messages and exit statuses.
#pragma once

#include <functional>

#include "common/base/cancel.hpp"
#include "common/base/exit_status.hpp"
#include "common/cli/command.hpp"

namespace replkit::cli {

// The token of this run: requested by SIGINT and SIGTERM. Set its deadline for a time limit of the whole run.
CancelToken& run_token();

// Parses the command line, then calls `body` (or, without one, the run member of the sub-command given) and returns the
// status to exit with. Errors become one line on stderr. The first SIGINT or SIGTERM sets run_token(), the second ends
// the program at once with status 2. A full disk behind stdout is status 7 with a message, a reader that went away
// status 7 without one.
int run_program(int argc, char** argv, const CommandSpec& command, const std::function<ExitStatus()>& body = {});

}  // namespace replkit::cli
