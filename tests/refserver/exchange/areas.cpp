#include "tests/refserver/exchange/areas.hpp"

#include <algorithm>
#include <array>
#include <limits>

#include "common/base/text.hpp"
#include "common/ldup/names.hpp"
#include "common/ldup/oids.hpp"
#include "common/ldup/topology.hpp"
#include "common/model/dn.hpp"
#include "common/model/filter.hpp"
#include "tests/refserver/exchange/state.hpp"

namespace replkit::refserver::exchange {

namespace {

using ldup::ManagementClass;

constexpr std::size_t most_candidates = 100'000;
constexpr std::array wanted{ManagementClass::context, ManagementClass::replica, ManagementClass::agreement,
                            ManagementClass::event_schedule, ManagementClass::time_schedule};

std::span<const std::string> classes_of(const model::Entry& entry) {
  const auto* classes = entry.find("objectClass");
  return classes == nullptr ? std::span<const std::string>() : classes->values;
}

bool is_wanted(const model::Entry& entry) {
  const auto which = ldup::class_of(classes_of(entry));
  return ldup::is_context(classes_of(entry)) || std::find(wanted.begin(), wanted.end(), which) != wanted.end();
}

// Returns the numbers of the entries that may be of these classes.
std::vector<store::EntryId> find(const store::Reader& reader) {
  std::vector<store::EntryId> out;
  for (const auto which : wanted) {
    const auto some = reader.candidates(model::Filter::parse(ldup::class_filter(which)), most_candidates);
    if (!some) {  // no index: look at all
      out.clear();
      while (reader.entries(out.empty() ? store::no_entry : out.back(), 1000, out)) {
      }
      return out;
    }
    out.insert(out.end(), some->begin(), some->end());
  }
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

std::vector<model::Entry> read_entries(const store::Reader& reader) {
  std::vector<model::Entry> out;
  store::LiveEntry live;
  for (const auto id : find(reader)) {
    if (!reader.read(id, live)) continue;
    const auto* classes = live.find("objectClass");
    if (classes == nullptr) continue;
    auto entry = entry_of(reader, live);
    if (is_wanted(entry)) out.push_back(std::move(entry));
  }
  return out;
}

model::Uuid uuid_of(const model::Entry& entry) {
  return model::Uuid::parse(entry.first("entryUUID")).value_or(model::Uuid());
}

ldup::Schedule schedule_of(const LocalArea& area, const std::optional<ldup::Agreement>& agreement) {
  if (!agreement || agreement->schedule_dn.empty()) return {};
  const auto found = area.schedules.find(area.model.normalized(agreement->schedule_dn));
  return found == area.schedules.end() ? ldup::Schedule() : found->second;
}

void add_partners(LocalArea& area) {
  const auto& replicas = area.model.replicas();
  for (const auto& link : ldup::links_of(area.model)) {
    if (&replicas[link.supplier] != area.own) continue;
    Partner partner;
    partner.replica = replicas[link.consumer];
    if (link.agreement) partner.agreement = area.model.agreements()[*link.agreement];
    partner.schedule = schedule_of(area, partner.agreement);
    partner.online = area.own->online && partner.replica.online;
    partner.incremental = link.valid && (!partner.agreement || partner.agreement->is_incremental());
    if (!link.valid) partner.problem = "this replica does not hold all that the other one does";
    // Of two agreements with one consumer that for incremental sessions counts here.
    const auto same = std::find_if(area.partners.begin(), area.partners.end(),
                                   [&](const Partner& each) { return each.replica.id == partner.replica.id; });
    if (same == area.partners.end()) {
      area.partners.push_back(std::move(partner));
    } else if (!same->incremental && partner.incremental) {
      *same = std::move(partner);
    }
  }
}

// Where it is not to stand, as check_managed() has it, counts for nothing.
void take_lost_and_found(LocalArea& area, ldup::Findings& findings) {
  const auto& dn = area.own->lost_and_found_dn;
  const auto key = area.model.normalized(dn);
  if (key != area.key && model::parent_of(key) == area.key) {
    area.scope.lost_and_found_dn = dn;
    return;
  }
  findings.push_back({ldup::Severity::warning, "lost-and-found", area.own->dn, "lostAndFoundEntryDN",
                      "is not immediately below the top of the area, cn=lostAndFound there is taken"});
}

}  // namespace

const Partner* LocalArea::partner(std::string_view id) const {
  const auto found =
      std::find_if(partners.begin(), partners.end(), [&](const Partner& each) { return each.replica.id == id; });
  return found == partners.end() ? nullptr : &*found;
}

bool LocalArea::supplies_nobody(std::string_view id) const {
  const auto links = ldup::links_of(model);
  return std::none_of(links.begin(), links.end(),
                      [&](const ldup::Link& link) { return model.replicas()[link.supplier].id == id; });
}

bool LocalArea::is_supplied_by(std::string_view id) const {
  if (own == nullptr) return false;
  const auto& replicas = model.replicas();
  const auto links = ldup::links_of(model);
  return std::any_of(links.begin(), links.end(), [&](const ldup::Link& link) {
    return &replicas[link.consumer] == own && replicas[link.supplier].id == id;
  });
}

model::Entry entry_of(const store::Reader& reader, const store::LiveEntry& live) {
  model::Entry out;
  out.dn = reader.dn(live.id);
  for (const auto& attribute : live.attributes) {
    auto& copy = out.attributes.emplace_back();
    copy.description = attribute.description;
    copy.values.assign(attribute.values.begin(), attribute.values.end());
  }
  if (out.find("entryUUID") == nullptr) out.add("entryUUID", live.uuid.text());
  return out;
}

Areas::Areas(const store::Reader& reader, const schema::Schema& schema, const std::string& replica_id) {
  auto entries = read_entries(reader);
  const auto refreshes = load_refreshes(reader);
  std::vector<std::string> roots;
  std::map<std::string, model::Uuid> uuids;  // of roots, by normalized DN
  const auto add_root = [&](const std::string& dn, const model::Uuid& uuid) {
    std::string key;
    if (!model::normalize_dn(dn, schema.model(), key) || !uuids.emplace(key, uuid).second) return;
    roots.push_back(dn);
  };
  for (const auto& refresh : refreshes) {
    add_root(refresh.root_dn, refresh.root);
    std::string key;
    model::normalize_dn(refresh.root_dn, schema.model(), key);
    // What is there of it is half of something.
    std::erase_if(entries, [&](const model::Entry& entry) {
      std::string dn;
      return model::normalize_dn(entry.dn, schema.model(), dn) && model::is_at_or_below(dn, key);
    });
    entries.insert(entries.end(), refresh.entries.begin(), refresh.entries.end());
  }
  for (const auto& entry : entries) {
    if (ldup::is_context(classes_of(entry))) add_root(entry.dn, uuid_of(entry));
  }

  // Whether a replica is online is each server's own affair, and not sent: others are unless it is said that they are
  // not.
  for (auto& entry : entries) {
    if (ldup::class_of(classes_of(entry)) != ManagementClass::replica || entry.find("replicaOnline") != nullptr)
      continue;
    if (ldup::replica_id(entry.first("cn")) != replica_id) entry.add("replicaOnline", "TRUE");
  }

  for (auto& model : ldup::areas_of(roots, schema.model(), findings_)) {
    ldup::read_area(entries, model, findings_);
    auto area = std::make_shared<LocalArea>(std::move(model));
    area->key = area->model.normalized_root();
    area->scope.root = uuids[area->key];
    area->scope.root_dn = area->model.root();
    for (const auto& inner : area->model.subordinates()) {
      area->scope.inner_roots.push_back(uuids[area->model.normalized(inner)]);
    }
    area->own = area->model.replica(replica_id);
    if (area->own != nullptr) take_lost_and_found(*area, findings_);
    area->refreshing =
        std::any_of(refreshes.begin(), refreshes.end(),
                    [&](const Refresh& each) { return each.root == area->scope.root; }) ||
        (area->own != nullptr && area->model.replicas().size() > 1 && is_awaiting(reader, area->scope.root));
    for (const auto& entry : entries) {
      if (!area->model.holds(entry.dn)) continue;
      const auto which = ldup::class_of(classes_of(entry));
      area->entries.push_back(entry);
      keys_.push_back(area->model.normalized(entry.dn));
      if (which != ManagementClass::none) area->managed.push_back(uuid_of(entry));
      if (which != ManagementClass::event_schedule && which != ManagementClass::time_schedule) continue;
      area->schedules.emplace(area->model.normalized(entry.dn), ldup::Schedule::read(entry, findings_));
    }
    std::sort(area->managed.begin(), area->managed.end());
    if (area->own != nullptr) add_partners(*area);
    all_.push_back(std::move(area));
  }
}

LocalAreaPtr Areas::by_root(const model::Uuid& root) const {
  const auto found = std::find_if(all_.begin(), all_.end(), [&](const auto& each) { return each->root() == root; });
  return found == all_.end() ? nullptr : *found;
}

LocalAreaPtr Areas::named(std::string_view key) const {
  for (const auto& area : all_) {
    if (area->key == key) return area;
    const auto parent = model::parent_of(key);
    if (area->key == parent && area->model.replica(key) != nullptr) return area;
  }
  return nullptr;
}

LocalAreaPtr Areas::of_entry(std::string_view key) const {
  LocalAreaPtr out;
  for (const auto& area : all_) {
    if (model::is_at_or_below(key, area->key) && (!out || area->key.size() > out->key.size())) out = area;
  }
  return out;
}

bool Areas::is_managed(const model::Uuid& entry) const {
  return std::any_of(all_.begin(), all_.end(), [&](const auto& area) {
    return area->root() == entry || std::binary_search(area->managed.begin(), area->managed.end(), entry);
  });
}

bool Areas::has_managed_below(std::string_view key) const {
  return std::any_of(keys_.begin(), keys_.end(),
                     [&](const std::string& each) { return model::is_at_or_below(each, key); });
}

bool matters_to_areas(const model::Schema& schema, std::string_view description) {
  constexpr std::array<std::string_view, 3> idle{ldup::oid::update_vector, ldup::oid::replication_status,
                                                 "ldupBindPassword"};
  const auto base = model::base_type(description);
  const auto* type = schema.attribute(base);
  if (type == nullptr || std::find(idle.begin(), idle.end(), type->oid) != idle.end()) return false;
  return equals_ignore_case(base, "objectClass") || equals_ignore_case(base, "subtreeSpecification") ||
         type->oid.starts_with(ldup::oid::arc) || type->oid.starts_with(ldup::oid::infomod_arc);
}

bool is_management_class(std::span<const std::string> object_classes) {
  return ldup::is_context(object_classes) || ldup::class_of(object_classes) != ManagementClass::none;
}

}  // namespace replkit::refserver::exchange
