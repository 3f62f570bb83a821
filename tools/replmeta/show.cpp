// replmeta show: who wrote each value of an entry, when and on which replica, as several servers have it.
#include "tools/replmeta/show.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "common/base/text.hpp"
#include "common/cli/output.hpp"
#include "common/model/dn.hpp"
#include "common/model/schema.hpp"

namespace replkit::tools {

namespace {

using ldup::SearchMetaDataEntry;
using replmeta::Copy;
using replmeta::Server;
using replmeta::Shown;

std::optional<model::Uuid> uuid_of(const SearchMetaDataEntry& entry) {
  return entry.state ? entry.state->entry : std::nullopt;
}

bool is_dead(const SearchMetaDataEntry& entry) {
  return entry.state && entry.state->deleted_csn;
}

ldup::SearchWithMetaDataRequest request_for(const ReplmetaSettings& settings, const std::string& base) {
  ldup::SearchWithMetaDataRequest out;
  out.base = base;
  out.filter = model::Filter::parse("(objectClass=*)");
  out.attributes = settings.attributes;
  out.deleted_entries = true;
  return out;
}

std::string normalized(std::string_view dn) {
  std::string out;
  model::normalize_dn(dn, model::Schema::standard(), out);
  return out;
}

// Returns the naming context that holds the DN; the DN itself where the server names none.
std::string context_of(const Server& server, const std::string& dn) {
  std::string best;
  for (const auto& context : server.facts.naming_contexts) {
    if (context.size() >= best.size() && model::is_at_or_below(normalized(dn), normalized(context))) best = context;
  }
  return best.empty() ? dn : best;
}

// Takes the entry with the UUID if there is one, else the living one, else the tombstone that was deleted last.
void choose(std::vector<SearchMetaDataEntry>&& found, const std::optional<model::Uuid>& wanted, Copy& copy) {
  std::stable_sort(found.begin(), found.end(), [&](const auto& a, const auto& b) {
    const auto rank = [&](const auto& entry) {
      return std::pair(wanted && uuid_of(entry) == wanted ? 0 : 1, is_dead(entry) ? 1 : 0);
    };
    if (rank(a) != rank(b)) return rank(a) < rank(b);
    return is_dead(a) && is_dead(b) && *a.state->deleted_csn > *b.state->deleted_csn;
  });
  if (found.empty()) return;
  copy.entry = std::move(found.front());
  copy.notes.clear();
  for (std::size_t i = 1; i < found.size(); ++i) {
    const auto uuid = uuid_of(found[i]);
    copy.notes.push_back(fmt::format("also {} of this name: entryUUID {}",
                                     is_dead(found[i]) ? "a tombstone" : "an entry", uuid ? uuid->text() : "unknown"));
  }
}

std::optional<ldup::Csn> csn_or_nothing(const std::string& text) {
  try {
    return ldup::Csn::parse(text);
  } catch (const ParseError&) {
    return std::nullopt;
  }
}

// OpenLDAP keeps a CSN for the entry only: what else it can tell is who changed the entry last, and when.
void read_openldap(const ReplmetaSettings& settings, Server& server, Copy& copy) {
  auto wanted = settings.attributes;
  if (wanted.empty()) wanted.emplace_back("*");
  const std::vector<std::string> told = {"creatorsName",    "createTimestamp", "modifiersName",
                                         "modifyTimestamp", "entryCSN",        "entryUUID"};
  wanted.insert(wanted.end(), told.begin(), told.end());
  copy.notes.emplace_back(
      "OpenLDAP keeps no meta-data of values: entryCSN and modifiersName are those of the entry's "
      "last change");
  const auto entry = server.connection->read(settings.dn, wanted);
  if (!entry) return;
  SearchMetaDataEntry out{.name = entry->dn, .attributes = {}, .state = ldup::EntryState{}};
  for (const auto& attribute : entry->attributes) {
    if (equals_ignore_case(attribute.description, "entryUUID") && !attribute.values.empty()) {
      out.state->entry = model::Uuid::parse(attribute.values.front());
      continue;
    }
    auto& added = out.attributes.emplace_back();
    added.type = attribute.description;
    for (const auto& value : attribute.values) {
      added.values.push_back({.value = value, .deleted = false, .csn = {}, .distinguished = false});
      if (equals_ignore_case(added.type, "entryCSN")) added.values.back().csn = csn_or_nothing(value);
    }
  }
  copy.entry = std::move(out);
}

void read_copy(const ReplmetaSettings& settings, Server& server, Copy& copy) {
  if (server.facts.kind == tasks::Kind::openldap) {
    read_openldap(settings, server, copy);
    return;
  }
  replmeta::require_meta_data(server);
  choose(replmeta::read_entries(server, request_for(settings, settings.dn)), std::nullopt, copy);
}

// The UUID that most living entries have, else most tombstones.
std::optional<model::Uuid> common_uuid(const std::vector<Copy>& copies) {
  std::map<model::Uuid, std::size_t> votes;
  for (const auto& copy : copies) {
    if (!copy.entry) continue;
    if (const auto uuid = uuid_of(*copy.entry)) votes[*uuid] += copy.is_tombstone() ? 1 : copies.size() + 1;
  }
  const auto best =
      std::max_element(votes.begin(), votes.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
  return best == votes.end() ? std::nullopt : std::optional(best->first);
}

// A server that has the entry under another name.
void find_by_uuid(const ReplmetaSettings& settings, const model::Uuid& uuid, Server& server, Copy& copy) {
  if (copy.entry && uuid_of(*copy.entry) == uuid) return;
  if (server.facts.kind == tasks::Kind::openldap) return;
  auto request = request_for(settings, context_of(server, settings.dn));
  request.scope = ldup::SearchWithMetaDataRequest::Scope::subtree;
  request.filter = model::Filter::parse("(entryUUID=" + uuid.text() + ")");
  auto found = replmeta::read_entries(server, std::move(request));
  if (found.empty()) return;
  if (copy.entry) found.push_back(std::move(*copy.entry));
  choose(std::move(found), uuid, copy);
}

Shown read_all(const ReplmetaSettings& settings, std::vector<Server>& servers) {
  Shown shown{.dn = settings.dn, .copies = std::vector<Copy>(servers.size()), .rows = {}};
  const auto copy_of = [&](const Server& server) -> Copy& {
    return shown.copies[static_cast<std::size_t>(&server - servers.data())];
  };
  for (const auto& server : servers) copy_of(server).server = &server;
  repctl::for_each_server(servers, [&](Server& server) { read_copy(settings, server, copy_of(server)); });
  if (const auto uuid = common_uuid(shown.copies)) {
    repctl::for_each_server(servers, [&](Server& server) { find_by_uuid(settings, *uuid, server, copy_of(server)); });
  }
  std::vector<const SearchMetaDataEntry*> entries;
  for (auto& copy : shown.copies) {
    if (copy.server->problem) copy.entry.reset();
    entries.push_back(copy.entry ? &*copy.entry : nullptr);
  }
  shown.rows = metadata::compare(entries);
  for (const auto& row : shown.rows) {
    if (row.differs) ++(row.is_record() ? shown.records : shown.differences);
  }
  return shown;
}

}  // namespace

bool replmeta::Shown::absent_on_some() const {
  const auto has = [](const Copy& copy) { return copy.entry.has_value(); };
  const auto lacks = [](const Copy& copy) { return !copy.entry && !copy.server->problem; };
  return std::any_of(copies.begin(), copies.end(), has) && std::any_of(copies.begin(), copies.end(), lacks);
}

ExitStatus meta_show(ReplmetaSettings& settings) {
  replmeta::check_dn("DN", settings.dn);
  auto servers = replmeta::open_servers(settings);
  const auto shown = read_all(settings, servers);
  if (settings.json) {
    replmeta::print_json(shown);
  } else {
    replmeta::print_text(settings, shown);
  }
  cli::flush_out();
  if (!settings.json) repctl::tell_problems(servers, "replmeta");
  const auto status = repctl::status_of(servers);
  const bool any =
      std::any_of(shown.copies.begin(), shown.copies.end(), [](const Copy& copy) { return copy.entry.has_value(); });
  if (!any && status == ExitStatus::done) {
    fmt::print(stderr, "replmeta: {}: no such entry, nor a tombstone of it\n", printable(settings.dn));
    return ExitStatus::refused;
  }
  return shown.differences != 0 || shown.absent_on_some() ? worse(ExitStatus::findings, status) : status;
}

}  // namespace replkit::tools
