#include "tests/refserver/directory/managed.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "common/base/text.hpp"
#include "common/ldup/agreement.hpp"
#include "common/ldup/oids.hpp"
#include "common/ldup/replica.hpp"
#include "common/ldup/schedule.hpp"
#include "common/model/descriptions.hpp"
#include "common/model/dn.hpp"
#include "tests/refserver/directory/entry_classes.hpp"
#include "tests/refserver/directory/entry_rules.hpp"
#include "tests/refserver/directory/lookup.hpp"
#include "tests/refserver/protocol/refusal.hpp"

namespace replkit::refserver::directory {

using protocol::Refusal;
using protocol::ResultCode;

namespace {

template <typename Names>
bool contains(const Names& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

model::Entry plain_entry(const store::StoredEntry& entry, const std::string& dn) {
  model::Entry out;
  out.dn = dn;
  for (const auto& attribute : entry.attributes) {
    for (const auto& value : attribute.values) out.add(attribute.description, value.bytes);
  }
  return out;
}

void refuse_errors(const ldup::Findings& findings) {
  for (const auto& finding : findings) {
    if (finding.severity != ldup::Severity::error) continue;
    const bool is_name = finding.attribute == "cn" || finding.attribute.empty();
    throw Refusal(is_name ? ResultCode::naming_violation : ResultCode::constraint_violation, describe(finding));
  }
}

// Throws when another replica of the area is primary.
void check_only_primary(const Call& call, const store::Reader& reader, const store::StoredEntry& entry,
                        store::EntryId superior) {
  constexpr std::size_t batch = 1000;
  std::string after;
  for (bool more = true; more;) {
    std::vector<store::EntryId> siblings;
    more = reader.children(superior, after, batch, siblings);
    for (const auto id : siblings) {
      if (id == entry.id || !managed_classes(call, reader, id).replica) continue;
      ldup::Findings ignored;
      const auto sibling = ldup::Replica::read(plain_entry(reader.load(id).value(), reader.dn(id)), ignored);
      if (sibling.type != ldup::ReplicaType::primary) continue;
      throw Refusal(ResultCode::constraint_violation, "replicaType: another replica of the area is primary");
    }
  }
}

// Lost & Found has its place where every replica has an entry: directly below the top.
void check_lost_and_found(const model::Schema& schema, const ldup::Replica& replica) {
  std::string key;
  std::string top;
  if (model::normalize_dn(replica.lost_and_found_dn, schema, key) &&
      model::normalize_dn(replica.context_dn(), schema, top) && !key.empty() && model::parent_of(key) == top) {
    return;
  }
  throw Refusal(ResultCode::constraint_violation,
                "lostAndFoundEntryDN: an entry immediately below the top of the area is expected, as cn=lostAndFound," +
                    replica.context_dn());
}

// What else RFC 3672 has would select entries of which others are asked for, and sent, all the same.
void check_subtree(const model::SubtreeSpecification& subtree) {
  if (subtree.minimum == 0 && !subtree.maximum) return;
  throw Refusal(ResultCode::constraint_violation,
                "subtreeSpecification: minimum and maximum are not supported, only base and specificExclusions");
}

// The part that a replica holds is one of its area. What stands where the base says may come later.
void check_subtree_base(const Call& call, const store::Reader& reader, const model::Dn& base, const std::string& top) {
  const auto& schema = call.context.schema.model();
  const auto fail = [](const std::string& what) {
    throw Refusal(ResultCode::constraint_violation, "subtreeSpecification: the base " + what);
  };
  if (base.empty()) return;
  const auto area = dn_key(call.context, top);
  auto key = dn_key(call.context, base.text() + "," + top);
  if (model::is_at_or_below(base.normalized(schema), area) && reader.find(key) == store::no_entry) {
    fail("is counted from the area: leave " + top + " out of it");
  }
  for (; key != area; key = model::parent_of(key)) {
    if (managed_classes(call, reader, reader.find(key)).context) fail("is in another area, which is within this one");
  }
}

void check_replica(const Call& call, const store::Reader& reader, const store::StoredEntry& entry,
                   const std::string& dn, store::EntryId superior) {
  ldup::Findings findings;
  const auto replica = ldup::Replica::read(plain_entry(entry, dn), findings);
  refuse_errors(findings);
  if (!managed_classes(call, reader, superior).context) {
    throw Refusal(ResultCode::naming_violation, "a replica stands immediately below an entry with replicationContext");
  }
  ldup::Findings ignored;
  const auto old = entry.id == store::no_entry ? std::nullopt : reader.load(entry.id);
  const auto before = old ? ldup::Replica::read(plain_entry(*old, dn), ignored) : ldup::Replica();
  if (replica.lost_and_found_dn != before.lost_and_found_dn) {
    check_lost_and_found(call.context.schema.model(), replica);
  }
  if (replica.subtree.text() != before.subtree.text()) {
    check_subtree(replica.subtree);
    check_subtree_base(call, reader, replica.subtree.base, replica.context_dn());
  }
  if (replica.can_originate() && !replica.filter.is_full()) {
    throw Refusal(ResultCode::constraint_violation, "only a read-only replica can have filters");
  }
  if (replica.type == ldup::ReplicaType::primary) check_only_primary(call, reader, entry, superior);
}

// Throws when the entry, which was the top of an area, no longer is, though replicas of it are named below.
void check_replicas_gone(const Call& call, const store::Reader& reader, const store::StoredEntry& entry) {
  if (entry.id == store::no_entry || !managed_classes(call, reader, entry.id).context) return;
  constexpr std::size_t batch = 1000;
  std::string after;
  for (bool more = true; more;) {
    std::vector<store::EntryId> children;
    more = reader.children(entry.id, after, batch, children);
    for (const auto id : children) {
      if (!managed_classes(call, reader, id).replica) continue;
      throw Refusal(ResultCode::unwilling_to_perform,
                    "replicationContext goes after the replicas of the area: delete " + reader.dn(id) + " first");
    }
  }
}

// What mrm 3.4 and 3.7 call "Subentry" is the older ldapSubEntry to some: entries of replication have the other one.
void replace_older_subentry(const model::Schema& schema, std::vector<std::string>& classes) {
  const auto is = [&](const char* name) {
    return
        [&schema, name](const std::string& value) { return schema.object_class(value) == schema.object_class(name); };
  };
  if (std::erase_if(classes, is("ldapSubEntry")) == 0) return;
  if (std::none_of(classes.begin(), classes.end(), is("subentry"))) classes.emplace_back("subentry");
}

}  // namespace

ManagedClasses managed_classes(const model::Schema& schema, std::span<const std::string> object_classes) {
  namespace oid = ldup::oid;
  ManagedClasses out;
  for (const auto& name : object_classes) {
    const auto* known = schema.object_class(name);
    if (known == nullptr) continue;
    out.context |= known->oid == oid::replication_context;
    out.replica |= known->oid == oid::replica_subentry;
    out.agreement |= known->oid == oid::replica_agreement_subentry;
    out.schedule |= known->oid == oid::replica_event_schedule || known->oid == oid::replica_time_schedule;
  }
  return out;
}

ManagedClasses managed_classes(const model::Schema& schema, const store::StoredEntry& entry) {
  return managed_classes(schema, object_classes(entry, schema));
}

ManagedClasses managed_classes(const Call& call, const store::Reader& reader, store::EntryId id) {
  const auto& schema = call.context.schema.model();
  store::LiveEntry entry;
  if (id == store::no_entry || !reader.read(id, entry)) return {};
  const auto* classes = find_type(entry, schema, "objectClass");
  if (classes == nullptr) return {};
  const std::vector<std::string> names(classes->values.begin(), classes->values.end());
  return managed_classes(schema, names);
}

ManagedClasses managed_classes(const Call& call, std::string_view key) {
  const auto snapshot = call.context.store.snapshot();
  return managed_classes(call, *snapshot, snapshot->find(key));
}

bool may_manage_replication(const Call& call, std::string_view key) {
  return call.view.all() || call.view.entry(key).has(access::Right::manage);
}

bool may_manage(const Call& call, std::string_view key, ManagedClasses classes, access::Right ordinary) {
  if (call.view.all()) return true;
  const auto rights = call.view.entry(key);
  if (classes.any() && !rights.has(access::Right::manage)) return false;
  return classes.entry() || rights.has(ordinary);
}

void add_managed_defaults(const model::Schema& schema, ManagedClasses classes, std::string_view dn,
                          std::vector<model::Attribute>& attributes) {
  const auto add = [&](std::string_view name, std::string value) {
    const auto* type = schema.attribute(name);
    const bool given = std::any_of(attributes.begin(), attributes.end(), [&](const model::Attribute& attribute) {
      return type == nullptr || schema.attribute(model::base_type(attribute.description)) == type;
    });
    if (!given) attributes.push_back({std::string(name), {std::move(value)}});
  };
  if (!classes.entry()) return;
  add("subtreeSpecification", "{ }");
  for (auto& attribute : attributes) {
    if (equals_ignore_case(attribute.description, "objectClass")) replace_older_subentry(schema, attribute.values);
  }
  if (!classes.replica) return;
  add("replicaOnline", "FALSE");
  add("lostAndFoundEntryDN", "cn=lostAndFound," + std::string(model::parent_of(dn)));
}

void name_protocols_by_oid(const model::Schema& schema, std::string_view description,
                           std::vector<std::string>& values) {
  namespace oid = ldup::oid;
  const auto* type = schema.attribute(model::base_type(description));
  if (type == nullptr || type->key != "replicationmechanismoid") return;
  for (auto& value : values) {
    if (equals_ignore_case(value, oid::full_update_name)) value = oid::full_update_protocol;
    if (equals_ignore_case(value, oid::incremental_update_name)) value = oid::incremental_update_protocol;
  }
}

void check_managed(const Call& call, const store::Reader& reader, const store::StoredEntry& entry,
                   const std::string& dn, store::EntryId superior) {
  const auto classes = managed_classes(call.context.schema.model(), entry);
  if (!classes.context) check_replicas_gone(call, reader, entry);
  if (!classes.entry()) return;
  if (classes.replica) return check_replica(call, reader, entry, dn, superior);
  ldup::Findings findings;
  if (classes.agreement) ldup::Agreement::read(plain_entry(entry, dn), findings);
  if (classes.schedule) ldup::Schedule::read(plain_entry(entry, dn), findings);
  refuse_errors(findings);
  if (classes.agreement && !managed_classes(call, reader, superior).replica) {
    throw Refusal(ResultCode::naming_violation, "an agreement stands immediately below the replica of its supplier");
  }
}

bool may_be_added(ManagedClasses classes, const model::AttributeType& type) {
  constexpr std::array<std::string_view, 6> keys{
      "replicatype",          "attributeexclusionfilter", "attributeinclusionfilter",
      "secondstowaitdefault", "secondstowait1",           "secondstowait2"};
  return classes.entry() && contains(keys, type.key);
}

bool may_be_modified(ManagedClasses classes, const model::AttributeType& type) {
  return classes.agreement && type.key == "attributeexclusionfilter";  // mrm 3.9
}

void require_write_unwriteable(const Call& call, std::string_view key) {
  if (!call.controls.write_unwriteable) return;
  const auto& security = call.bound.security;
  if (!security.confidential() && !security.loopback) {
    throw Refusal(ResultCode::confidentiality_required, "Write-Unwriteable is for TLS or ldapi only");
  }
  if (call.view.all() || call.view.entry(key).has(access::Right::metadata_write)) return;
  throw Refusal(ResultCode::insufficient_access_rights, "not allowed to use Write-Unwriteable here");
}

bool is_writeable_with_control(const model::AttributeType& type) {
  constexpr std::array<std::string_view, 8> keys{"structuralobjectclass", "subschemasubentry", "entrydn",
                                                 "hassubordinates",       "numsubordinates",   "entryuuid",
                                                 "createdentrycsn",       "deletedentrycsn"};
  return !contains(keys, type.key);
}

}  // namespace replkit::refserver::directory
