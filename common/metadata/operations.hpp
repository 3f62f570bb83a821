// The operations with meta-data (draft-ietf-ldup-mrm-02 3.14, 3.15; their encoding is that of ldup-mrm(7)) on a server.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "common/ldap/connection.hpp"
#include "common/ldap/search.hpp"
#include "common/ldap/write.hpp"
#include "common/ldup/metadata.hpp"

namespace replkit::metadata {

// What a search calls.
struct SearchVisitor {
  std::function<void(ldup::SearchMetaDataEntry&&)> entry;
  // An answer that cannot be decoded: what is wrong, and its bytes. The search goes on.
  std::function<void(const std::string&, std::string_view)> malformed;
};

// Sends SearchWithMetaData. Results of the server are outcomes as of Connection::search(); code `timeout` is its
// silence of Timeouts::operation. An exception of the visitor abandons the search. Throws LdapError when the connection
// is lost, Cancelled.
ldap::SearchOutcome search(ldap::Connection& connection, const ldup::SearchWithMetaDataRequest& request,
                           const SearchVisitor& visitor);

struct UpdateOutcome {
  ldap::WriteOutcome result;
  ldup::MetaDataUpdateResponse response;  // of success; empty when the server sent none or a malformed one
};

// Send the update. Throw LdapError when nobody knows whether it was done.
UpdateOutcome add(ldap::Connection& connection, const ldup::AddWithMetaDataRequest& request);
UpdateOutcome remove(ldap::Connection& connection, const ldup::DeleteWithMetaDataRequest& request);
UpdateOutcome modify(ldap::Connection& connection, const ldup::ModifyWithMetaDataRequest& request);

enum class Verb : std::uint8_t { search, add, remove, modify };

// Returns what can be done about a result; empty when its common text says enough. `identity`: who the server takes us
// for.
std::string hint_for(Verb verb, ldap::ResultCode code, const std::string& identity);

}  // namespace replkit::metadata
