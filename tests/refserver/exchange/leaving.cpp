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

// Nothing is done where such an entry has come, or what it stands below has not.
void put_back(store::Writer& writer, Core& core, const LocalArea& area, const model::Entry& kept) {
  const auto key = key_of(core, kept.dn);
  const auto uuid = model::Uuid::parse(kept.first("entryUUID"));
  if (!uuid || writer.find(*uuid) != store::no_entry || writer.find(key) != store::no_entry) return;
  const auto superior = writer.find(model::parent_of(key));
  if (superior == store::no_entry && key != area.key) return;
  try {
    auto entry = directory::import_entry(kept, core.schema, {}, core.clock.now());
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
  core.areas_changed();
}

void forget_left(Core& core, const LocalArea& area) {
  if (area.own != nullptr || !has_own_changes(*core.store.snapshot(), area.root())) return;
  core.store.apply([&](store::Writer& writer) { drop_own_changes(writer, area.root()); });
  core.log(LogLevel::warning,
           fmt::format("{}: what this replica had made and not sent before the full update is forgotten with it",
                       area.root_dn()));
}

}  // namespace replkit::refserver::exchange
