#include "common/base/text.hpp"
#include "tests/refserver/protocol/decode.hpp"

namespace replkit::refserver::protocol {

namespace {

Control decode_control(Reader control) {
  Control out;
  out.oid = decode_oid(control.octets());
  if (control.next_is(tag::boolean)) out.critical = control.boolean();
  if (const auto value = control.optional_content(tag::octet_string)) out.value = *value;
  control.skip_unknown({tag::octet_string, tag::boolean});
  return out;
}

}  // namespace

bool is_numeric_oid(std::string_view text) {
  const auto numbers = split(text, '.');
  if (numbers.size() < 2) return false;
  for (const auto& number : numbers) {
    if (number.empty() || (number.size() > 1 && number.front() == '0')) return false;
    if (number.find_first_not_of("0123456789") != number.npos) return false;
  }
  return true;
}

std::string decode_oid(std::string_view oid) {
  if (!is_numeric_oid(oid)) throw ProtocolError::answer("an object identifier is not in dotted-decimal form");
  return std::string(oid);
}

std::vector<std::string> decode_strings(Reader strings) {
  std::vector<std::string> out;
  out.reserve(strings.count());
  while (!strings.at_end()) out.emplace_back(strings.octets());
  return out;
}

model::Attribute decode_attribute(Reader& list) {
  auto reader = list.sequence();
  model::Attribute out;
  out.description = reader.octets();
  out.values = decode_strings(reader.sequence(tag::set));
  reader.skip_unknown({tag::octet_string, tag::set});
  return out;
}

std::vector<Control> decode_controls(Reader& message) {
  std::vector<Control> out;
  if (!message.next_is(controls_tag)) return out;
  auto controls = message.sequence(controls_tag);
  out.reserve(controls.count());
  while (!controls.at_end()) out.push_back(decode_control(controls.sequence()));
  return out;
}

}  // namespace replkit::refserver::protocol
