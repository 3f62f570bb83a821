// Entries from LDIF into the store, and back: for a server that is not running, or has nothing yet.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "common/base/error.hpp"
#include "common/base/time.hpp"
#include "common/model/entry.hpp"
#include "tests/refserver/auth/password.hpp"
#include "tests/refserver/schema/schema.hpp"
#include "tests/refserver/store/entry.hpp"
#include "tests/refserver/store/store.hpp"

namespace replkit::refserver::directory {

struct ImportOptions {
  std::vector<std::string> contexts{"*"};  // as DirectoryOptions has them: whose top entry needs no superior
  auth::PasswordCost password_cost;        // passwords in the clear are hashed, which takes its time
  std::string digest_realm;                // "": no secrets for DIGEST-MD5 are made of them
  std::string creator;                     // of entries without creatorsName and modifiersName
  std::size_t batch = 2000;                // entries in one transaction; 1: add() waits for its entry to be stored
};

// Returns the entry as it is stored, schema checked: with the entryUUID, the timestamps and names that it brings, made
// where it brings none. Its entryCSN becomes the CSN of all of it (the least CSN: it has none). What the server works
// out by itself (entryDN, hasSubordinates, structuralObjectClass ...) is left out. Its superior is still to be set, and
// `rdn` is the RDN even of a top entry. Throws protocol::Refusal as an add would.
store::StoredEntry import_entry(const model::Entry& entry, const schema::Schema& schema, const ImportOptions& options,
                                Instant now);

// Makes this the CSN of all of the entry.
void set_csn(store::StoredEntry& entry, const ldup::Csn& csn);

// Whether the entry brings a CSN that some replica has given it.
bool brings_csn(const model::Entry& entry);

// One entry cannot be stored. what() names it and says why.
class RefusedEntry : public LocalError {
 public:
  RefusedEntry(std::uint64_t line, const std::string& what) : LocalError(what), line_(line) {}
  std::uint64_t line() const { return line_; }  // as add() was told

 private:
  std::uint64_t line_;
};

// Puts entries, superiors before their subordinates, into the store; what servers make for themselves only where it is
// not there yet. One thread at a time.
class Importer {
 public:
  // Throws UsageError when a context is no DN.
  Importer(store::Store& store, const schema::Schema& schema, const Clock& clock, ImportOptions options);
  // Waits for the disk. What add() was given since the last flush() may be lost.
  ~Importer();
  Importer(const Importer&) = delete;
  Importer& operator=(const Importer&) = delete;

  // Takes one entry; `line` is where it began. Throws RefusedEntry for one that the schema or its place does not allow:
  // this one or one of the batch before; nothing of such a batch is stored.
  void add(const model::Entry& entry, std::uint64_t line = 0);
  // Has all that was added stored; throws as add().
  void flush();

  // The number of entries that are stored.
  std::uint64_t stored() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

// Returns the entry with its operational attributes, as import_entry() takes it: entryUUID, and as entryCSN the newest
// CSN in it.
model::Entry export_entry(const store::StoredEntry& entry, std::string dn);

// Calls `visit` with every entry of the store, each superior before its subordinates.
void export_entries(const store::Reader& reader, const std::function<void(const model::Entry&)>& visit);

}  // namespace replkit::refserver::directory
