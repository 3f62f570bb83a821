#include "common/tasks/names.hpp"

#include "common/base/error.hpp"
#include "common/base/text.hpp"
#include "common/model/dn.hpp"
#include "common/model/schema.hpp"

namespace replkit::tasks {

namespace {

std::string normalized(std::string_view dn) {
  std::string out;
  model::normalize_dn(dn, model::Schema::standard(), out);
  return out;
}

}  // namespace

ldup::ManagementClass class_of(const model::Entry& entry) {
  const auto* classes = entry.find("objectClass");
  return classes == nullptr ? ldup::ManagementClass::none : ldup::class_of(classes->values);
}

std::vector<std::string> values_of(const model::Entry& entry, std::string_view canonical) {
  std::vector<std::string> out;
  for (const auto each : ldup::attribute_names(canonical)) {
    const auto* attribute = entry.find(each);
    if (attribute != nullptr) out.insert(out.end(), attribute->values.begin(), attribute->values.end());
  }
  return out;
}

std::string first_of(const model::Entry& entry, std::string_view canonical) {
  const auto values = values_of(entry, canonical);
  return values.empty() ? std::string() : values.front();
}

bool same_dn(std::string_view a, std::string_view b) {
  return normalized(a) == normalized(b);
}

bool is_child(std::string_view dn, std::string_view parent) {
  const auto own = normalized(dn);
  return !own.empty() && model::parent_of(own) == normalized(parent);
}

std::string child_dn(std::string_view cn, std::string_view parent) {
  model::Ava ava;
  ava.type = "cn";
  ava.value = std::string(cn);
  const auto rdn = model::rdn_text({ava});
  return parent.empty() ? rdn : rdn + "," + std::string(parent);
}

std::string cn_of(std::string_view dn) {
  try {
    const auto parsed = model::Dn::parse(dn);
    if (parsed.empty()) return {};
    for (const auto& ava : parsed.rdns().front()) {
      if (equals_ignore_case(ava.type, "cn") || ava.type == "2.5.4.3") return ava.value;
    }
    return model::rdn_text(parsed.rdns().front());
  } catch (const ParseError&) {
    return std::string(dn);
  }
}

}  // namespace replkit::tasks
