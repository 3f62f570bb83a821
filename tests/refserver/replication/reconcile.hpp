// Update reconciliation: makes what other replicas have done (draft-ietf-ldup-urp-08 4.3).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/ldup/primitive.hpp"
#include "tests/refserver/replication/area.hpp"
#include "tests/refserver/replication/entry_state.hpp"
#include "tests/refserver/schema/schema.hpp"
#include "tests/refserver/store/naming.hpp"
#include "tests/refserver/store/store.hpp"

namespace replkit::refserver::replication {

// What to do about an update of an entry that is neither there nor known to be deleted nor added by the update: the
// supplier takes it that it is here, so that it was purged or lost, or the supplier's is a lingering one.
enum class UnknownEntry : std::uint8_t {
  glue,    // as draft-ietf-ldup-urp-08 has it: keep what has come as glue
  refuse,  // strict: Verdict::lingering
  ask,     // loose: Verdict::incomplete, the whole entry is wanted; also when it is its superior that is not known
};

struct ReconcilerOptions {
  bool read_only = false;     // corrections are made, but not as changes of this replica
  bool protect_names = true;  // values of RDNs that were removed elsewhere are put back (4.3.5); never when read-only
  UnknownEntry unknown = UnknownEntry::glue;
};

enum class Verdict : std::uint8_t {
  applied,
  unchanged,   // nothing of it was news
  lingering,   // nothing was done: UnknownEntry::refuse
  incomplete,  // nothing was done: UnknownEntry::ask
  elsewhere,   // nothing was done: it is of another area here, or would be
};

// What an administrator should hear of.
struct Event {
  enum class Kind : std::uint8_t {
    glue_made,        // for a superior that is not there, or an entry deleted elsewhere that has content or children
    glue_dropped,     // nothing kept it any more
    glue_resolved,    // it was added after all
    name_conflict,    // siblings have one RDN: their entryUUIDs are in their RDNs
    name_settled,     // one of those has its RDN to itself again
    lost_and_found,   // moving it would have made a loop
    name_reasserted,  // values of its RDN had been removed elsewhere, and were put back
    name_lost,        // the same, and they were not
    not_applied,      // the top entry and Lost & Found are neither moved nor deleted, other areas are out of reach
    unknown_type,     // an attribute type that the schema does not have
  };
  Kind kind = Kind::glue_made;
  model::Uuid entry;
  std::string dn;
  std::string detail;  // of a type: its name; of names: the values
};

std::string_view text_of(Event::Kind kind);

struct Reconciled {
  Verdict verdict = Verdict::unchanged;
  std::size_t superseded = 0;  // primitives that something newer had overtaken
  std::vector<Event> events;
};

// Works within one change of the store. Whatever order updates come in, and how often, entries and their CSNs end up
// the same on all replicas (README.md says where that takes more than the draft).
class Reconciler {
 public:
  Reconciler(store::Writer& writer, const schema::Schema& schema, const Area& area, ReconcilerOptions options)
      : writer_(writer), schema_(schema), area_(area), lost_and_found_(area.lost_and_found()), options_(options) {}

  // Applies what happened to one entry. Throws ParseError for an RDN that is none, before anything is changed.
  Reconciled apply(const ldup::EntryUpdate& update);

  // Makes the Lost & Found entry when it is missing; it has no CSNs and is not replicated. Returns no_entry when the
  // area's top is missing too.
  store::EntryId ensure_lost_and_found();

 private:
  void report(Event::Kind kind, const store::StoredEntry& entry, std::string detail = {});
  bool is_unknown(const std::optional<store::StoredEntry>& entry, const ldup::EntryUpdate& update) const;
  bool lacks_superior(const ldup::EntryUpdate& update) const;
  bool leaves_area(store::EntryId entry, const ldup::EntryUpdate& update) const;
  bool is_fixed(const model::Uuid& uuid) const { return uuid == area_.root || uuid == lost_and_found_; }

  bool may_apply(const ldup::Primitive& primitive, const store::StoredEntry& entry);
  EntryState load_state(store::StoredEntry entry) const;
  void settle(EntryState& state, bool has_child);
  void settle_fixed(EntryState& state, const std::optional<store::Place>& before);
  void hide(EntryState& state, const std::optional<store::Place>& before);
  void place(EntryState& state, const std::optional<store::Place>& before);
  void name(EntryState& state);
  void put(store::StoredEntry& entry, const std::optional<store::Place>& before);
  store::EntryId ensure_live(const model::Uuid& uuid);
  bool is_below(store::EntryId id, store::EntryId above) const;

  std::vector<model::Uuid> displaced() const;
  void set_displaced(const model::Uuid& uuid, bool displaced);
  void retry_displaced();

  store::Writer& writer_;
  const schema::Schema& schema_;
  const Area& area_;
  const model::Uuid lost_and_found_;
  ReconcilerOptions options_;
  Reconciled out_;
  bool tree_changed_ = false;
};

}  // namespace replkit::refserver::replication
