#include "tests/refserver/exchange/kept.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "common/base/text.hpp"
#include "common/ldup/replication_update.hpp"
#include "tests/refserver/exchange/apply.hpp"
#include "tests/refserver/exchange/state.hpp"
#include "tests/refserver/protocol/refusal.hpp"
#include "tests/refserver/replication/harvest.hpp"

namespace replkit::refserver::exchange {

namespace {

constexpr std::size_t most_updates = 20'000;
constexpr std::size_t most_bytes = std::size_t{16} << 20;
constexpr std::size_t most_named = 10;

std::string state_name(const model::Uuid& root) {
  return "own changes of " + root.text();
}

// What is in the store: from which CSN on they are kept, what to say of those that are not, and the updates.
struct Kept {
  std::optional<ldup::Csn> after;  // none: all
  std::string lost;                // empty: nothing is
  std::vector<std::string> updates;
};

constexpr std::size_t size_digits = 8;

std::string encode(const Kept& kept) {
  std::string out = (kept.after ? kept.after->text() : "") + '\n' + kept.lost + '\n';
  for (const auto& update : kept.updates) out += fmt::format("{:0{}x}", update.size(), size_digits) + update;
  return out;
}

Kept decode(std::string_view bytes) {
  Kept out;
  const auto line = [&] {
    const auto end = std::min(bytes.find('\n'), bytes.size());
    const std::string text(bytes.substr(0, end));
    bytes.remove_prefix(std::min(end + 1, bytes.size()));
    return text;
  };
  if (const auto after = line(); !after.empty()) out.after = ldup::Csn::parse(after);
  out.lost = line();
  while (bytes.size() > size_digits) {
    const auto size = std::stoul(std::string(bytes.substr(0, size_digits)), nullptr, 16);
    out.updates.emplace_back(bytes.substr(size_digits, size));
    bytes.remove_prefix(std::min(bytes.size(), size_digits + size));
  }
  return out;
}

// This replica's changes after a CSN, from one snapshot.
class OwnChanges {
 public:
  OwnChanges(Core& core, const LocalArea& area, std::optional<ldup::Csn> after)
      : core_(core), area_(area), after_(std::move(after)), snapshot_(core.store.snapshot()) {
    if (!area.own->can_originate()) stays_since_ = read_only_since(*snapshot_, area.root());
  }

  // Calls `take` with each update, and the DN of its entry; until it returns false.
  template <typename Take>
  void each(Take take) const {
    constexpr std::size_t batch = 1000;
    const Scope scope(*snapshot_, area_.scope);
    auto at = after_ ? store::ChangeMark::end_of(*after_)
                     : store::ChangeMark{ldup::Csn(Instant::min(), 0, core_.replica_id, 0), 0};
    std::vector<store::ChangeMark> marks;
    for (bool more = true; more;) {
      marks.clear();
      more = snapshot_->changes(core_.replica_id, at, batch, marks);
      for (const auto& mark : marks) {
        const auto entry = scope.holds(*snapshot_, mark.entry) ? snapshot_->load(mark.entry) : std::nullopt;
        if (!entry) continue;
        const auto update = update_of(*entry);
        if (update.primitives.empty()) continue;
        if (!take(update, entry->deleted ? entry->last_dn : snapshot_->dn(entry->id))) return;
      }
    }
  }

 private:
  ldup::EntryUpdate update_of(const store::StoredEntry& entry) const {
    const auto& schema = core_.schema.model();
    const auto is_sent = [&](std::string_view description) {
      return !is_local_attribute(schema, description) && !equals_ignore_case(description, "updateVector");
    };
    auto update = replication::primitives_of(*snapshot_, entry, {}, is_sent, schema);
    std::erase_if(update.primitives, [&](const ldup::Primitive& primitive) {
      const auto& csn = primitive.csn;
      return csn.replica_id() != core_.replica_id || (after_ && csn <= *after_) ||
             (stays_since_ && csn > *stays_since_);
    });
    return update;
  }

