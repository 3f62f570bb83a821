#include "tests/refserver/directory/special_entries.hpp"

#include <array>

#include "tests/refserver/directory/extension.hpp"
#include "tests/refserver/directory/lookup.hpp"
#include "tests/refserver/protocol/oids.hpp"

namespace replkit::refserver::directory {

namespace {

namespace oid = protocol::oid;

constexpr std::array features{oid::all_operational_attributes,
                              oid::object_class_attributes,
                              oid::true_false_filters,
                              oid::language_tags,
                              oid::language_ranges,
                              oid::modify_increment};

// Returns the configured naming contexts; with "*" the top entries too that the caller may know.
std::vector<std::string> naming_contexts(const Call& call, const store::Reader& reader) {
  std::vector<std::string> out;
  for (const auto& context : call.context.contexts) out.push_back(context.dn);
  if (!call.context.any_context) return out;
  constexpr std::size_t max_tops = 1000;
  std::string after;
  std::vector<store::EntryId> tops;
  reader.children(store::no_entry, after, max_tops, tops);
  for (const auto id : tops) {
    const auto key = reader.dn_key(id);
    const auto* configured = call.context.context_of(key);
    if ((configured == nullptr || configured->key != key) && may_see(call, reader, id)) out.push_back(reader.dn(id));
  }
  return out;
}

void add_all(model::Entry& entry, std::string_view description, std::span<const std::string> values) {
  for (const auto& value : values) entry.add(description, value);
}

}  // namespace

HeldEntry::HeldEntry(model::Entry entry) : entry_(std::move(entry)) {
  for (const auto& attribute : entry_.attributes) {
    values_.insert(values_.end(), attribute.values.begin(), attribute.values.end());
  }
  std::size_t at = 0;
  for (const auto& attribute : entry_.attributes) {
    attributes_.push_back({attribute.description, std::span(values_).subspan(at, attribute.values.size())});
    at += attribute.values.size();
  }
}

model::Entry root_dse(const Call& call, const store::Reader& reader) {
  const auto& options = call.context.options;
  model::Entry entry;
  entry.add("objectClass", "top");
  add_all(entry, "namingContexts", naming_contexts(call, reader));
  entry.add("subschemaSubentry", subschema_dn);
  add_all(entry, "altServer", options.alternatives);
  entry.add("supportedLDAPVersion", "3");
  for (const auto control : supported_controls()) entry.add("supportedControl", control);
  if (options.start_tls) entry.add("supportedExtension", oid::start_tls);
  for (const auto extension : {oid::password_modify, oid::who_am_i, oid::cancel}) {
    entry.add("supportedExtension", extension);
  }
  for (const auto feature : features) entry.add("supportedFeatures", feature);
  add_all(entry, "supportedSASLMechanisms", call.context.authenticator.mechanisms(call.bound.security));
  if (!options.vendor_name.empty()) entry.add("vendorName", options.vendor_name);
  if (!options.vendor_version.empty()) entry.add("vendorVersion", options.vendor_version);
  entry.add("accessRulesDigest", call.context.policy.get()->digest());
  for (const auto& extension : call.context.extensions.all()) {
    for (const auto& operation : extension->operations()) entry.add("supportedExtension", operation);
    extension->describe_root(call, reader, entry);
  }
  return entry;
}

model::Entry subschema_entry(const schema::Schema& schema, Instant since) {
  model::Entry entry;
  entry.dn = subschema_dn;
  for (const auto* name : {"top", "subentry", "subschema"}) entry.add("objectClass", name);
  entry.add("structuralObjectClass", "subentry");
  entry.add("cn", "Subschema");
  entry.add("subtreeSpecification", "{ }");
  entry.add("createTimestamp", format_generalized_time(since));
  entry.add("modifyTimestamp", format_generalized_time(since));
  entry.add("subschemaSubentry", subschema_dn);
  entry.add("entryDN", subschema_dn);
  entry.add("hasSubordinates", "FALSE");
  const auto& published = schema.subschema();
  entry.attributes.insert(entry.attributes.end(), published.begin(), published.end());
  return entry;
}

}  // namespace replkit::refserver::directory
