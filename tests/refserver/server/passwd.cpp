#include <unistd.h>

#include <iostream>
#include <string>

#include "common/base/error.hpp"
#include "common/base/secret.hpp"
#include "common/cli/output.hpp"
#include "common/cli/program.hpp"
#include "common/cli/prompt.hpp"
#include "tests/refserver/auth/password.hpp"
#include "tests/refserver/server/verbs.hpp"

namespace replkit::refserver::server {

namespace {

Secret read_password() {
  if (isatty(STDIN_FILENO) != 0 && cli::can_prompt()) {
    auto first = cli::prompt_password("New password: ", cli::run_token());
    const auto second = cli::prompt_password("The same again: ", cli::run_token());
    if (first.reveal() != second.reveal()) throw UsageError("the two differ");
    return first;
  }
  std::string line;
  if (!std::getline(std::cin, line)) throw UsageError("there is no password on standard input");
  if (line.ends_with('\r')) line.pop_back();
  Secret password(line);
  wipe_memory(line.data(), line.size());
  return password;
}

}  // namespace

ExitStatus passwd(const Settings& settings) {
  const auto password = read_password();
  if (password.empty()) throw UsageError("the password is empty");
  const auto stored = auth::hash_password(password, {});
  // authPassword is "SCRAM-SHA-256$..." (RFC 5803); the configuration wants the scheme in braces.
  const auto scheme = stored.auth_password.find('$');
  cli::print_out((settings.scram
                      ? '{' + stored.auth_password.substr(0, scheme) + '}' + stored.auth_password.substr(scheme + 1)
                      : stored.user_password) +
                 '\n');
  return ExitStatus::done;
}

}  // namespace replkit::refserver::server
