#include "tools/replmeta/servers.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "common/base/text.hpp"
#include "common/ldup/oids.hpp"
#include "common/metadata/operations.hpp"
#include "common/model/dn.hpp"

namespace replkit::tools::replmeta {

namespace {

const char* instead(tasks::Kind kind) {
  switch (kind) {
    case tasks::Kind::openldap:
      return "OpenLDAP keeps no meta-data of values, only the entryCSN, modifiersName and modifyTimestamp of each "
             "entry: replmeta show tells them";
    case tasks::Kind::ds389:
      return "389 Directory Server tells its meta-data in the attribute nscpEntryWSI, to its directory manager: "
             "ldapsearch -b DN -s base '(objectClass=*)' nscpEntryWSI; of deleted entries with "
             "'(objectClass=nsTombstone)'";
    case tasks::Kind::active_directory:
      return "Active Directory tells its meta-data in msDS-ReplAttributeMetaData and msDS-ReplValueMetaData: "
             "ldapsearch -b DN -s base '(objectClass=*)' msDS-ReplAttributeMetaData, or repadmin /showobjmeta";
    case tasks::Kind::ldup:
      return "it knows LDUP, but does not list SearchWithMetaData and the operations with it in supportedExtension";
    case tasks::Kind::other:
      break;
  }
  return "the server offers no operations with meta-data (ldup-mrm(7)), and is of no kind known here";
}

}  // namespace

std::vector<Server> open_servers(const ReplmetaSettings& settings) {
  return repctl::open_servers(settings.connection, "replmeta");
}

Server open_server(const ReplmetaSettings& settings) {
  auto servers = open_servers(settings);
  if (servers.size() != 1) throw UsageError("this is for one server: name one with -H");
  Server server = std::move(servers.front());
  if (server.problem) throw Error(server.problem->status, server.problem->text);
  require_meta_data(server);
  return server;
}

void require_meta_data(const Server& server) {
  const auto& known = server.facts.extensions;
  if (std::find(known.begin(), known.end(), ldup::oid::search_with_meta_data) != known.end()) return;
  throw tasks::Precondition(fmt::format("{}: {}", printable(server.name), instead(server.facts.kind)));
}

model::Filter parse_filter(const std::string& text) {
  try {
    return model::Filter::parse(text);
  } catch (const ParseError& error) {
    throw UsageError(fmt::format("filter \"{}\": {}", printable(text), error.what()));
  }
}

void check_dn(const std::string& what, const std::string& text) {
  try {
    model::Dn::parse(text);
  } catch (const ParseError& error) {
    throw UsageError(fmt::format("{} \"{}\": {}", what, printable(text), error.what()));
  }
}

std::optional<ldup::Csn> parse_csn(const std::string& what, const std::string& text) {
  if (text.empty()) return std::nullopt;
  try {
    return ldup::Csn::parse(text);
  } catch (const ParseError& error) {
    throw UsageError(fmt::format("{} \"{}\": {}", what, printable(text), error.what()));
  }
}

std::optional<model::Uuid> parse_uuid(const std::string& what, const std::string& text) {
  if (text.empty()) return std::nullopt;
  auto uuid = model::Uuid::parse(text);
  if (!uuid) throw UsageError(fmt::format("{} \"{}\": is no UUID", what, printable(text)));
  return uuid;
}

std::vector<ldup::SearchMetaDataEntry> read_entries(Server& server, ldup::SearchWithMetaDataRequest request) {
  request.attribute_change_state = true;
  const auto action = "search with meta-data at " + printable(request.base);
  std::vector<ldup::SearchMetaDataEntry> found;
  const auto outcome = metadata::search(
      *server.connection, request,
      {.entry = [&](ldup::SearchMetaDataEntry&& entry) { found.push_back(std::move(entry)); },
       .malformed =
           [&](const std::string& problem, std::string_view bytes) {
             throw ldap::LdapError(ldap::ResultCode::protocol_error, server.name, action,
                                   fmt::format("{}; the answer was {}", problem, to_hex(bytes.substr(0, 100))));
           }});
  if (outcome.code == ldap::ResultCode::no_such_object || outcome.complete()) return found;
  auto error = ldap::error_of(outcome, server.name, action);
  const auto hint = metadata::hint_for(metadata::Verb::search, outcome.code, server.facts.identity);
  if (!hint.empty()) throw Error(error.status(), fmt::format("{}; {}", error.what(), hint));
  throw error;
}

}  // namespace replkit::tools::replmeta
