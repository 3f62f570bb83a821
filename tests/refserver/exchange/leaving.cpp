#include "tests/refserver/exchange/leaving.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "common/model/dn.hpp"
#include "tests/refserver/directory/import.hpp"
#include "tests/refserver/exchange/kept.hpp"
#include "tests/refserver/exchange/state.hpp"
#include "tests/refserver/protocol/refusal.hpp"

namespace replkit::refserver::exchange {

namespace {

std::string key_of(const Core& core, const std::string& dn) {
  std::string out;
  model::normalize_dn(dn, core.schema.model(), out);
  return out;
}

// Whether nothing but a name is there, for an inner area that stands below it (wipe()).
bool is_bare(const store::Writer& writer, store::EntryId id) {
  const auto entry = writer.load(id);
  return entry && !entry->deleted && entry->newest_csn() == ldup::Csn();
}

// Nothing is done where such an entry has come, or what it stands below has not.
void put_back(store::Writer& writer, Core& core, const LocalArea& area, const model::Entry& kept) {
  const auto key = key_of(core, kept.dn);
  const auto uuid = model::Uuid::parse(kept.first("entryUUID"));
  if (!uuid) return;
  const auto there = writer.find(*uuid);
  if (there != writer.find(key) || (there != store::no_entry && !is_bare(writer, there))) return;
  const auto superior = writer.find(model::parent_of(key));
  if (superior == store::no_entry && key != area.key) return;
  try {
    auto entry = directory::import_entry(kept, core.schema, {}, core.clock.now());
    entry.id = there;
    entry.superior = superior;
    if (superior == store::no_entry) entry.rdn = kept.dn;
    directory::set_csn(entry, writer.next_csn());
    writer.put(entry);
  } catch (const protocol::Refusal& refusal) {
    core.log(LogLevel::warning, fmt::format("{}: not put back: {}", kept.dn, refusal.what()));
  }
}

}  // namespace

bool is_of_own_replica(const LocalArea& area, std::string_view key) {
  return area.own != nullptr && model::is_at_or_below(key, area.model.normalized(area.own->dn));
}

void put_back_management(Core& core, const LocalArea& area) {
  auto entries = area.entries;
  const auto depth = [](const model::Entry& entry) { return model::Dn::parse(entry.dn).rdns().size(); };
  std::stable_sort(entries.begin(), entries.end(),
                   [&](const auto& one, const auto& other) { return depth(one) < depth(other); });
  core.store.apply([&](store::Writer& writer) {
    if (!is_refreshing(writer, area.root())) return;
    for (const auto& entry : entries) put_back(writer, core, area, entry);
    remove_refresh(writer, area.root());
    set_awaiting(writer, area.root());
  });
  core.vectors.forget(area.root());  // it is read again with the areas, and held
  core.areas_changed();
}

void end_waiting(Core& core, const LocalArea& area) {
  const auto& replicas = area.model.replicas();
  const bool alone = std::all_of(replicas.begin(), replicas.end(), [&](const auto& each) { return &each == area.own; });
  if (!alone || area.refreshing || !is_awaiting(*core.store.snapshot(), area.root())) return;
  core.store.apply([&](store::Writer& writer) {
    core.vectors.release(writer, area);
    set_recovering(writer, area.root(), false);
    clear_awaiting(writer, area.root());
    save_vector(writer, area.root(), core.vectors.get(area.root()));
  });
  core.log(LogLevel::info,
           fmt::format("{}: nobody is left who could send a full update; it waits for none any more", area.root_dn()));
}

void forget_left(Core& core, const LocalArea& area) {
  if (area.own != nullptr || !has_own_changes(*core.store.snapshot(), area.root())) return;
  core.store.apply([&](store::Writer& writer) { drop_own_changes(writer, area.root()); });
  core.log(LogLevel::warning,
           fmt::format("{}: what this replica had made and not sent before the full update is forgotten with it",
                       area.root_dn()));
}

}  // namespace replkit::refserver::exchange
