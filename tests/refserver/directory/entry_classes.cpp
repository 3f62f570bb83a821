#include "tests/refserver/directory/entry_classes.hpp"

#include <algorithm>
#include <set>
#include <vector>

#include "common/base/text.hpp"

namespace replkit::refserver::directory {

namespace {

constexpr std::string_view alias_oid = "2.5.6.1";
constexpr std::string_view referral_oid = "2.16.840.1.113730.3.2.6";
constexpr std::string_view subentry_oid = "2.5.17.0";
constexpr std::string_view ldap_subentry_oid = "2.16.840.1.113719.2.142.6.1.1";

void add(EntryClasses& to, EntryClasses more) {
  to.alias |= more.alias;
  to.referral |= more.referral;
  to.subentry |= more.subentry;
}

}  // namespace

const model::AttributeView* find_type(const store::LiveEntry& entry, const model::Schema& schema,
                                      std::string_view name) {
  if (const auto* found = entry.find(name)) return found;
  const auto* type = schema.attribute(name);
  const auto found = std::find_if(entry.attributes.begin(), entry.attributes.end(), [&](const auto& attribute) {
    return type != nullptr && schema.attribute(attribute.description) == type;
  });
  return found == entry.attributes.end() ? nullptr : &*found;
}

EntryClasses ClassLookup::of_class(std::string_view name) {
  EntryClasses out;
  std::set<const model::ObjectClass*> seen;
  std::vector<std::string_view> open{name};
  while (!open.empty()) {
    const auto* object_class = schema_->object_class(open.back());
    open.pop_back();
    if (object_class == nullptr || !seen.insert(object_class).second) continue;
    out.alias |= object_class->oid == alias_oid;
    out.referral |= object_class->oid == referral_oid;
    out.subentry |= object_class->oid == subentry_oid || object_class->oid == ldap_subentry_oid;
    open.insert(open.end(), object_class->superiors.begin(), object_class->superiors.end());
  }
  return out;
}

EntryClasses ClassLookup::of(const store::LiveEntry& entry) {
  EntryClasses out;
  const auto* classes = find_type(entry, *schema_, "objectClass");
  if (classes == nullptr) return out;
  std::string name;
  for (const auto value : classes->values) {
    name.assign(value);
    auto found = known_.find(name);
    if (found == known_.end()) {
      constexpr std::size_t max_known = 1000;
      if (known_.size() == max_known) known_.clear();
      found = known_.emplace(name, of_class(value)).first;
    }
    add(out, found->second);
  }
  return out;
}

}  // namespace replkit::refserver::directory
