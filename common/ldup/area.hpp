// Areas of replication: the part of the tree from an entry with the class replicationContext down to the leaves or to
// the next such entry (draft-ietf-ldup-infomod-08 7.3.1), with the replicas and agreements that its subentries name.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/ldup/agreement.hpp"
#include "common/ldup/finding.hpp"
#include "common/ldup/replica.hpp"
#include "common/model/dn.hpp"
#include "common/model/entry.hpp"
#include "common/model/schema.hpp"

namespace replkit::ldup {

class Area {
 public:
  // The area below `root`, with no replicas yet; the schema says how names compare and must outlive the area. Throws
  // ParseError when `root` is no DN.
  Area(std::string root, const model::Schema& schema);

  const std::string& root() const { return root_; }
  const std::string& normalized_root() const { return normalized_; }
  const model::Schema& schema() const { return *schema_; }
  // The roots of the areas that end this one.
  const std::vector<std::string>& subordinates() const { return subordinates_; }
  const std::vector<Replica>& replicas() const { return replicas_; }
  const std::vector<Agreement>& agreements() const { return agreements_; }

  // Names an area that ends this one; one that is not below this one's root does not. Throws ParseError.
  void add_subordinate(const std::string& root);
  void add(Replica replica);
  void add(Agreement agreement) { agreements_.push_back(std::move(agreement)); }

  // Whether an entry with this DN belongs to the area; what is no DN does not.
  bool holds(std::string_view dn) const;
  // Whether the replica holds it: it is at or below the base of its subtreeSpecification and not chopped off
  // (RFC 3672 2.1). Not to be asked about the entries of replication: every replica holds those.
  bool holds(std::string_view dn, const Replica& replica) const;
  // The same, or it stands above what the replica holds: without it that would have no place there.
  bool needs(std::string_view dn, const Replica& replica) const;

  // Returns the replica with this DN or ID; null when there is none.
  const Replica* replica(std::string_view dn_or_id) const;

  // Returns `dn` so that equal names are equal bytes.
  std::string normalized(std::string_view dn) const;

 private:
  std::string root_;
  std::string normalized_;
  const model::Schema* schema_;
  std::vector<std::string> subordinates_;
  std::vector<std::string> ends_;  // the same, normalized
  std::vector<Replica> replicas_;
  std::vector<std::string> names_;  // their DNs, normalized
  std::vector<Agreement> agreements_;
};

// Whether all that a replica with the specification `inner` holds one with `outer` holds too. May say no where that
// takes looking at the entries.
bool covers(const model::SubtreeSpecification& outer, const model::SubtreeSpecification& inner,
            const model::Schema& schema);

// Returns the areas that these roots make, each ended by those directly below it, upper ones first. Roots that are no
// DNs are put into `findings`, equal ones count once.
std::vector<Area> areas_of(const std::vector<std::string>& roots, const model::Schema& schema, Findings& findings);

// Returns the area an entry belongs to: that with the deepest root above it; null when it is in none.
const Area* area_of(const std::vector<Area>& areas, std::string_view dn);

// Takes the replicas and agreements out of entries that a search below the root gave, in any order, and adds them to
// the area; entries of other classes and of other areas are passed over. What is wrong is put into `findings`: besides
// what Replica::read() and Agreement::read() say, entries that are not where they belong.
void read_area(const std::vector<model::Entry>& entries, Area& area, Findings& findings);

}  // namespace replkit::ldup
