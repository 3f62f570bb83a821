// The areas of replication that the directory's own entries describe: what this server is in them, and to whom it
// sends (draft-ietf-ldup-infomod-08 7.3).
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/ldup/area.hpp"
#include "common/ldup/schedule.hpp"
#include "common/model/entry.hpp"
#include "tests/refserver/replication/area.hpp"
#include "tests/refserver/schema/schema.hpp"
#include "tests/refserver/store/store.hpp"

namespace replkit::refserver::exchange {

using replication::Area;
using replication::Scope;

// Another replica that this one sends to.
struct Partner {
  ldup::Replica replica;
  std::optional<ldup::Agreement> agreement;  // none: the area has none at all
  ldup::Schedule schedule;
  bool incremental = true;  // sessions of that kind may happen: the replicas' filters allow it, and the agreement
  bool online = true;       // both are
  std::string problem;      // why nothing can be sent; empty: it can
};

struct LocalArea {
  explicit LocalArea(ldup::Area its_model) : model(std::move(its_model)) {}

  ldup::Area model;
  Area scope;                                       // as reconciliation knows it
  std::string key;                                  // normalized DN of the root
  std::map<std::string, ldup::Schedule> schedules;  // by normalized DN
  const ldup::Replica* own = nullptr;               // this server's replica in it; null: it has none
  std::vector<Partner> partners;                    // none without an own replica
  std::vector<model::Uuid> managed;                 // the entries that say all this, sorted
  std::vector<model::Entry> entries;                // the same as they are
  bool refreshing = false;  // its content is being replaced, or was when that broke off, or is to be (is_awaiting())

  const model::Uuid& root() const { return scope.root; }
  const std::string& root_dn() const { return model.root(); }
  const Partner* partner(std::string_view id) const;
  // Whether an agreement of that replica names this server's own.
  bool is_supplied_by(std::string_view id) const;
  // Whether no agreement has this replica send anything.
  bool supplies_nobody(std::string_view id) const;
};

using LocalAreaPtr = std::shared_ptr<const LocalArea>;

class Areas {
 public:
  // Reads them from the store; those being refreshed from what was kept of them (refresh.hpp). What is wrong with the
  // entries is in findings().
  Areas(const store::Reader& reader, const schema::Schema& schema, const std::string& replica_id);

  const std::vector<LocalAreaPtr>& all() const { return all_; }
  const ldup::Findings& findings() const { return findings_; }

  // Return null when there is none: the area with this root; the one whose root or replica has this normalized DN; the
  // one that an entry with this normalized DN belongs to.
  LocalAreaPtr by_root(const model::Uuid& root) const;
  LocalAreaPtr named(std::string_view key) const;
  LocalAreaPtr of_entry(std::string_view key) const;

  // Whether the entry is one of those that say all this, or the root of an area.
  bool is_managed(const model::Uuid& entry) const;
  // Whether such an entry has this normalized DN, or one below it.
  bool has_managed_below(std::string_view key) const;

 private:
  std::vector<LocalAreaPtr> all_;
  std::vector<std::string> keys_;  // normalized DNs of the entries that say it
  ldup::Findings findings_;
};

// Whether an attribute says something about areas, replicas, agreements or schedules. Update vectors and how sessions
// went do not.
bool matters_to_areas(const model::Schema& schema, std::string_view description);
// Whether one of these values of objectClass makes an entry one of replication.
bool is_management_class(std::span<const std::string> object_classes);

// Returns the entry as it is in the store, with its entryUUID.
model::Entry entry_of(const store::Reader& reader, const store::LiveEntry& entry);

}  // namespace replkit::refserver::exchange
