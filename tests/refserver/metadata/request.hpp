// What the operations with meta-data ask of a call before anything else.
#pragma once

#include <string_view>

#include "tests/refserver/directory/audit.hpp"
#include "tests/refserver/directory/call.hpp"

namespace replkit::refserver::metadata {

// Returns the request's value; empty when it has none.
std::string_view value_of(const directory::Call& call);

// Throws protocol::Refusal: confidentialityRequired when others could listen, unavailable when the audit trail cannot
// be written, insufficientAccessRights, whether there is such an entry or not.
void require_confidentiality(const directory::Call& call);
void require_audit(const directory::Call& call);
// `right`: metadata or metadata_write.
void require_metadata_right(const directory::Call& call, std::string_view key, access::Right right);

// Throws insufficientAccessRights unless the caller may manage replication, whose entries are nobody else's.
void require_manage_right(const directory::Call& call, std::string_view key);

// Says what the audit trail is to know of an add, delete or modify.
void describe_change(const directory::Call& call, directory::AuditRecord& record);

}  // namespace replkit::refserver::metadata
