// The entries that say how the directory replicates (LDUP's): who may touch them, and what they must be. Managing
// replication is a right of its own, `manage`: with it these entries are created, changed, renamed and deleted,
// without it they are not, whatever other rights there are.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/model/entry.hpp"
#include "tests/refserver/directory/call.hpp"
#include "tests/refserver/store/store.hpp"

namespace replkit::refserver::directory {

// Which object classes of LDUP an entry has.
struct ManagedClasses {
  bool context = false;  // replicationContext: the top of an area; an entry like others in all else
  bool replica = false;
  bool agreement = false;
  bool schedule = false;

  // Whether the entry is there for replication alone.
  bool entry() const { return replica || agreement || schedule; }
  bool any() const { return entry() || context; }
  bool operator==(const ManagedClasses&) const = default;
};

ManagedClasses managed_classes(const model::Schema& schema, std::span<const std::string> object_classes);
ManagedClasses managed_classes(const model::Schema& schema, const store::StoredEntry& entry);
// Of the entry in the store; of none there are none.
ManagedClasses managed_classes(const Call& call, const store::Reader& reader, store::EntryId id);
ManagedClasses managed_classes(const Call& call, std::string_view key);  // now

bool may_manage_replication(const Call& call, std::string_view key);

// Whether the caller may do this to an entry with these classes; `ordinary` is the right that others need.
bool may_manage(const Call& call, std::string_view key, ManagedClasses classes, access::Right ordinary);

// Adds what an entry of replication must have and draft-ietf-ldup-mrm-02 3.4 and 3.7 leave out: replicaOnline FALSE,
// the whole area for a subtree, a place for what is lost. Takes the class ldapSubEntry for subentry.
void add_managed_defaults(const model::Schema& schema, ManagedClasses classes, std::string_view dn,
                          std::vector<model::Attribute>& attributes);

// Puts OIDs for the names that draft-ietf-ldup-mrm-02 (3.9, 4.2.1) has for update protocols, when the attribute is
// replicationMechanismOID.
void name_protocols_by_oid(const model::Schema& schema, std::string_view description, std::vector<std::string>& values);

// Throws protocol::Refusal when replication could not be as the entry says: namingViolation for a replica that is not
// named cn=REPLICA-ID, and for one that is not immediately below the top of an area or an agreement that is not
// immediately below a replica; constraintViolation for wrong values, filters of a replica that is not read-only, and a
// second primary; unwillingToPerform when it would no longer be the top of an area whose replicas are still named below
// it. `reader` has the entry as it was. `dn`: what the entry's will be; `superior`: likewise.
void check_managed(const Call& call, const store::Reader& reader, const store::StoredEntry& entry,
                   const std::string& dn, store::EntryId superior);

// Whether an add of such an entry may give the attribute, though nobody may modify it.
bool may_be_added(ManagedClasses classes, const model::AttributeType& type);
// Whether a modify of it may change it all the same.
bool may_be_modified(ManagedClasses classes, const model::AttributeType& type);

// --- Write-Unwriteable (draft-ietf-ldup-mrm-02 3.16) ---

// Throws protocol::Refusal when the request has the control and the caller may not use it on this entry:
// confidentialityRequired; insufficientAccessRights, whether there is such an entry or not.
void require_write_unwriteable(const Call& call, std::string_view key);

// Whether the control lets clients write the attribute: all but those that the server computes.
bool is_writeable_with_control(const model::AttributeType& type);

}  // namespace replkit::refserver::directory
