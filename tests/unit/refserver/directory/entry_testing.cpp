#include "tests/unit/refserver/directory/entry_testing.hpp"

#include "tests/refserver/directory/entry_rules.hpp"

namespace replkit::refserver::directory {

const schema::Schema& test_schema() {
  static const auto schema = schema::Schema::load({"core", "cosine", "inetorgperson", "nis"});
  return schema;
}

ldup::Csn test_csn(unsigned n, unsigned modification) {
  return {Instant{std::chrono::seconds{1'700'000'000 + n}}, 0, "001", modification};
}

std::vector<model::Attribute> attributes_of(const std::vector<std::string>& lines) {
  model::Entry out;
  for (const auto& line : lines) {
    const auto colon = line.find(": ");
    out.add(line.substr(0, colon), line.substr(colon + 2));
  }
  return out.attributes;
}

store::StoredEntry make_test_entry(const std::string& rdn, const std::vector<std::string>& lines,
                                   const ldup::Csn& csn) {
  const auto parsed = model::Dn::parse(rdn).rdns().front();
  auto entry = make_entry(test_schema(), parsed, attributes_of(lines), csn);
  entry.id = 2;
  entry.superior = 1;
  entry.rdn = model::rdn_text(parsed);
  auto& structural = entry.attributes.emplace_back();
  structural.description = "structuralObjectClass";
  structural.values.push_back({.bytes = structural_class(entry, test_schema()), .csn = csn});
  check_entry(entry, test_schema());
  return entry;
}

store::StoredEntry make_person(const std::vector<std::string>& more) {
  std::vector<std::string> lines{"objectClass: inetOrgPerson", "sn: Lee"};
  lines.insert(lines.end(), more.begin(), more.end());
  return make_test_entry("cn=Ann", lines, test_csn(1));
}

model::Modification add(std::string description, std::vector<std::string> values) {
  return {.kind = model::ModifyKind::add, .description = std::move(description), .values = std::move(values)};
}

model::Modification remove(std::string description, std::vector<std::string> values) {
  return {.kind = model::ModifyKind::remove, .description = std::move(description), .values = std::move(values)};
}

model::Modification replace(std::string description, std::vector<std::string> values) {
  return {.kind = model::ModifyKind::replace, .description = std::move(description), .values = std::move(values)};
}

model::Modification increment(std::string description, std::string amount) {
  return {.kind = model::ModifyKind::increment, .description = std::move(description), .values = {std::move(amount)}};
}

std::vector<std::string> values_of(const store::StoredEntry& entry, std::string_view description) {
  std::vector<std::string> out;
  if (const auto* attribute = entry.find(description)) {
    for (const auto& value : attribute->values) out.push_back(value.bytes);
  }
  return out;
}

protocol::ResultCode code_of(const std::function<void()>& work) {
  try {
    work();
    return protocol::ResultCode::success;
  } catch (const protocol::Refusal& refusal) {
    return refusal.result().code;
  }
}

}  // namespace replkit::refserver::directory
