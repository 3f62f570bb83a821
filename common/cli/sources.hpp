// From -H to what is to be read: servers with their credentials, and files.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/base/cancel.hpp"
#include "common/cli/connection_options.hpp"
#include "common/ldap/options.hpp"

namespace replkit::cli {

// One source: either a server or a file.
struct SourceSpec {
  std::string name;  // as the user knows it: the URI, the inventory's name, "file:PATH" or "-"
  std::optional<ldap::ConnectionOptions> server;
  std::optional<std::string> file;  // a path, "-" for standard input
};

// Returns the sources of the settings, in order, a group of the inventory as its servers. Credentials come from the
// inventory for a server that has some there, else from the command line. Asks for a password where one is needed;
// throws UsageError when there is nobody to ask, when options contradict each other, when a source is unknown, or when
// there is none at all.
std::vector<SourceSpec> resolve_sources(const ConnectionSettings& settings, SourceKinds kinds,
                                        const CancelToken& cancel);

}  // namespace replkit::cli