  Core& core_;
  const LocalArea& area_;
  const std::optional<ldup::Csn> after_;
  std::optional<ldup::Csn> stays_since_;
  const std::unique_ptr<store::Snapshot> snapshot_;
};

Kept collect(Core& core, const LocalArea& area, const std::string& supplier) {
  Kept out;
  const auto* replica = area.model.replica(supplier);
  if (replica != nullptr) {
    const auto told = shown_vector(*replica).components();
    if (const auto found = told.find(core.replica_id); found != told.end()) out.after = found->second;
  }
  const bool keeps = has_supplied(*core.store.snapshot(), area.root(), area.own->uuid);
  std::size_t count = 0;
  std::size_t bytes = 0;
  std::string names;
  OwnChanges(core, area, out.after).each([&](const ldup::EntryUpdate& update, const std::string& dn) {
    const bool managed =
        update.entry == area.root() || std::binary_search(area.managed.begin(), area.managed.end(), update.entry);
    if (!keeps && managed) return true;  // it has to have some before it can be filled
    ++count;
    if (count <= most_named) names += (names.empty() ? "" : "; ") + printable(dn);
    if (!keeps) return count <= most_updates;
    out.updates.push_back(encode(update));
    bytes += out.updates.back().size();
    return count <= most_updates && bytes <= most_bytes;
  });
  const bool fits = count <= most_updates && bytes <= most_bytes;
  if (keeps && fits) return out;
  out.updates.clear();
  if (count > 0) {
    out.lost = fmt::format("{}{} entries were changed here, which {} may not have got, and gave way: {}{}",
                           fits ? "" : "more than ", fits ? count : count - 1, supplier, names,
                           count > most_named ? "; and others" : "");
  }
  return out;
}

}  // namespace

void keep_own_changes(Core& core, const LocalArea& area, const std::string& supplier) {
  if (area.own == nullptr || has_own_changes(*core.store.snapshot(), area.root())) return;
  const auto bytes = encode(collect(core, area, supplier));
  core.store.apply([&](store::Writer& writer) { writer.put_state(state_name(area.root()), bytes); });
}

Returned return_own_changes(store::Writer& writer, Core& core, const LocalArea& area, const Area& scope,
                            replication::UnknownEntry unknown, ldup::UpdateVector& vector) {
  Returned out;
  const auto bytes = writer.state(state_name(area.root()));
  if (!bytes || scope.root != area.root()) return out;
  const auto kept = decode(*bytes);
  if (!kept.lost.empty()) {
    out.events.push_back(kept.lost);
    return out;
  }
  const auto theirs = vector.components().find(core.replica_id);
  const bool has = theirs != vector.components().end();
  if (kept.after && (!has || theirs->second < *kept.after)) return out;  // it has gone back itself
  const auto covered = has ? theirs->second : ldup::Csn();
  std::size_t gone = 0;
  for (const auto& each : kept.updates) {
    auto update = ldup::decode_entry_update(each);
    std::erase_if(update.primitives, [&](const ldup::Primitive& primitive) { return primitive.csn <= covered; });
    if (update.primitives.empty()) continue;
    Applied applied;
    try {
      applied = apply_update(writer, core, area, scope, std::move(update), unknown);
    } catch (const protocol::Refusal& refusal) {
      if (++gone <= most_named) out.events.push_back(fmt::format("what was changed here is lost: {}", refusal.what()));
      continue;
    }
    if (applied.elsewhere) continue;
    ++out.updates;
    if (applied.own) vector.merge(*applied.own);
    for (auto& event : applied.events) {
      if (out.events.size() < most_named) out.events.push_back(std::move(event));
    }
  }
  out.complete = true;
  if (out.updates > 0) {
    out.events.push_back(
        fmt::format("{} entries were changed here and not sent: the changes were kept, and are sent now", out.updates));
  }
  return out;
}

bool has_own_changes(const store::Reader& reader, const model::Uuid& root) {
  return reader.state(state_name(root)).has_value();
}

void drop_own_changes(store::Writer& writer, const model::Uuid& root) {
  writer.remove_state(state_name(root));
}

}  // namespace replkit::refserver::exchange
