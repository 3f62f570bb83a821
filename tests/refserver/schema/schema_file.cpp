#include "tests/refserver/schema/schema_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <variant>

#include "common/base/error.hpp"
#include "common/model/ldif.hpp"

namespace replkit::refserver::schema {

namespace {

[[noreturn]] void fail(const Place& place, const std::string& problem) {
  throw LocalError(place.text() + ": " + problem);
}

// Returns the first word of `text`, which is cut off it with the spaces around.
std::string_view take_word(std::string_view& text) {
  text = trim(text);
  const auto end = std::min(text.find_first_of(" \t\r\n("), text.size());
  const auto word = text.substr(0, end);
  text = trim(text.substr(end));
  return word;
}

void add_macro(std::string_view text, const Place& place, Definitions& definitions) {
  const auto name = take_word(text);
  const auto oid = take_word(text);
  if (oid.empty() || !text.empty()) fail(place, "objectIdentifier wants a name and an OID");
  definitions.add_macro(name, oid, place);
}

enum class Element : std::uint8_t { attribute_type, object_class, content_rule, macro, syntax };

void add(Element element, std::string_view text, const Place& place, Definitions& definitions) {
  switch (element) {
    case Element::attribute_type:
      return definitions.add_attribute_type(text, place);
    case Element::object_class:
      return definitions.add_object_class(text, place);
    case Element::content_rule:
      return definitions.add_content_rule(text, place);
    case Element::macro:
      return add_macro(text, place, definitions);
    case Element::syntax:
      return definitions.add_syntax(text, place);
  }
}

struct Keyword {
  std::string_view name;
  Element element;
};

template <std::size_t size>
std::optional<Element> find(const std::array<Keyword, size>& keywords, std::string_view name) {
  const auto found = std::find_if(keywords.begin(), keywords.end(),
                                  [&](const Keyword& keyword) { return equals_ignore_case(keyword.name, name); });
  return found == keywords.end() ? std::nullopt : std::optional(found->element);
}

// --- .schema ---

constexpr std::array<Keyword, 4> directives{{{"objectclass", Element::object_class},
                                             {"objectidentifier", Element::macro},
                                             {"ldapsyntax", Element::syntax},
                                             {"ditcontentrule", Element::content_rule}}};

void add_directive(std::string_view text, const Place& place, Definitions& definitions) {
  const auto whole = text;
  const auto word = take_word(text);
  // For slapd, whatever begins so is "attributetype"; Debian's dsee.schema has one misspelt.
  constexpr std::string_view attribute = "attribute";
  const auto element = equals_ignore_case(word.substr(0, attribute.size()), attribute)
                           ? std::optional(Element::attribute_type)
                           : find(directives, word);
  if (!element) fail(place, "'" + printable(word.substr(0, 100)) + "' is no schema directive");
  // Line ends before what take_word() left count too.
  const auto before = whole.substr(0, static_cast<std::size_t>(text.data() - whole.data()));
  const auto skipped = std::count(before.begin(), before.end(), '\n');
  add(*element, text, {place.file, place.line + static_cast<std::uint64_t>(skipped)}, definitions);
}

// A directive goes on over lines that begin with white space. Comments begin with '#' in the first column, and go on
// likewise.
void read_directives(std::string_view text, const std::string& name, Definitions& definitions) {
  std::uint64_t number = 1;
  while (!text.empty()) {
    std::size_t end = 0;
    std::uint64_t lines = 0;
    do {
      end = std::min(text.find('\n', end), text.size() - 1) + 1;
      ++lines;
    } while (end < text.size() && (text[end] == ' ' || text[end] == '\t'));
    const auto logical = text.substr(0, end);
    if (logical.front() != '#' && !trim(logical).empty()) add_directive(logical, {name, number}, definitions);
    text.remove_prefix(end);
    number += lines;
  }
}

// --- LDIF ---

constexpr std::array<Keyword, 9> attributes{{{"attributeTypes", Element::attribute_type},
                                             {"olcAttributeTypes", Element::attribute_type},
                                             {"objectClasses", Element::object_class},
                                             {"olcObjectClasses", Element::object_class},
                                             {"dITContentRules", Element::content_rule},
                                             {"olcDitContentRules", Element::content_rule},
                                             {"olcObjectIdentifier", Element::macro},
                                             {"ldapSyntaxes", Element::syntax},
                                             {"olcLdapSyntaxes", Element::syntax}}};

// Returns `value` without the {n} that cn=config puts before ordered values.
std::string_view without_order(std::string_view value) {
  if (!value.starts_with('{')) return value;
  const auto end = value.find('}');
  return end != value.npos && parse_uint(value.substr(1, end - 1)) ? value.substr(end + 1) : value;
}

void add_values(std::string_view description, const std::vector<std::string>& values, Element wanted,
                const Place& place, Definitions& definitions) {
  const auto element = find(attributes, model::base_type(description));
  if (element != wanted) return;
  for (const auto& value : values) add(*element, without_order(value), place, definitions);
}

void add_record(const std::variant<model::Entry, model::ChangeRecord>& record, Element wanted, const Place& place,
                Definitions& definitions) {
  const auto add_all = [&](const std::vector<model::Attribute>& all) {
    for (const auto& attribute : all) add_values(attribute.description, attribute.values, wanted, place, definitions);
  };
  if (const auto* entry = std::get_if<model::Entry>(&record)) return add_all(entry->attributes);
  const auto& change = std::get<model::ChangeRecord>(record).change;
  if (const auto* added = std::get_if<model::AddChange>(&change)) return add_all(added->attributes);
  if (const auto* modified = std::get_if<model::ModifyChange>(&change)) {
    for (const auto& modification : modified->modifications) {
      if (modification.kind == model::ModifyKind::remove) continue;
      add_values(modification.description, modification.values, wanted, place, definitions);
    }
  }
}

void read_ldif(std::string_view text, const std::string& name, Definitions& definitions) {
  try {
    model::LdifReader reader(model::memory_bytes(text), name, {.line_bytes = 1U << 20, .record_bytes = 64U << 20});
    while (const auto record = reader.next()) {
      const Place place{name, reader.record_line()};
      // Macros stand for OIDs wherever in the entry they are defined.
      for (const auto element :
           {Element::macro, Element::syntax, Element::attribute_type, Element::object_class, Element::content_rule}) {
        add_record(*record, element, place, definitions);
      }
    }
  } catch (const model::LdifError& error) {
    throw LocalError(error.what());
  }
}

bool looks_like_ldif(std::string_view text) {
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    const auto line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (trim(line).empty() || line.starts_with('#')) continue;
    const auto colon = line.find(':');
    const auto word = line.substr(0, colon);
    return colon != line.npos && (equals_ignore_case(word, "dn") || equals_ignore_case(word, "version"));
  }
  return false;
}

}  // namespace

void read_schema_text(std::string_view text, const std::string& name, Definitions& definitions) {
  if (looks_like_ldif(text)) {
    read_ldif(text, name, definitions);
  } else {
    read_directives(text, name, definitions);
  }
}

}  // namespace replkit::refserver::schema
