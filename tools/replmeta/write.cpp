// replmeta add, modify, delete.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "common/base/text.hpp"
#include "common/metadata/ldif.hpp"
#include "common/tasks/plan.hpp"
#include "tools/replmeta/change.hpp"

namespace replkit::tools {

namespace {

using replmeta::Change;
using replmeta::Changes;
using replmeta::Server;

constexpr std::size_t max_records = 1'000'000;

// What servers compute, so that a search with "+" shows it and none takes it.
bool is_computed(std::string_view type) {
  constexpr std::array names{"entryDN",           "hasSubordinates", "numSubordinates", "structuralObjectClass",
                             "subschemaSubentry", "entryCSN"};
  return std::any_of(names.begin(), names.end(), [&](const char* name) { return equals_ignore_case(type, name); });
}

bool is_type(const ldup::MetaDataAttribute& attribute, std::string_view type) {
  return equals_ignore_case(attribute.type, type);
}

// Calls take(record, place) for each record of the file; a ParseError it throws gets the place put before.
template <typename Take>
void read_records(const std::string& path, Take take) {
  const std::string name = path == "-" ? "standard input" : path;
  model::LdifReader reader(model::open_bytes(path), name);
  std::size_t count = 0;
  while (auto record = reader.next()) {
    if (++count > max_records) throw UsageError(fmt::format("{}: more than {} records", name, max_records));
    const auto place = fmt::format("{}:{}", name, reader.record_line());
    try {
      take(std::move(*record), place);
    } catch (ParseError& error) {
      throw LocalError(fmt::format("{}: {}", place, error.what()));
    }
  }
  if (reader.cut_off()) throw LocalError(fmt::format("{}: ends within a line: it may have been cut off", name));
}

model::Entry entry_to_add(std::variant<model::Entry, model::ChangeRecord> record, const std::string& place) {
  if (auto* entry = std::get_if<model::Entry>(&record)) return std::move(*entry);
  auto& change = std::get<model::ChangeRecord>(record);
  auto* add = std::get_if<model::AddChange>(&change.change);
  if (add == nullptr) throw LocalError(fmt::format("{}: neither an entry nor changetype: add", place));
  if (!change.controls.empty()) throw LocalError(fmt::format("{}: this operation takes no controls", place));
  return {.dn = std::move(change.dn), .attributes = std::move(add->attributes)};
}

// Drops CSNs and deletion records: what is left is written anew.
void make_new(std::vector<ldup::MetaDataAttribute>& attributes) {
  for (auto& attribute : attributes) {
    std::erase_if(attribute.values, [](const auto& value) { return value.deleted; });
    for (auto& value : attribute.values) value.csn.reset();
    attribute.deletion_csn.reset();
  }
  std::erase_if(attributes, [](const auto& each) {
    return each.values.empty() || is_type(each, "createdEntryCSN") || is_type(each, "deletedEntryCSN");
  });
}

// The record as it is sent, for people.
model::ChangeRecord record_of(const ldup::AddWithMetaDataRequest& request) {
  return {.dn = request.entry,
          .controls = {},
          .change = model::AddChange{
              metadata::to_entry({.name = {}, .attributes = request.attributes, .state = {}}).attributes}};
}

Change deletion(const ldup::DeleteWithMetaDataRequest& request, const ldup::SearchMetaDataEntry& before) {
  Change change;
  change.verb = metadata::Verb::remove;
  change.what = "delete with meta-data";
  if (request.no_record) change.what += ", leaving no record";
  if (request.deleted_csn) change.what += " of " + request.deleted_csn->ldup_text();
  if (request.uuid) change.what += ", entryUUID " + request.uuid->text();
  change.record = {.dn = request.entry, .controls = {}, .change = model::DeleteChange{}};
  model::LdifWriter writer([&](std::string_view text) { change.saved += text; });
  if (before.state && before.state->deleted_csn) {
    writer.comment("A tombstone. replmeta add --revive makes an entry of it.");
  } else {
    writer.comment("replmeta add puts it back as it was, on this server alone; where others were sent the deletion,");
    writer.comment("replmeta add --new-csns. What servers do not show, passwords above all, is missing.");
  }
  writer.entry(metadata::to_entry(before));
  change.send = [request](ldap::Connection& connection) { return metadata::remove(connection, request); };
  return change;
}

// Returns what is there under the DN: the entry with the UUID, dead or alive, or the living one.
std::optional<ldup::SearchMetaDataEntry> read_entry(Server& server, const std::string& dn,
                                                    const std::optional<model::Uuid>& uuid) {
  ldup::SearchWithMetaDataRequest request;
  request.base = dn;
  request.filter = model::Filter::parse("(objectClass=*)");
  request.attributes = {"*", "+"};
  request.deleted_entries = uuid.has_value();
  for (auto& entry : replmeta::read_entries(server, std::move(request))) {
    if (!uuid || (entry.state && entry.state->entry == uuid)) return std::move(entry);
  }
  return std::nullopt;
}

std::vector<std::string> types_of(const std::vector<ldup::MetaDataChange>& changes) {
  std::vector<std::string> out;
  for (const auto& change : changes) {
    const auto same = [&](const auto& type) { return equals_ignore_case(type, change.attribute.type); };
    // Passwords are not shown: what does not seem to be there must not be removed when all is put back.
    if (tasks::is_secret(change.attribute.type) || std::any_of(out.begin(), out.end(), same)) continue;
    out.push_back(change.attribute.type);
  }
  return out;
}

}  // namespace

ExitStatus meta_add(ReplmetaSettings& settings) {
  Changes changes;
  read_records(settings.file, [&](auto record, const std::string& place) {
    const auto entry = entry_to_add(std::move(record), place);
    ldup::AddWithMetaDataRequest request{.entry = entry.dn, .attributes = metadata::to_attributes(entry.attributes)};
    std::erase_if(request.attributes, [](const auto& each) { return is_computed(each.type); });
    const bool tombstone = std::any_of(request.attributes.begin(), request.attributes.end(),
                                       [](const auto& each) { return is_type(each, "deletedEntryCSN"); });
    if (tombstone && !settings.revive) {
      changes.skipped.push_back(
          fmt::format("{}: {}: is a tombstone, of which --revive would make an entry", place, entry.dn));
      return;
    }
    if (tombstone || settings.new_csns) make_new(request.attributes);
    Change change;
    change.what = tombstone ? "revive" : "add with meta-data";
    change.record = record_of(request);
    change.send = [request](ldap::Connection& connection) { return metadata::add(connection, request); };
    changes.list.push_back(std::move(change));
  });
  auto server = replmeta::open_server(settings);
  return replmeta::send_changes(settings, "add", server, changes);
}

ExitStatus meta_modify(ReplmetaSettings& settings) {
  std::vector<ldup::ModifyWithMetaDataRequest> requests;
  std::vector<model::ChangeRecord> records;
  const auto uuid = replmeta::parse_uuid("--uuid", settings.uuid);
  read_records(settings.file, [&](auto record, const std::string& place) {
    auto* change = std::get_if<model::ChangeRecord>(&record);
    const auto* modify = change == nullptr ? nullptr : std::get_if<model::ModifyChange>(&change->change);
    if (modify == nullptr) throw LocalError(fmt::format("{}: is no changetype: modify", place));
    if (!change->controls.empty()) throw LocalError(fmt::format("{}: this operation takes no controls", place));
    requests.push_back({.entry = change->dn, .changes = metadata::to_changes(modify->modifications), .uuid = uuid});
    records.push_back(std::move(*change));
  });
  if (uuid && requests.size() > 1) throw UsageError("--uuid is for one record");
  auto server = replmeta::open_server(settings);
  Changes changes;
  for (std::size_t i = 0; i < requests.size(); ++i) {
    Change change;
    change.verb = metadata::Verb::modify;
    change.what = "modify with meta-data";
    change.record = records[i];
    const auto before = read_entry(server, requests[i].entry, uuid);
    if (const auto types = types_of(requests[i].changes); before && !types.empty()) {
      model::LdifWriter writer([&](std::string_view text) { change.saved += text; });
      writer.comment("replmeta modify puts it back, on this server alone. What servers do not show is missing.");
      writer.change(metadata::restoration(*before, types));
    }
    change.send = [request = requests[i]](ldap::Connection& connection) {
      return metadata::modify(connection, request);
    };
    changes.list.push_back(std::move(change));
  }
  return replmeta::send_changes(settings, "modify", server, changes);
}

ExitStatus meta_delete(ReplmetaSettings& settings) {
  if (settings.no_record && !settings.csn.empty()) throw UsageError("--csn and --no-record contradict each other");
  const auto csn = replmeta::parse_csn("--csn", settings.csn);
  const auto uuid = replmeta::parse_uuid("--uuid", settings.uuid);
  if (uuid && settings.dns.size() > 1) throw UsageError("--uuid is for one DN");
  for (const auto& dn : settings.dns) replmeta::check_dn("DN", dn);
  auto server = replmeta::open_server(settings);
  Changes changes;
  for (const auto& dn : settings.dns) {
    const auto before = read_entry(server, dn, uuid);
    if (!before) {
      changes.skipped.push_back(fmt::format("{}: there is no such entry{}", dn, uuid ? " with this entryUUID" : ""));
      continue;
    }
    changes.list.push_back(
        deletion({.entry = dn, .deleted_csn = csn, .no_record = settings.no_record, .uuid = uuid}, *before));
  }
  return replmeta::send_changes(settings, "delete", server, changes);
}

}  // namespace replkit::tools
