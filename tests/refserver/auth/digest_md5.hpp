// The secret a server keeps for DIGEST-MD5 (RFC 2831), as an authPassword value.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace replkit::refserver::auth {

// Returns the 16 bytes of H(user:realm:password) when the value is one of DIGEST-MD5 for this user and realm.
std::optional<std::string> parse_digest_md5(std::string_view auth_password, std::string_view user,
                                            std::string_view realm);

// Whether a client's message is a list of directives as RFC 2831 has them, none twice. Cyrus, left to itself, never
// frees what stood in the first of two.
bool is_digest_response(std::string_view message);

}  // namespace replkit::refserver::auth
