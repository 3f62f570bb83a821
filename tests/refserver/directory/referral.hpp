// Referrals and continuation references (RFC 4511 4.1.10 and 4.5.3, RFC 3296).
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tests/refserver/protocol/messages.hpp"
#include "tests/refserver/protocol/refusal.hpp"

namespace replkit::refserver::directory {

// Returns the values of a referral entry's ref attribute as URIs to hand out. `below` is what the wanted DN has before
// that of the referral entry ("cn=x,ou=y"; empty: it is the entry), and goes before the URI's DN, which is `entry_dn`
// where it has none. With a scope it is written into the URI. URIs of other schemes stay as they are; what is none is
// left out.
std::vector<std::string> referral_uris(std::span<const std::string_view> refs, std::string_view entry_dn,
                                       std::string_view below, std::optional<protocol::Scope> scope);

// Returns the refusal `referral` with these URIs; `other` when there are none.
protocol::Refusal referral_refusal(std::vector<std::string> uris);

}  // namespace replkit::refserver::directory
