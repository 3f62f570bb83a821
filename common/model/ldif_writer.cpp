#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "common/base/base64.hpp"
#include "common/base/text.hpp"
#include "common/model/ldif.hpp"
#include "common/model/ldif_lines.hpp"

namespace replkit::model {

namespace {

// Whether the value must be base64: where RFC 2849 says so (notes 4, 8 and SAFE-STRING), and for all other control
// characters, which do terminals and editors no good.
bool needs_base64(std::string_view value) {
  if (value.empty()) return false;
  if (value.front() == ' ' || value.front() == ':' || value.front() == '<' || value.back() == ' ') return true;
  return std::any_of(value.begin(), value.end(), [](char c) { return c < ' ' || c > '~'; });
}

// Returns ": value" or ":: base64".
std::string value_spec(std::string_view value) {
  if (value.empty()) return ":";
  return needs_base64(value) ? ":: " + base64_encode(value) : fmt::format(": {}", value);
}

std::string_view keyword(ModifyKind kind) {
  switch (kind) {
    case ModifyKind::add:
      return "add";
    case ModifyKind::remove:
      return "delete";
    case ModifyKind::replace:
      return "replace";
    case ModifyKind::increment:
      return "increment";
  }
  return {};
}

void check_name(std::string_view name) {
  if (!is_ldif_name(name)) {
    throw ParseError(fmt::format("'{}' is no attribute name that LDIF can hold", printable(name)), 0);
  }
}

}  // namespace

LdifWriter::LdifWriter(Sink sink, std::size_t wrap)
    : sink_(std::move(sink)), wrap_(wrap == 0 ? 0 : std::max<std::size_t>(wrap, 2)) {}

void LdifWriter::version() {
  buffer_ = "version: 1\n";
  flush();
}

void LdifWriter::comment(std::string_view text) {
  buffer_.clear();
  for (const auto part : split(text, '\n')) buffer_ += part.empty() ? "#\n" : "# " + printable(part) + "\n";
  flush();
}

void LdifWriter::entry(const Entry& entry) {
  buffer_.clear();
  line("dn", entry.dn);
  attributes(entry.attributes);
  buffer_ += '\n';
  flush();
}

void LdifWriter::change(const ChangeRecord& record) {
  buffer_.clear();
  line("dn", record.dn);
  for (const auto& each : record.controls) control(each);
  if (const auto* add = std::get_if<AddChange>(&record.change)) {
    line("changetype", "add");
    attributes(add->attributes);
  } else if (const auto* modify = std::get_if<ModifyChange>(&record.change)) {
    line("changetype", "modify");
    modifications(modify->modifications);
  } else if (const auto* rename = std::get_if<RenameChange>(&record.change)) {
    line("changetype", "modrdn");
    line("newrdn", rename->new_rdn);
    line("deleteoldrdn", rename->delete_old_rdn ? "1" : "0");
    if (rename->new_superior) line("newsuperior", *rename->new_superior);
  } else {
    line("changetype", "delete");
  }
  buffer_ += '\n';
  flush();
}

void LdifWriter::flush() {
  sink_(buffer_);
}

void LdifWriter::line(std::string_view name, std::string_view value) {
  fold(fmt::format("{}{}", name, value_spec(value)));
}

// Puts the text as one line, folded at the column.
void LdifWriter::fold(std::string_view text) {
  const auto first = wrap_ == 0 ? text.size() : std::min(wrap_, text.size());
  buffer_ += text.substr(0, first);
  text.remove_prefix(first);
  while (!text.empty()) {
    buffer_ += "\n ";
    buffer_ += text.substr(0, wrap_ - 1);
    text.remove_prefix(std::min(wrap_ - 1, text.size()));
  }
  buffer_ += '\n';
}

void LdifWriter::attributes(const std::vector<Attribute>& attributes) {
  for (const auto& attribute : attributes) {
    check_name(attribute.description);
    for (const auto& value : attribute.values) line(attribute.description, value);
  }
}

void LdifWriter::control(const LdifControl& control) {
  const auto is_oid_char = [](char c) { return is_ascii_digit(c) || c == '.'; };
  if (control.oid.empty() || !std::all_of(control.oid.begin(), control.oid.end(), is_oid_char)) {
    throw ParseError(fmt::format("'{}' is no OID of a control", printable(control.oid)), 0);
  }
  std::string text = "control: " + control.oid;
  if (control.critical) text += *control.critical ? " true" : " false";
  if (control.value) text += value_spec(*control.value);
  fold(text);
}

void LdifWriter::modifications(const std::vector<Modification>& modifications) {
  for (const auto& modification : modifications) {
    check_name(modification.description);
    line(keyword(modification.kind), modification.description);
    for (const auto& value : modification.values) line(modification.description, value);
    buffer_ += "-\n";
  }
}

}  // namespace replkit::model
