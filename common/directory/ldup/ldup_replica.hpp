// The adapter for servers that replicate by LDUP: update vectors of the areas' replicas, fractional filters, and the
// CSNs of values and tombstones for those who may see them.
#pragma once

#include "common/directory/replica.hpp"
#include "common/ldup/area.hpp"

namespace replkit::ldup {
struct SearchMetaDataEntry;
}

namespace replkit::directory {

class LdupReplica final : public Replica {
 public:
  LdupReplica(ldap::ConnectionOptions options, ldap::Connection connection, RootDse root, std::string context,
              std::string base);

  ServerKind kind() const override { return ServerKind::ldup; }
  std::string id_attribute() const override { return "entryUUID"; }
  // entryCSN when the root of the area shows one. LDUP itself has CSNs of values only: read_records().
  std::string csn_attribute() const override { return csn_attribute_; }
  std::optional<ldup::Csn> parse_csn(std::string_view value) const override;
  // updateVector of the server's own replica of the area that holds the base.
  std::optional<ldup::UpdateVector> update_vector() override;
  // Running while the area is closed.
  Refresh refresh() override;
  std::string closed() override;
  // What is each server's own affair, what the filters of its replica and of the agreements that supply it leave out,
  // and the part of the area that its replica holds.
  Unreplicated unreplicated() override;
  std::optional<std::uint64_t> entry_count() override { return std::nullopt; }
  std::optional<bool> id_is_indexed() override { return std::nullopt; }
  std::vector<std::string> subordinate_areas() override;
  std::string showing_all(const std::string& filter) const override;
  Records read_records(const std::vector<std::string>& ids, const RecordVisitor& visitor) override;

  // The root of the area that holds the base; empty when it is in none.
  const std::string& area() const { return area_; }

 private:
  // Returns the replicas and agreements of the area; nothing when they cannot be read.
  std::optional<ldup::Area> read_area();

  std::string base_;
  std::string area_;
  std::string own_replica_;  // DN; empty: the server does not tell
  std::string csn_attribute_;
};

// Whether a root DSE is that of a server that replicates by LDUP.
bool speaks_ldup(const RootDse& root);

// Returns the deepest of the DNs at or above `dn`; empty when there is none.
std::string deepest_above(const std::vector<std::string>& dns, std::string_view dn);

// Puts into `out` what the filters of the replica `own` (a DN) and of the agreements that supply it leave out.
void add_fractional(const ldup::Area& area, std::string_view own, Unreplicated& out);

// Returns what the replica `own` (a DN) holds by its subtreeSpecification: what it needs, and the replicas and
// agreements of the area, which every replica holds. The DNs it is asked about must be normalized.
Part part_of(std::shared_ptr<const ldup::Area> area, std::string_view own);

// Returns what a server tells of an entry in answer to SearchWithMetaData, without what is its own affair.
EntryRecord record_of(const ldup::SearchMetaDataEntry& entry);

}  // namespace replkit::directory
