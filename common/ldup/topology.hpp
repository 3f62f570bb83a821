// Who sends changes to whom in an area, and what is wrong with that.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "common/ldup/area.hpp"
#include "common/ldup/finding.hpp"

namespace replkit::ldup {

// One replica sends to another; both by their place in Area::replicas().
struct Link {
  std::size_t supplier = 0;
  std::size_t consumer = 0;
  std::optional<std::size_t> agreement;  // the place in Area::agreements(); nothing: no agreement is needed
  // Whether the filters and subtrees allow it: the supplier holds what the consumer does.
  bool valid = true;
  // Whether changes flow: it is valid, for incremental sessions, and both replicas are online.
  bool active = true;

  bool operator==(const Link&) const = default;
};

// Returns the links of an area, by supplier and consumer. With no agreement at all every replica sends to every other
// (draft-ietf-ldup-infomod-08 section 8, example 1), where that is valid. Otherwise only agreements make links, those
// that name a replica of the area other than their own.
std::vector<Link> links_of(const Area& area);

// Returns, for each replica, whether what `origin` sends arrives there over the links; over all valid incremental ones
// or, with `online_only`, over the active ones. The origin itself counts as reached.
std::vector<bool> reached_from(const Area& area, const std::vector<Link>& links, std::size_t origin, bool online_only);

// Returns what is wrong with the area as a whole; each entry by itself was checked when it was read. Codes:
//   agreement-consumer   an agreement names no replica of the area, or its own supplier
//   agreement-double     two agreements of one supplier are for the same consumer and mechanism
//   agreement-full-only  a supplier has agreements with a consumer, but none for incremental sessions
//   agreement-excludes   an agreement leaves out what its consumer holds
//   filter-1 .. filter-3 a supplier lacks attributes that its consumer holds (draft-ietf-ldup-mrm-02 4.2.2)
//   subtree              a supplier lacks entries that its consumer holds
//   two-primaries, no-updateable, same-id, same-server
//   unreachable          what a replica originates does not arrive at another, whoever is online
//   suspended            the same, because replicas are not online
//   no-return            others do not learn what a read-only replica has, which keeps them from purging meta-data
std::vector<Finding> check_topology(const Area& area);

}  // namespace replkit::ldup
