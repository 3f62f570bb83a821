// Cyrus SASL, server side: PLAIN, SCRAM-SHA-256 and DIGEST-MD5.
#pragma once

#include <memory>
#include <string>

#include "tests/refserver/auth/core.hpp"

namespace replkit::refserver::auth {

// Starts the library's server side, once for the process. Throws LocalError when that fails.
void start_cyrus();

// Whether the mechanism's module is installed.
bool cyrus_has(const std::string& mechanism);

// Begins an exchange with a mechanism that cyrus_has().
std::unique_ptr<SaslExchange> begin_cyrus(const Core& core, const std::string& mechanism,
                                          const access::Security& security);

}  // namespace replkit::refserver::auth
