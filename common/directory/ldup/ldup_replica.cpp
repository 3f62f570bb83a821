#include "common/directory/ldup/ldup_replica.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

#include "common/base/error.hpp"
#include "common/base/text.hpp"
#include "common/directory/ldup/closed_area.hpp"
#include "common/ldup/names.hpp"
#include "common/ldup/oids.hpp"
#include "common/metadata/operations.hpp"
#include "common/model/dn.hpp"
#include "common/model/uuid.hpp"

namespace replkit::directory {

namespace {

using ldap::ResultCode;

// What a server keeps to itself (draft-ietf-ldup-infomod-08 7.3), and what it makes up.
constexpr std::array<std::string_view, 11> local_attributes{
    "updateVector",      "replicationStatus", "replicaOnline", "replicaContextRoots",
    "replicaSubentries", "ldupBindPassword",  "entryDN",       "subschemaSubentry",
    "hasSubordinates",   "numSubordinates",   "entryCSN"};

std::string normalized(std::string_view dn) {
  std::string out;
  model::normalize_dn(dn, model::Schema::standard(), out);
  return out;
}

bool is_local(std::string_view type) {
  return std::any_of(local_attributes.begin(), local_attributes.end(), [&](std::string_view local) {
    const auto names = ldup::attribute_names(local);
    return std::any_of(names.begin(), names.end(), [&](auto name) { return equals_ignore_case(name, type); });
  });
}

}  // namespace

bool speaks_ldup(const RootDse& root) {
  const auto& protocols = root.replication_protocols;
  return !root.replica_context_roots.empty() ||
         std::any_of(protocols.begin(), protocols.end(), [](const std::string& protocol) {
           return protocol == ldup::oid::full_update_protocol || protocol == ldup::oid::incremental_update_protocol;
         });
}

std::string deepest_above(const std::vector<std::string>& dns, std::string_view dn) {
  const auto wanted = normalized(dn);
  std::string best;
  std::size_t longest = 0;
  for (const auto& each : dns) {
    const auto name = normalized(each);
    if (name.empty() || name.size() <= longest || !model::is_at_or_below(wanted, name)) continue;
    best = each;
    longest = name.size();
  }
  return best;
}

void add_fractional(const ldup::Area& area, std::string_view own, Unreplicated& out) {
  const auto* replica = area.replica(own);
  if (replica == nullptr) return;
  const auto exclude = [&](const ldup::AttributeList& list, const std::string& whose) {
    if (list.empty() || list.none) return;
    out.notes.push_back(fmt::format("{} leaves out {}", whose, list.all ? "all attributes" : list.text()));
    if (list.all) {
      if (!out.only) out.only.emplace();
      out.only->emplace_back("objectClass");
    }
    out.excluded.insert(out.excluded.end(), list.attributes.begin(), list.attributes.end());
  };
  if (!replica->filter.includes_all()) {
    out.only = replica->filter.inclusion.attributes;
    out.only->emplace_back("objectClass");
    out.notes.push_back(fmt::format("the replica {} holds {} only", replica->id,
                                    fmt::join(replica->filter.inclusion.attributes, ", ")));
  }
  exclude(replica->filter.exclusion, fmt::format("the filter of the replica {}", replica->id));
  for (const auto& agreement : area.agreements()) {
    if (area.replica(agreement.replica_dn) != replica) continue;
    exclude(agreement.exclusion, "the agreement " + agreement.dn);
  }
}

directory::Part part_of(std::shared_ptr<const ldup::Area> area, std::string_view own) {
  const auto* replica = area->replica(own);
  if (replica == nullptr || replica->holds_whole_area()) return {};
  return [area = std::move(area), replica](std::string_view dn) {
    return area->needs(dn, *replica) || area->replica(dn) != nullptr || area->replica(model::parent_of(dn)) != nullptr;
  };
}

EntryRecord record_of(const ldup::SearchMetaDataEntry& entry) {
  EntryRecord out;
  const auto take = [&](const std::optional<ldup::Csn>& csn) {
    if (csn && *csn != ldup::Csn()) out.csns.push_back(*csn);
  };
  for (const auto& attribute : entry.attributes) {
    if (equals_ignore_case(attribute.type, "deletedEntryCSN")) out.tombstone = true;
    if (is_local(attribute.type)) continue;
    take(attribute.deletion_csn);
    for (const auto& value : attribute.values) take(value.csn);
  }
  if (const auto& state = entry.state) {
    out.tombstone = out.tombstone || state->deleted_csn.has_value();
    out.deleted_csn = state->deleted_csn;
    take(state->deleted_csn);
    take(state->created_csn);
    take(state->rdn_csn);
    take(state->superior_csn);
  }
  out.alive = !out.tombstone;
  std::sort(out.csns.begin(), out.csns.end());
  out.csns.erase(std::unique(out.csns.begin(), out.csns.end()), out.csns.end());
  return out;
}

LdupReplica::LdupReplica(ldap::ConnectionOptions options, ldap::Connection opened, RootDse root, std::string context,
                         std::string base)
    : Replica(std::move(options), std::move(opened), std::move(root), std::move(context)), base_(std::move(base)) {
  area_ = deepest_above(root_dse().replica_context_roots, base_);
  for (const auto& dn : root_dse().replica_subentries) {
    if (!area_.empty() && model::parent_of(normalized(dn)) == normalized(area_)) own_replica_ = dn;
  }
  try {
    const auto top = area_.empty() ? std::nullopt : connection().read(area_, {"entryCSN"});
    if (top && top->find("entryCSN") != nullptr) csn_attribute_ = "entryCSN";
  } catch (const ldap::LdapError& error) {
    if (error.connection_lost()) throw;  // an area that is being replaced shows nothing
  }
}

std::optional<ldup::Csn> LdupReplica::parse_csn(std::string_view value) const {
  try {
    return ldup::Csn::parse(value);
  } catch (const ParseError&) {
    return std::nullopt;
  }
}

std::optional<ldup::UpdateVector> LdupReplica::update_vector() {
  if (own_replica_.empty()) return std::nullopt;
  try {
    const auto entry = connection().read(own_replica_, {"updateVector"});
    if (!entry) return std::nullopt;
    ldup::Findings findings;
    auto vector = ldup::UpdateVector::parse(ldup::EntryReader(*entry, findings).values("updateVector"));
    return vector.empty() ? std::nullopt : std::optional(std::move(vector));
  } catch (const ParseError&) {
    return std::nullopt;
  } catch (const ldap::LdapError& error) {
    if (error.connection_lost()) throw;
    return std::nullopt;
  }
}

Refresh LdupReplica::refresh() {
  if (area_.empty()) return Refresh::unknown;
  return closed().empty() ? Refresh::idle : Refresh::running;
}

std::string LdupReplica::closed() {
  return area_.empty() ? std::string() : why_closed(connection(), area_);
}

std::optional<ldup::Area> LdupReplica::read_area() {
  ldap::SearchRequest request;
  request.base = area_;
  request.filter = "(|" + ldup::class_filter(ldup::ManagementClass::replica) +
                   ldup::class_filter(ldup::ManagementClass::agreement) + ")";
  request.attributes = {"*", "+"};
  std::vector<model::Entry> entries;
  const auto outcome =
      connection().search(request, [&](const ldap::EntryView& entry) { entries.push_back(entry.copy()); });
  if (outcome.code == ResultCode::server_down) throw ldap::error_of(outcome, uri(), "read the replicas of " + area_);
  if (outcome.code != ResultCode::success) return std::nullopt;
  try {
    ldup::Findings findings;
    ldup::Area area(area_, model::Schema::standard());
    for (const auto& root : subordinate_areas()) area.add_subordinate(root);
    ldup::read_area(entries, area, findings);
    return area;
  } catch (const ParseError&) {
    return std::nullopt;
  }
}

Unreplicated LdupReplica::unreplicated() {
  Unreplicated out;
  out.excluded.assign(local_attributes.begin(), local_attributes.end());
  if (area_.empty()) {
    out.notes.push_back(fmt::format(
        "{} is in no area of replication that this identity may see, so there are no update vectors to judge by",
        base_));
    return out;
  }
  auto area = read_area();
  if (!area || own_replica_.empty() || area->replica(own_replica_) == nullptr) {
    out.notes.push_back(fmt::format(
        "the server's own replica of {} is not shown to this identity, so neither its update vector nor attributes "
        "that fractional filters leave out are known",
        area_));
    return out;
  }
  add_fractional(*area, own_replica_, out);
  out.part = part_of(std::make_shared<const ldup::Area>(std::move(*area)), own_replica_);
  return out;
}

std::vector<std::string> LdupReplica::subordinate_areas() {
  std::vector<std::string> out;
  if (area_.empty()) return out;
  const auto base = normalized(base_);
  for (const auto& root : root_dse().replica_context_roots) {
    const auto name = normalized(root);
    if (name != base && model::is_at_or_below(name, base)) out.push_back(root);
  }
  return out;
}

// Entries of replication are subentries: searches show them when the filter asks for their class
// (draft-ietf-ldup-subentry 2). This asks, and matches what it did before.
std::string LdupReplica::showing_all(const std::string& filter) const {
  const auto inner = filter.starts_with('(') ? filter : "(" + filter + ")";
  return fmt::format("(|{0}(&(objectClass=replicaSubentry-2){0}))", inner);
}

Replica::Records LdupReplica::read_records(const std::vector<std::string>& ids, const RecordVisitor& visitor) {
  std::map<model::Uuid, std::size_t> places;
  std::string filter = "(|";
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const auto uuid = model::Uuid::parse(ids[i]);
    if (!uuid) continue;
    places.emplace(*uuid, i);
    filter += "(entryUUID=" + uuid->text() + ")";
  }
  ldup::SearchWithMetaDataRequest request;
  request.base = area_.empty() ? base_ : area_;  // also what moved out of the base
  request.scope = ldup::SearchWithMetaDataRequest::Scope::subtree;
  request.filter = model::Filter::parse(showing_all(filter + ")"));
  request.attributes = {"*", "+"};
  request.deleted_entries = true;
  request.attribute_change_state = true;
  bool malformed = false;
  metadata::SearchVisitor search;
  search.entry = [&](ldup::SearchMetaDataEntry&& entry) {
    if (!entry.state || !entry.state->entry) return;
    const auto place = places.find(*entry.state->entry);
    if (place != places.end()) visitor(place->second, record_of(entry));
  };
  search.malformed = [&](const std::string&, std::string_view) { malformed = true; };
  const auto outcome = metadata::search(connection(), request, search);
  if (outcome.code == ResultCode::server_down || outcome.code == ResultCode::timeout) {
    throw ldap::LdapError(outcome.code, uri(), "read meta-data", outcome.diagnostic);
  }
  if (outcome.code == ResultCode::success && !malformed) return {.told = true, .reason = {}};
  return {.told = false, .reason = malformed ? "malformed answers" : ldap::describe(outcome.code)};
}

}  // namespace replkit::directory
