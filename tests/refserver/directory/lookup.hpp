// From the DN of a request to an entry, or to the answer for a DN that has none.
#pragma once

#include <string>
#include <string_view>

#include "tests/refserver/directory/call.hpp"
#include "tests/refserver/protocol/refusal.hpp"
#include "tests/refserver/store/store.hpp"

namespace replkit::refserver::directory {

// Returns the normalized form of a DN in a request. Throws protocol::Refusal (invalidDNSyntax).
std::string dn_key(const Context& context, std::string_view dn);

// The DN of the subschema subentry.
inline constexpr std::string_view subschema_dn = "cn=Subschema";
bool is_subschema(std::string_view key);

// Returns the entry that `key` names; `dn` is the same as it came. Aliases are entries like others. Throws
// protocol::Refusal:
// - referral, when no context holds it and there are URIs for that, or when it is at or below a referral entry (RFC
//   3296; the entry itself is returned with manageDsaIT);
// - noSuchObject when there is no such entry, or the caller may not know about it, with the nearest superior that he
//   may know as the matched DN.
store::EntryId find_entry(const Call& call, const store::Reader& reader, std::string_view dn, std::string_view key);

// Returns the refusal for a DN that is not there, as find_entry() throws it: for whoever has located it already.
// With `superior_wanted` (an add, a new superior) the matched DN is likewise the nearest superior that may be seen.
protocol::Refusal not_there(const Call& call, const store::Reader& reader, std::string_view dn, std::string_view key);

// Throws the referral (RFC 3296) when a superior of `key`, or with `itself` the entry of that name, is a referral entry
// that the request is not meant to manage.
void refer_if_below_referral(const Call& call, const store::Reader& reader, std::string_view dn, std::string_view key,
                             bool itself);

// Whether one of the entry's object classes is `name` (lower case) or a subclass of it.
bool has_class(const store::LiveEntry& entry, const model::Schema& schema, std::string_view name);

// Whether the caller may know that there is this entry.
bool may_see(const Call& call, const store::Reader& reader, store::EntryId id);

// Throws protocol::Refusal (assertionFailed, RFC 4528) when the request asserts a filter that the entry does not match;
// what the caller may not search counts as absent.
void check_assertion(const Call& call, const store::Reader& reader, store::EntryId id);

// Returns the response control of a pre-read or post-read (RFC 4527): the attributes `requested` of the entry, as far
// as the caller may read them, chosen as a search does. `oid` is that of the request's control.
protocol::Control read_entry_control(const Call& call, const store::Reader& reader, store::EntryId id,
                                     std::string_view oid, const std::vector<std::string>& requested);

}  // namespace replkit::refserver::directory
