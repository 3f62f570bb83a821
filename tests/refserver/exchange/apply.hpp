// What the store's writer does in a session in which this server is supplied.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "common/ldup/primitive.hpp"
#include "tests/refserver/exchange/core.hpp"
#include "tests/refserver/replication/reconcile.hpp"
#include "tests/refserver/store/store.hpp"

namespace replkit::refserver::exchange {

struct Applied {
  bool news = false;
  bool incomplete = false;  // nothing was done: UnknownEntry::ask
  bool elsewhere = false;   // nothing was done: Verdict::elsewhere
  std::size_t superseded = 0;
  bool vector_only = false;      // the news are some replica's update vector
  bool areas = false;            // what describes the areas has changed
  std::optional<ldup::Csn> own;  // of a correction, which is a change of this replica's own
  std::vector<std::string> mismatches;
  std::vector<std::string> events;
};

// Applies one update, its primitives in the order of their CSNs, but for those about attributes that this replica does
// not hold. Throws protocol::Refusal for an unknown entry that is to be refused.
Applied apply_update(store::Writer& writer, Core& core, const LocalArea& area, const Area& scope,
                     ldup::EntryUpdate update, replication::UnknownEntry unknown);

// Gives the entries back what no other replica sends: `before` is what they were. Returns nothing.
void restore_local(store::Writer& writer, const schema::Schema& schema, const std::vector<model::Entry>& before);

// Removes the content of an area, its meta-data too, in changes of bounded size; stays on the calling thread, which is
// not the writer's. What stands above inner areas stays, as glue that keeps its name, and so does the top then. Between
// changes it calls `check`, which throws when it is to stop. Throws LocalError.
void wipe(Core& core, const LocalArea& area, const std::function<void()>& check);

}  // namespace replkit::refserver::exchange
