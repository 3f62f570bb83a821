// The servers of replmeta, and what they are asked with.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/ldup/metadata.hpp"
#include "tools/repctl/servers.hpp"
#include "tools/replmeta.hpp"

namespace replkit::tools::replmeta {

using repctl::Problem;
using repctl::Server;

// Returns all servers of -H, connected or with their problem.
std::vector<Server> open_servers(const ReplmetaSettings& settings);

// Returns the server of -H, which must offer operations with meta-data. Throws its problem; UsageError for several.
Server open_server(const ReplmetaSettings& settings);

// Throws tasks::Precondition, naming what the server has instead, unless it offers operations with meta-data.
void require_meta_data(const Server& server);

// Throw UsageError naming `what` (the option or argument).
model::Filter parse_filter(const std::string& text);
void check_dn(const std::string& what, const std::string& text);
std::optional<ldup::Csn> parse_csn(const std::string& what, const std::string& text);
std::optional<model::Uuid> parse_uuid(const std::string& what, const std::string& text);

// Asks for entries with all meta-data. Throws LdapError for every result but success and noSuchObject, and for an
// answer that cannot be decoded.
std::vector<ldup::SearchMetaDataEntry> read_entries(Server& server, ldup::SearchWithMetaDataRequest request);

}  // namespace replkit::tools::replmeta
