#include "common/ldup/entry_reader.hpp"

#include <algorithm>
#include <utility>

#include "common/base/error.hpp"
#include "common/base/text.hpp"
#include "common/ldup/names.hpp"
#include "common/model/ldap_url.hpp"
#include "common/model/schema.hpp"

namespace replkit::ldup {

namespace {

constexpr std::size_t shown = 80;  // bytes of a wrong value

std::string quoted(std::string_view value) {
  auto text = printable(value.substr(0, shown));
  return '"' + text + (value.size() > shown ? "...\"" : "\"");
}

std::vector<std::string> values_in(const model::Entry& entry, std::string_view type) {
  if (const auto* plain = entry.find(type)) return plain->values;
  for (const auto& attribute : entry.attributes) {
    if (equals_ignore_case(model::base_type(attribute.description), type)) return attribute.values;
  }
  return {};
}

}  // namespace

EntryReader::EntryReader(std::string dn, Lookup lookup, Findings& findings)
    : dn_(std::move(dn)), lookup_(std::move(lookup)), findings_(&findings) {}

EntryReader::EntryReader(const model::Entry& entry, Findings& findings)
    : EntryReader(
          entry.dn, [&entry](std::string_view type) { return values_in(entry, type); }, findings) {}

std::vector<std::string> EntryReader::values(std::string_view name) const {
  for (const auto spelling : attribute_names(name)) {
    auto found = lookup_(spelling);
    if (!found.empty()) return found;
  }
  return {};
}

std::optional<std::string> EntryReader::one(std::string_view name) const {
  auto all = values(name);
  if (all.empty()) return std::nullopt;
  if (all.size() > 1) {
    wrong(name, "has " + std::to_string(all.size()) + " values, one is expected");
    return std::nullopt;
  }
  return std::move(all.front());
}

std::optional<bool> EntryReader::boolean(std::string_view name) const {
  const auto value = one(name);
  if (!value) return std::nullopt;
  if (equals_ignore_case(*value, "TRUE")) return true;
  if (equals_ignore_case(*value, "FALSE")) return false;
  wrong(name, "is " + quoted(*value) + ", TRUE or FALSE is expected");
  return std::nullopt;
}

std::optional<std::uint32_t> EntryReader::number(std::string_view name, std::uint32_t least, std::uint32_t most) const {
  const auto value = one(name);
  if (!value) return std::nullopt;
  const auto parsed = parse_uint(*value);
  if (parsed && *parsed >= least && *parsed <= most) return static_cast<std::uint32_t>(*parsed);
  wrong(name, "is " + quoted(*value) + ", a number from " + std::to_string(least) + " to " + std::to_string(most) +
                  " is expected");
  return std::nullopt;
}

std::optional<std::string> EntryReader::dn_value(std::string_view name) const {
  auto value = one(name);
  if (!value) return std::nullopt;
  try {
    if (!model::Dn::parse(*value).empty()) return value;
    wrong(name, "is empty, the DN of an entry is expected");
  } catch (const ParseError& error) {
    wrong(name, "is " + quoted(*value) + ", a DN is expected (" + error.what() + ")");
  }
  return std::nullopt;
}

std::vector<std::string> EntryReader::urls(std::string_view name) const {
  std::vector<std::string> good;
  for (auto& value : values(name)) {
    try {
      if (!model::LdapUrl::parse(value).host.empty()) {
        good.push_back(std::move(value));
        continue;
      }
      wrong(name, "is " + quoted(value) + ", an LDAP URL with a host is expected");
    } catch (const ParseError& error) {
      wrong(name, "is " + quoted(value) + ", an LDAP URL is expected (" + error.what() + ")");
    }
  }
  return good;
}

void EntryReader::wrong(std::string_view name, const std::string& text) const {
  findings_->push_back({Severity::error, "entry", dn_, std::string(name), text});
}

void EntryReader::warn(std::string_view name, const std::string& text) const {
  findings_->push_back({Severity::warning, "entry", dn_, std::string(name), text});
}

model::Entry new_entry(const std::string& dn, std::initializer_list<std::string_view> object_classes) {
  model::Entry entry;
  entry.dn = dn;
  for (const auto name : object_classes) entry.add("objectClass", name);
  const auto parsed = model::Dn::parse(dn);
  if (parsed.empty()) throw ParseError("the DN of an entry is expected", 0);
  for (const auto& ava : parsed.rdns().front()) entry.add(ava.type, ava.value);
  return entry;
}

}  // namespace replkit::ldup
