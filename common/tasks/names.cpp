#include "common/tasks/names.hpp"

#include <algorithm>
#include <array>

#include "common/base/error.hpp"
#include "common/base/text.hpp"
#include "common/model/dn.hpp"
#include "common/model/schema.hpp"

namespace replkit::tasks {

namespace {

struct Spelling {
  std::string_view canonical;
  std::string_view other;
};

// What draft-ietf-ldup-mrm-02 and the versions of infomod write for one thing.
constexpr std::array other_spellings{
    Spelling{name::replica_class, "replicaSubentry"},
    Spelling{name::replica_class, "replicationSubentry"},
    Spelling{name::agreement_class, "replicaAgreementSubentry"},
    Spelling{name::agreement_class, "replicationAgreementSubentry-2"},
    Spelling{name::agreement_class, "replicaAgreement"},
    Spelling{name::subentry_class, "ldapSubEntry"},
    Spelling{name::context_roots, "replicationContexts"},
    Spelling{name::context_roots, "replicaRoot"},
    Spelling{name::replica_subentries, "replicationSubentries"},
    Spelling{name::replica_uri, "replicaURL"},
    Spelling{name::replica_secondary_uri, "replicaSecondaryURL"},
    Spelling{name::schedule_dn, "scheduleDN"},
};

std::string normalized(std::string_view dn) {
  std::string out;
  model::normalize_dn(dn, model::Schema::standard(), out);
  return out;
}

}  // namespace

std::vector<std::string_view> spellings(std::string_view canonical) {
  std::vector<std::string_view> out{canonical};
  for (const auto& each : other_spellings) {
    if (equals_ignore_case(each.canonical, canonical)) out.push_back(each.other);
  }
  return out;
}

std::string class_filter(std::string_view canonical_class) {
  const auto names = spellings(canonical_class);
  std::string out;
  for (const auto each : names) out += "(objectClass=" + std::string(each) + ")";
  return names.size() == 1 ? out : "(|" + out + ")";
}

bool has_class(const model::Entry& entry, std::string_view canonical_class) {
  const auto* classes = entry.find("objectClass");
  if (classes == nullptr) return false;
  for (const auto each : spellings(canonical_class)) {
    for (const auto& value : classes->values) {
      if (equals_ignore_case(value, each)) return true;
    }
  }
  return false;
}

std::vector<std::string> values_of(const model::Entry& entry, std::string_view canonical) {
  std::vector<std::string> out;
  for (const auto each : spellings(canonical)) {
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
