// The update vectors of this server's replicas: what they hold of each origin's changes
// (draft-ietf-ldup-model-09 5.4.3, 11.6).
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "common/ldup/csn.hpp"
#include "common/model/uuid.hpp"
#include "tests/refserver/exchange/areas.hpp"
#include "tests/refserver/store/store.hpp"

namespace replkit::refserver::exchange {

// Safe to use from any thread. A vector here is never ahead of what is on disk: take it first, the snapshot to send
// from afterwards.
class Vectors {
 public:
  explicit Vectors(std::string replica_id) : replica_id_(std::move(replica_id)) {}

  // Reads the vectors of areas not known yet: what was kept, and this replica's changes since; of one that never had a
  // vector, all that the store holds. `since`: CSNs of this replica that are older, and not there, were lost.
  void load(const store::Reader& reader, const Areas& areas, const ldup::Csn& since);

  ldup::UpdateVector get(const model::Uuid& root) const;

  // The same as a change under way sees it: what was kept, which earlier changes of its transaction may have raised,
  // and this replica's own component.
  ldup::UpdateVector get(const store::Writer& writer, const model::Uuid& root) const;

  // A client has made this change in the area, which changed() was told of. last_asked() returns the last such since
  // the server was started.
  void asked(const model::Uuid& root, const ldup::Csn& csn);
  std::optional<ldup::Csn> last_asked(const model::Uuid& root) const;

  // This replica has made a change in the area, which is on disk.
  void changed(const model::Uuid& root, const ldup::Csn& csn);
  // The area holds what this vector covers, which is on disk as save_vector() has it.
  void raised(const model::Uuid& root, const ldup::UpdateVector& by);
  // After a full update. `lost`: others may have changes of this replica that it did not bring back (recovery.hpp).
  // `since`: as with load().
  void replaced(const model::Uuid& root, const ldup::UpdateVector& by, bool lost, const ldup::Csn& since);
  void forget(const model::Uuid& root);

  // A replica that was restored from a backup (recovery.hpp): its own component stays at what it had when this process
  // began, whatever it makes, until release(). To be called by the store's writer, which then keeps the vector.
  void hold(const model::Uuid& root);
  // Its own component is what it has made again.
  void release(const store::Reader& reader, const LocalArea& area);
  bool is_held(const model::Uuid& root) const;
  // Whether a session has shown that this replica has lost changes, while it was not held.
  bool is_suspect(const model::Uuid& root) const;
  // Whether the component of this replica that another one has is of a change that this one has lost: newer than what
  // it had when this process began, and older than all that it has made since. (Others may know a change of it before
  // changed() is called.)
  bool has_lost(const model::Uuid& root, const ldup::Csn& theirs) const;

  // The vector that other replicas were told last, as far as this process knows.
  ldup::UpdateVector published(const model::Uuid& root) const;
  void publish(const model::Uuid& root, const ldup::UpdateVector& vector);

 private:
  // What is known of this replica's own changes in an area.
  struct Own {
    std::optional<ldup::Csn> sure = std::nullopt;                        // all up to this one are here
    std::optional<ldup::Csn> first = std::nullopt, last = std::nullopt;  // made by this process
    ldup::Csn since = ldup::Csn(Instant::max(), 0, {}, 0);               // what it makes is not older
    bool held = false;
    bool suspect = false;

    bool has_made(const ldup::Csn& csn) const { return csn >= since || (first && csn >= *first); }
  };

  void raise(const model::Uuid& root, const ldup::UpdateVector& by);
  bool raise_own(Own& own, const ldup::Csn& csn) const;

  const std::string replica_id_;
  mutable std::mutex mutex_;
  std::map<model::Uuid, Own> own_;
  std::map<model::Uuid, ldup::UpdateVector> vectors_;
  std::map<model::Uuid, ldup::UpdateVector> published_;
  std::map<model::Uuid, ldup::Csn> asked_;
};

// Returns both as one.
ldup::UpdateVector merged(ldup::UpdateVector a, const ldup::UpdateVector& b);

// Puts the vector into the entry of this server's own replica, where clients read it. Published, it becomes a change of
// this replica, which the vector then covers itself, so that other replicas learn it; otherwise it only shows, under
// the CSN that it was published with last. Returns whether there was anything to do.
enum class Showing : std::uint8_t { local, published };
bool show_vector(store::Writer& writer, const LocalArea& area, ldup::UpdateVector& vector, Showing how);

// Puts the vector of a replica that supplies nobody, and so cannot tell it itself, into its entry, as a change of this
// replica. Returns its CSN; nothing when that is what the entry shows.
std::optional<ldup::Csn> vouch_for(store::Writer& writer, const model::Uuid& replica, const ldup::UpdateVector& vector);

// Returns the vector that the entry shows; an empty one when it has none.
ldup::UpdateVector shown_vector(const ldup::Replica& replica);

}  // namespace replkit::refserver::exchange
