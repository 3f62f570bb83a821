// Asking for a password, or whether to go on, on the terminal.
#pragma once

#include <string>

#include "common/base/cancel.hpp"
#include "common/base/secret.hpp"

namespace replkit::cli {

// Whether somebody can be asked: there is a controlling terminal and we are in its foreground.
bool can_prompt();

// Asks on /dev/tty, whatever stdin and stdout are, with echo off. Throws UsageError when there is no terminal or the
// answer is cut short, Cancelled on Ctrl-C.
Secret prompt_password(const std::string& question, const CancelToken& cancel);

// Asks a yes-or-no question on /dev/tty. Returns whether the answer is "y" or "yes", in either case; an empty one, or
// the end of input, means no. Throws UsageError when there is no terminal, Cancelled on Ctrl-C.
bool confirm(const std::string& question, const CancelToken& cancel);

}  // namespace replkit::cli
