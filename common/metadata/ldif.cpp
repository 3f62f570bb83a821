#include "common/metadata/ldif.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "common/base/error.hpp"
#include "common/base/text.hpp"

namespace replkit::metadata {

namespace {

constexpr std::string_view csn_prefix = "x-csn-";
constexpr std::string_view cleared_prefix = "x-cleared-";
constexpr std::string_view deleted_option = "x-deleted";

std::string escaped(std::string_view replica_id) {
  std::string out;
  for (std::size_t i = 0; i < replica_id.size(); ++i) {
    const char next = i + 1 < replica_id.size() ? replica_id[i + 1] : '\0';
    if (replica_id[i] == '.') {
      out += "--p";
    } else if (replica_id[i] == '_') {
      out += "--u";
    } else if (replica_id[i] == '-' && (next == '-' || next == '.' || next == '_')) {
      out += "--m";
    } else {
      out += replica_id[i];
    }
  }
  return out;
}

std::string unescaped(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text.substr(i, 2) != "--") {
      out += text[i];
      continue;
    }
    const char which = i + 2 < text.size() ? ascii_lower(text[i + 2]) : '\0';
    if (which != 'p' && which != 'u' && which != 'm') throw ParseError("\"--\" is followed by none of p, u, m", i);
    out += which == 'p' ? '.' : which == 'u' ? '_' : '-';
    i += 2;
  }
  return out;
}

bool starts_with(std::string_view text, std::string_view prefix) {
  return equals_ignore_case(text.substr(0, prefix.size()), prefix);
}

void take_option(std::string_view option, Description& out) {
  const auto refuse = [&](const char* problem) {
    throw ParseError(fmt::format("option \"{}\": {}", printable(option), problem), 0);
  };
  if (equals_ignore_case(option, deleted_option)) {
    if (out.deleted) refuse("is there twice");
    out.deleted = true;
  } else if (starts_with(option, csn_prefix)) {
    if (out.csn) refuse("a value has one CSN only");
    out.csn = csn_of_option(option.substr(csn_prefix.size()));
  } else if (starts_with(option, cleared_prefix)) {
    if (out.cleared) refuse("an attribute has one such record only");
    out.cleared = csn_of_option(option.substr(cleared_prefix.size()));
  } else {
    out.type += ';';
    out.type += option;
  }
}

ldup::MetaDataAttribute& attribute_named(std::string_view type, std::vector<ldup::MetaDataAttribute>& list) {
  const auto found =
      std::find_if(list.begin(), list.end(), [&](const auto& each) { return equals_ignore_case(each.type, type); });
  if (found != list.end()) return *found;
  list.push_back({.type = std::string(type), .values = {}, .deletion_csn = {}});
  return list.back();
}

void take_values(const Description& description, const std::vector<std::string>& values, ldup::MetaDataAttribute& out) {
  if (description.cleared) {
    const bool empty = std::all_of(values.begin(), values.end(), [](const auto& value) { return value.empty(); });
    if (!empty) throw ParseError(fmt::format("{}: has no value", description.text()), 0);
    if (out.deletion_csn && out.deletion_csn != description.cleared) {
      throw ParseError(fmt::format("{}: an attribute has one such record only", description.text()), 0);
    }
    out.deletion_csn = description.cleared;
    return;
  }
  for (const auto& value : values) {
    out.values.push_back(
        {.value = value, .deleted = description.deleted, .csn = description.csn, .distinguished = false});
  }
}

// Calls visit(description, value) for each line that the attribute takes.
template <typename Visit>
void for_each_line(const ldup::MetaDataAttribute& attribute, Visit visit) {
  Description description{.type = attribute.type, .deleted = false, .csn = {}, .cleared = {}};
  for (const auto& value : attribute.values) {
    description.deleted = value.deleted;
    description.csn = value.csn;
    visit(description.text(), value.value);
  }
  if (attribute.deletion_csn) {
    visit(Description{.type = attribute.type, .deleted = false, .csn = {}, .cleared = attribute.deletion_csn}.text(),
          std::string());
  }
}

ldup::MetaDataChange::Kind kind_of(const model::Modification& modification) {
  switch (modification.kind) {
    case model::ModifyKind::add:
      return ldup::MetaDataChange::Kind::add;
    case model::ModifyKind::remove:
      return ldup::MetaDataChange::Kind::remove;
    case model::ModifyKind::replace:
      return ldup::MetaDataChange::Kind::replace;
    case model::ModifyKind::increment:
      break;
  }
  throw ParseError(fmt::format("increment: {}: give the new value instead", printable(modification.description)), 0);
}

bool has_type(const ldup::SearchMetaDataEntry& entry, std::string_view type) {
  return std::any_of(entry.attributes.begin(), entry.attributes.end(),
                     [&](const auto& each) { return equals_ignore_case(each.type, type); });
}

}  // namespace

std::string option_of(const ldup::Csn& csn) {
  const auto text = csn.ldup_text();
  const auto parts = split(text, '#');
  std::string time(parts[0]);
  std::replace(time.begin(), time.end(), '.', '-');
  return fmt::format("{}-{}-{}-{}", time, parts[1], escaped(parts[2]), parts[3]);
}

