// What replication keeps in the store beside the entries, by area.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/ldup/csn.hpp"
#include "common/model/entry.hpp"
#include "common/model/uuid.hpp"
#include "tests/refserver/store/store.hpp"

namespace replkit::refserver::exchange {

// Returns the update vector of this replica of the area; nothing when there is none yet.
std::optional<ldup::UpdateVector> load_vector(const store::Reader& reader, const model::Uuid& root);
void save_vector(store::Writer& writer, const model::Uuid& root, const ldup::UpdateVector& vector);

// Whether this is a copy, and nothing has been done about that yet: when it was made, as GeneralizedTime, by
// `replserver backup`; empty when its files were copied.
std::optional<std::string> restored_from(const store::Reader& reader);
inline bool is_restored(const store::Reader& reader) {
  return restored_from(reader).has_value();
}
void set_restored(store::Writer& writer, const std::string& time);
void clear_restored(store::Writer& writer);

// Store::identity() of the store when it was last opened to replicate.
std::optional<std::string> kept_identity(const store::Reader& reader);
void keep_identity(store::Writer& writer, const std::string& its_identity);

// Whether this replica of the area makes no changes until it has its own back (recovery.hpp).
bool is_recovering(const store::Reader& reader, const model::Uuid& root);
void set_recovering(store::Writer& writer, const model::Uuid& root, bool recovering);

// The newest CSN that there was when this replica of the area became read-only: what it has made since stays here
// (draft-ietf-ldup-mrm-02 3.16). Nothing: it is not, or nobody has noticed yet.
std::optional<ldup::Csn> read_only_since(const store::Reader& reader, const model::Uuid& root);
void set_read_only_since(store::Writer& writer, const model::Uuid& root, const std::optional<ldup::Csn>& csn);

// Whether other replicas have got changes of this one, whose entry is `own`: one that was taken out of the area and
// made anew is another.
bool has_supplied(const store::Reader& reader, const model::Uuid& root, const std::optional<model::Uuid>& own);
void set_supplied(store::Writer& writer, const model::Uuid& root, const std::optional<model::Uuid>& own);

// Whether what is here of the area is not worth a vector: a copy that was imported, or what a full update left that
// broke off. As long as the area has other replicas, this one waits for a full update, and remove_refresh() ends it.
bool is_awaiting(const store::Reader& reader, const model::Uuid& root);
// Its update vector then says that it holds nothing; whatever has come of this replica's own changes, others may have
// more of them (recovery.hpp).
void set_awaiting(store::Writer& writer, const model::Uuid& root);
// No other replica is left: what is here is all there is.
void clear_awaiting(store::Writer& writer, const model::Uuid& root);

// An area whose content is being replaced by a full update. What is kept says what the area was, while its own entries
// are not there.
struct Refresh {
  model::Uuid root;
  std::string root_dn;
  std::vector<model::Entry> entries;  // those of replication
};

void save_refresh(store::Writer& writer, const Refresh& refresh);
void remove_refresh(store::Writer& writer, const model::Uuid& root);
bool is_refreshing(const store::Reader& reader, const model::Uuid& root);
std::vector<Refresh> load_refreshes(const store::Reader& reader);

}  // namespace replkit::refserver::exchange
