// What is compared: a live server or an LDIF file, behind one face.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/base/cancel.hpp"
#include "common/compare/fingerprint.hpp"
#include "common/directory/replica.hpp"
#include "common/ldap/options.hpp"
#include "common/ldap/search.hpp"
#include "common/ldup/csn.hpp"
#include "common/model/entry.hpp"
#include "common/model/schema.hpp"

namespace replkit::compare {

// Which entries are compared, and how they are read.
struct Area {
  std::string base;
  ldap::Scope scope = ldap::Scope::subtree;
  std::string filter = "(objectClass=*)";
  bool manage_dsa_it = false;  // read referral objects as entries (RFC 3296) instead of being referred
  unsigned page_size = 0;      // 0: not paged
  unsigned rate = 0;           // entries a second and source; 0: as fast as they come
};

// How a scan ended. Reasons say why it is not complete, each a sentence for the user.
struct ScanOutcome {
  std::uint64_t entries = 0;
  std::vector<std::string> reasons;
  bool no_base = false;  // there is no entry with the base's name; that alone leaves it complete
  bool lost = false;     // the server cannot be asked any more
  std::map<std::string, std::uint64_t> shown_attributes = {};  // canonical types -> on how many entries
  std::vector<std::uint64_t> outside = {};                     // by source: how many entries it does not hold
  std::vector<std::string> notes = {};                         // remarks that leave it complete
  std::map<std::string, std::uint64_t> unseen_secrets = {};    // passwords that entries must have and do not show

  bool complete() const { return reasons.empty(); }
};

// An entry to be read again: by its id where the source has ids, else by its DN.
struct Wanted {
  EntryKey key;
  std::string dn;  // empty when it is not known
};

using ScanSink = std::function<void(const Fingerprint&)>;
using RecordVisitor = std::function<void(std::size_t index, directory::EntryRecord&& record)>;
using ReadVisitor = std::function<void(std::size_t index, const model::Entry& entry)>;

class Source {
 public:
  virtual ~Source() = default;

  virtual const std::string& name() const = 0;
  // "openldap", "ldap", "ldif": what the output formats show.
  virtual std::string kind() const = 0;
  // Whether the server lists the Relax Rules control.
  virtual bool lists_relax() const { return false; }
  virtual bool is_live() const = 0;

  // The attribute that names entries whatever their DN; empty when there is none.
  virtual std::string id_attribute() const = 0;
  // The attribute with an entry's CSN; empty when there is none.
  virtual std::string csn_attribute() const = 0;
  virtual const model::Schema& schema() = 0;
  virtual directory::Unreplicated unreplicated() = 0;

  // Streams a fingerprint of every entry of the area once. What the server or the file holds back is in the outcome; it
  // throws only Cancelled and what the sink throws.
  virtual ScanOutcome scan(const Area& area, Fingerprinter& fingerprinter, const ScanSink& sink) = 0;

  // Reads entries below the area's base again and calls the visitor for each one found. What is not found is not
  // visited. Throws Error: then nothing is known of the entries, those visited included.
  virtual void read(const Area& area, const std::vector<Wanted>& wanted, const std::vector<std::string>& attributes,
                    const ReadVisitor& visitor) = 0;

  // Calls the visitor for each of these entries that has no such attribute; never for one that may only hide it from
  // this identity. A source that cannot tell these apart visits none. Throws as read() does.
  virtual void find_lacking(const Area& /*area*/, const std::vector<Wanted>& /*wanted*/,
                            const std::string& /*attribute*/,
                            const std::function<void(std::size_t index)>& /*visitor*/) {}

  // Finds the DNs of entries by one more scan of the area. Only for sources without ids; `keys` is sorted.
  virtual void resolve(const Area& area, Fingerprinter& fingerprinter, const std::vector<EntryKey>& keys,
                       const std::function<void(const EntryKey&, std::string_view dn)>& visitor) = 0;

  // Reads the meta-data of entries by their ids and calls the visitor for each of which there is a record, alive or
  // deleted. Returns false when the source has no records, or does not tell them. Throws as read() does.
  virtual bool read_records(const std::vector<Wanted>& /*wanted*/, const RecordVisitor& /*visitor*/) { return false; }
  // The roots of further areas of replication below the base, which are not compared.
  virtual std::vector<std::string> subordinate_areas() { return {}; }

  virtual std::optional<ldup::Csn> parse_csn(std::string_view value) const = 0;
  // Returns the CSN as the source writes it.
  virtual std::string csn_text(const ldup::Csn& csn) const { return csn.text(); }
  // The update vector as it is now; that of a file is its export's. Nothing when there is none.
  virtual std::optional<ldup::UpdateVector> vector() = 0;
  virtual directory::Refresh refresh() = 0;
  // The number of entries in the database that holds the base when the area is all of it; nothing when it does not
  // tell.
  virtual std::optional<std::uint64_t> own_count(const Area& area) = 0;
  // Whether the entry says it has children while this identity sees none of them.
  virtual bool hides_children(const std::string& dn) = 0;
  // Remarks for the user that came up so far.
  virtual std::vector<std::string> notes() const = 0;
};

// Connects to the server. Throws LdapError, Cancelled.
std::unique_ptr<Source> open_live_source(std::string name, const ldap::ConnectionOptions& options,
                                         const std::string& base, const CancelToken& cancel);
// Opens the LDIF file ("-": standard input, which is copied to an unnamed temporary file, because differing entries are
// read again). Throws LocalError.
std::unique_ptr<Source> open_ldif_source(std::string name, const std::string& path, const CancelToken& cancel);

}  // namespace replkit::compare
