// Passwords on their way into entries: cleartext never gets there. A userPassword value in the clear is stored as its
// Argon2id hash, with a verifier for SCRAM in authPassword (RFC 5803); hashes that clients made themselves are kept as
// they are, and serve simple binds and PLAIN. Where DIGEST-MD5 is configured, authPassword gets its secret too, for
// each uid of the entry. All of it takes tens of milliseconds a password.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/model/entry.hpp"
#include "common/model/ldif.hpp"
#include "tests/refserver/auth/password.hpp"
#include "tests/refserver/directory/entry_editor.hpp"
#include "tests/refserver/schema/schema.hpp"
#include "tests/refserver/store/entry.hpp"

namespace replkit::refserver::directory {

struct PasswordMaking {
  auth::PasswordCost cost;
  std::string digest_realm;  // "": no secrets for DIGEST-MD5
};

// What is stored for a password: a value of userPassword, and those of authPassword.
struct MadePassword {
  std::string hash;
  std::vector<std::string> verifiers;
};

// Throws protocol::Refusal as auth::hash_password().
MadePassword make_password(const PasswordMaking& making, const Secret& password, const std::vector<std::string>& uids);

// Returns the values of uid.
std::vector<std::string> uids_of(const model::Schema& schema, const store::StoredEntry& entry);

// Whether the description is userPassword's, with options or without.
bool is_password(const model::Schema& schema, std::string_view description);

// Whether one of the attributes or modifications holds a password in the clear.
bool has_clear_password(const model::Schema& schema, const std::vector<model::Attribute>& attributes);
bool has_clear_password(const model::Schema& schema, const std::vector<model::Modification>& changes);

// Hashes the passwords of a new entry, and adds their authPassword. Throws protocol::Refusal: attributeOrValueExists
// for one that comes twice, and what hash_password() throws.
void hash_passwords(const model::Schema& schema, const PasswordMaking& making,
                    std::vector<model::Attribute>& attributes);

// A modification, and on whose behalf it is made.
struct OwnedModification {
  model::Modification change;
  Origin origin = Origin::client;
};

// Returns the modifications with hashes in place of passwords in the clear, each with what it means for authPassword.
// One that is to be deleted in the clear is looked for among those of `entry`. Which verifier belongs to a hash cannot
// be told: when a hash is deleted, all verifiers go. Throws protocol::Refusal: attributeOrValueExists, noSuchAttribute,
// and what hash_password() throws.
std::vector<OwnedModification> hash_passwords(const schema::Schema& schema, const PasswordMaking& making,
                                              const std::vector<model::Modification>& changes,
                                              const store::StoredEntry& entry);

// Returns the modifications, as those of the client, as they are.
std::vector<OwnedModification> without_passwords(const std::vector<model::Modification>& changes);

// Returns the userPassword value of the entry that fits; null when there is none.
const std::string* fitting_password(const model::Schema& schema, const store::StoredEntry& entry,
                                    const Secret& password);

}  // namespace replkit::refserver::directory
