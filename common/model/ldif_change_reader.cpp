// Change records: RFC 2849, increment as in RFC 4525.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "common/model/ldif_reader_state.hpp"

namespace replkit::model {

LdifControl LdifReader::State::parse_control(const LdifField& field) const {
  const auto whole = value(field);
  std::string_view text = whole;
  LdifControl out;
  out.oid = text.substr(0, text.find_first_of(" :"));
  text.remove_prefix(out.oid.size());
  const auto is_oid_char = [](char c) { return is_ascii_digit(c) || c == '.'; };
  if (out.oid.empty() || !std::all_of(out.oid.begin(), out.oid.end(), is_oid_char)) {
    lines.fail("'control:' must be followed by an OID in digits and dots, such as 1.2.840.113556.1.4.805");
  }
  const auto colon = text.find(':');
  const auto critical = trim(text.substr(0, colon));
  if (equals_ignore_case(critical, "true")) {
    out.critical = true;
  } else if (equals_ignore_case(critical, "false")) {
    out.critical = false;
  } else if (!critical.empty()) {
    lines.fail(
        fmt::format("after the OID of a control comes 'true' or 'false', not '{}'", printable(critical.substr(0, 60))));
  }
  if (colon == std::string_view::npos) return out;
  LdifField content{"control", text.substr(colon + 1)};
  if (content.raw.starts_with('<')) {
    lines.fail("the control's value is to be taken from a URL, which is not done here; write it as ':: BASE64'");
  }
  content.is_base64 = content.raw.starts_with(':');
  if (content.is_base64) content.raw.remove_prefix(1);
  content.raw.remove_prefix(std::min(content.raw.find_first_not_of(' '), content.raw.size()));
  out.value = value(content);
  return out;
}

std::vector<LdifControl> LdifReader::State::take_controls() {
  std::vector<LdifControl> out;
  while (in_record) {
    const auto control = field();
    if (!control.is("control")) return out;
    out.push_back(parse_control(control));
    advance();
  }
  return out;
}

ChangeRecord LdifReader::State::take_change(std::string dn, std::vector<LdifControl> controls) {
  const auto type = to_lower(keyword_value(field()));
  ChangeRecord out{std::move(dn), std::move(controls), {}};
  const bool is_rename = type == "modrdn" || type == "moddn";
  if (type != "add" && type != "delete" && type != "modify" && !is_rename) {
    lines.fail(fmt::format("changetype '{}' is not known; it is one of add, delete, modify, modrdn, moddn",
                           printable(std::string_view(type).substr(0, 60))));
  }
  advance();
  if (type == "add") {
    out.change = AddChange{take_attributes()};
  } else if (type == "modify") {
    out.change = take_modify();
  } else if (is_rename) {
    out.change = take_rename();
  } else {
    out.change = DeleteChange{};
    require_end("'changetype: delete'");
  }
  return out;
}

ModifyChange LdifReader::State::take_modify() {
  ModifyChange out;
  while (in_record) out.modifications.push_back(take_modification());
  return out;
}

// Returns the attribute description that is the line's value.
std::string LdifReader::State::description(const LdifField& field) const {
  auto out = keyword_value(field);
  if (!is_ldif_name(out)) {
    lines.fail(fmt::format("after '{}:' comes the name of an attribute, not '{}'", field.name,
                           printable(std::string_view(out).substr(0, 60))));
  }
  return out;
}

Modification LdifReader::State::take_modification() {
  static constexpr std::array<std::pair<std::string_view, ModifyKind>, 4> kinds{{{"add", ModifyKind::add},
                                                                                 {"delete", ModifyKind::remove},
                                                                                 {"replace", ModifyKind::replace},
                                                                                 {"increment", ModifyKind::increment}}};
  const auto first = field();
  const auto kind = std::find_if(kinds.begin(), kinds.end(), [&](const auto& k) { return first.is(k.first); });
  if (kind == kinds.end()) {
    lines.fail(fmt::format(
        "a part of a modify record begins with 'add:', 'delete:', 'replace:' or 'increment:', not '{}:'", first.name));
  }
  Modification out{kind->second, description(first), {}};
  advance();
  for (; in_record && lines.text() != "-"; advance()) {
    const auto attribute = field();
    if (!attribute.is(out.description)) {
      lines.fail(fmt::format("'{}:' in the part for '{}'; end that part with a line '-' before it", attribute.name,
                             out.description));
    }
    out.values.push_back(value(attribute));
  }
  const auto needs_value = kind->second == ModifyKind::add || kind->second == ModifyKind::increment;
  if (needs_value && out.values.empty()) {
    lines.fail(fmt::format("'{}: {}' without a value; put a line '{}: VALUE' below it", kind->first, out.description,
                           out.description));
  }
  // At the end of the record the '-' is often forgotten; nothing else can be meant.
  if (in_record) advance();
  return out;
}

std::string LdifReader::State::take_named(std::string_view keyword) {
  if (!in_record) lines.fail(fmt::format("the record ends where '{}:' must come", keyword));
  const auto found = field();
  if (!found.is(keyword)) lines.fail(fmt::format("'{}:' where '{}:' must come", found.name, keyword));
  auto out = value(found);
  return out;
}

RenameChange LdifReader::State::take_rename() {
  RenameChange out;
  out.new_rdn = take_named("newrdn");
  if (out.new_rdn.empty()) lines.fail("'newrdn:' has no value; write the new RDN, such as 'newrdn: cn=New Name'");
  advance();
  const auto flag = std::string(trim(take_named("deleteoldrdn")));
  if (flag != "0" && flag != "1") {
    lines.fail("'deleteoldrdn:' must be 1 (the old RDN's values are removed from the entry) or 0 (they stay)");
  }
  out.delete_old_rdn = flag == "1";
  advance();
  if (in_record && field().is("newsuperior")) {
    out.new_superior = take_named("newsuperior");
    advance();
  }
  require_end("the rename");
  return out;
}

void LdifReader::State::require_end(std::string_view after) {
  if (in_record)
    lines.fail(fmt::format("nothing may follow {} in this record; put an empty line between records", after));
}

}  // namespace replkit::model
