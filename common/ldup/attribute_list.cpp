#include <algorithm>
#include <optional>

#include "common/base/error.hpp"
#include "common/base/text.hpp"
#include "common/ldup/fractional_filter.hpp"
#include "common/wire/ber.hpp"

namespace replkit::ldup {

namespace {

constexpr std::size_t max_bytes = 64U << 10;
constexpr std::size_t max_attributes = 1000;

[[noreturn]] void fail(const std::string& message, std::size_t offset) {
  throw ParseError("malformed list of attributes at byte " + std::to_string(offset) + ": " + message, offset);
}

bool separates(char c) {
  return c == ',' || c == '$' || is_ascii_space(c);
}

bool is_option(std::string_view option) {
  return !option.empty() && std::all_of(option.begin(), option.end(),
                                        [](char c) { return is_ascii_alpha(c) || is_ascii_digit(c) || c == '-'; });
}

// RFC 4512 2.5: a name or OID and options.
bool is_description(std::string_view text) {
  const auto parts = split(text, ';');
  return model::is_schema_name(parts.front()) && std::all_of(parts.begin() + 1, parts.end(), is_option);
}

void take(AttributeList& list, std::string_view item, std::size_t offset) {
  if (item == "*") {
    list.all = true;
  } else if (item == "1.1") {
    list.none = true;
  } else if (!is_description(item)) {
    fail('"' + printable(item.substr(0, 80)) + "\" is no attribute", offset);
  } else if (std::none_of(list.attributes.begin(), list.attributes.end(),
                          [&](const std::string& other) { return equals_ignore_case(other, item); })) {
    if (list.attributes.size() == max_attributes) fail("over 1000 attributes", offset);
    list.attributes.emplace_back(item);
  }
}

// Takes an element with this tag off the front and returns its content; nothing when there is none.
std::optional<std::string_view> take_ber(std::string_view& from, wire::Tag tag) {
  const auto header = wire::read_header(from);
  if (!header || header->problem != nullptr || header->tag != tag) return std::nullopt;
  if (header->length > from.size() - header->size) return std::nullopt;
  const auto content = from.substr(header->size, static_cast<std::size_t>(header->length));
  from.remove_prefix(header->size + content.size());
  return content;
}

// Returns the items of a SEQUENCE OF OCTET STRING; nothing when it is none. Text cannot be taken for it: it has no byte
// 4 in third place.
std::optional<std::vector<std::string_view>> ber_items(std::string_view value) {
  auto content = take_ber(value, wire::tag::sequence);
  if (!content || !value.empty()) return std::nullopt;
  std::vector<std::string_view> items;
  while (!content->empty()) {
    const auto item = take_ber(*content, wire::tag::octet_string);
    if (!item) return std::nullopt;
    items.push_back(*item);
  }
  return items;
}

}  // namespace

AttributeList AttributeList::parse(std::string_view value) {
  if (value.size() > max_bytes) fail("over 64 KiB", max_bytes);
  AttributeList list;
  if (const auto items = ber_items(value)) {
    for (const auto item : *items) take(list, item, static_cast<std::size_t>(item.data() - value.data()));
    return list;
  }
  for (std::size_t at = 0; at < value.size();) {
    if (separates(value[at])) {
      ++at;
      continue;
    }
    const auto start = at;
    while (at < value.size() && !separates(value[at])) ++at;
    take(list, value.substr(start, at - start), start);
  }
  return list;
}

std::string AttributeList::text() const {
  std::string out;
  const auto put = [&out](std::string_view item) {
    if (!out.empty()) out += ',';
    out += item;
  };
  if (all) put("*");
  if (none) put("1.1");
  for (const auto& attribute : attributes) put(attribute);
  return out;
}

}  // namespace replkit::ldup