ldup::Csn csn_of_option(std::string_view text) {
  const auto refuse = [&] {
    throw ParseError(fmt::format("\"{}\" is no CSN of the form 20261121074549Z-000015-REPLICA-000000", printable(text)),
                     0);
  };
  // TIME[-FRACTION]Z-COUNT-REPLICA-MODIFICATION, of which only REPLICA can have a '-' inside.
  const auto zone = text.find_first_of("zZ");
  const auto last = text.rfind('-');
  if (zone == std::string_view::npos || zone + 1 >= text.size() || text[zone + 1] != '-' ||
      last == std::string_view::npos) {
    refuse();
  }
  const auto count_start = zone + 2;
  const auto count_end = text.find('-', count_start);
  if (count_end == std::string_view::npos || count_end >= last) refuse();
  std::string time(text.substr(0, zone));
  std::replace(time.begin(), time.end(), '-', '.');
  try {
    return ldup::Csn::parse(fmt::format("{}Z#{}#{}#{}", time, text.substr(count_start, count_end - count_start),
                                        unescaped(text.substr(count_end + 1, last - count_end - 1)),
                                        text.substr(last + 1)));
  } catch (const ParseError&) {
    refuse();
  }
  return {};
}

Description Description::parse(std::string_view text) {
  Description out;
  const auto parts = split(text, ';');
  out.type = parts.front();
  try {
    for (std::size_t i = 1; i < parts.size(); ++i) take_option(parts[i], out);
  } catch (ParseError& error) {
    error.add_context(printable(text));
    throw;
  }
  if (out.cleared && (out.csn || out.deleted)) {
    throw ParseError(fmt::format("{}: x-cleared- stands alone", printable(text)), 0);
  }
  return out;
}

std::string Description::text() const {
  std::string out = type;
  if (deleted) out += fmt::format(";{}", deleted_option);
  if (csn) out += fmt::format(";{}{}", csn_prefix, option_of(*csn));
  if (cleared) out += fmt::format(";{}{}", cleared_prefix, option_of(*cleared));
  return out;
}

model::Entry to_entry(const ldup::SearchMetaDataEntry& entry) {
  model::Entry out{.dn = entry.name, .attributes = {}};
  for (const auto& attribute : entry.attributes) {
    // A type without a value comes of typesOnly: nothing that LDIF could say.
    for_each_line(attribute,
                  [&](const std::string& description, const std::string& value) { out.add(description, value); });
  }
  if (!entry.state) return out;
  const auto& state = *entry.state;
  if (state.entry && !has_type(entry, "entryUUID")) out.add("entryUUID", state.entry->text());
  if (state.created_csn && !has_type(entry, "createdEntryCSN")) {
    out.add("createdEntryCSN", state.created_csn->ldup_text());
  }
  if (state.deleted_csn && !has_type(entry, "deletedEntryCSN")) {
    out.add("deletedEntryCSN", state.deleted_csn->ldup_text());
  }
  return out;
}

std::vector<std::string> remarks(const ldup::SearchMetaDataEntry& entry) {
  std::vector<std::string> out;
  if (!entry.state) return out;
  const auto& state = *entry.state;
  if (state.deleted_csn) out.emplace_back("tombstone: the DN is the last one it had");
  if (state.glue) out.emplace_back("glue: stands for an entry that is missing");
  if (state.rdn_csn) out.push_back("rdnCSN: " + state.rdn_csn->ldup_text());
  if (state.superior) out.push_back("superior: " + state.superior->text());
  if (state.superior_csn) out.push_back("superiorCSN: " + state.superior_csn->ldup_text());
  return out;
}

std::vector<ldup::MetaDataAttribute> to_attributes(const std::vector<model::Attribute>& attributes) {
  std::vector<ldup::MetaDataAttribute> out;
  for (const auto& attribute : attributes) {
    const auto description = Description::parse(attribute.description);
    take_values(description, attribute.values, attribute_named(description.type, out));
  }
  return out;
}

std::vector<ldup::MetaDataChange> to_changes(const std::vector<model::Modification>& modifications) {
  std::vector<ldup::MetaDataChange> out;
  for (const auto& modification : modifications) {
    const auto kind = kind_of(modification);
    const auto description = Description::parse(modification.description);
    const bool goes_on = kind == ldup::MetaDataChange::Kind::replace && !out.empty() && out.back().kind == kind &&
                         equals_ignore_case(out.back().attribute.type, description.type);
    if (!goes_on) {
      out.push_back({.kind = kind, .attribute = {.type = description.type, .values = {}, .deletion_csn = {}}});
    }
    take_values(description, modification.values, out.back().attribute);
  }
  return out;
}

model::ChangeRecord restoration(const ldup::SearchMetaDataEntry& before, const std::vector<std::string>& types) {
  const auto entry = to_entry(before);
  model::ModifyChange modify;
  for (const auto& type : types) {
    const auto size = modify.modifications.size();
    for (const auto& line : entry.attributes) {
      if (!equals_ignore_case(Description::parse(line.description).type, type)) continue;
      modify.modifications.push_back(
          {.kind = model::ModifyKind::replace, .description = line.description, .values = line.values});
    }
    if (modify.modifications.size() == size) {
      modify.modifications.push_back({.kind = model::ModifyKind::remove, .description = type, .values = {}});
    }
  }
  return {.dn = before.name, .controls = {}, .change = std::move(modify)};
}

}  // namespace replkit::metadata
