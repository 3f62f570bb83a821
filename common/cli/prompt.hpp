// Asking for a password on the terminal.
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

}  // namespace replkit::cli
