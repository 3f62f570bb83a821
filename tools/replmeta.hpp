// replmeta: entries with their meta-data (draft-ietf-ldup-mrm-02 3.14, 3.15).
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "common/cli/command.hpp"
#include "common/cli/connection_options.hpp"
#include "common/ldup/metadata.hpp"

namespace replkit::tools {

// What the options of all commands said; each command looks at its own.
struct ReplmetaSettings {
  cli::ConnectionSettings connection;
  bool json = false;

  // search, show
  std::optional<std::string> base;
  ldup::SearchWithMetaDataRequest::Scope scope = ldup::SearchWithMetaDataRequest::Scope::subtree;
  ldup::SearchWithMetaDataRequest::Dereference dereference = ldup::SearchWithMetaDataRequest::Dereference::never;
  std::string filter = "(objectClass=*)";
  std::vector<std::string> attributes;
  bool deleted = false;
  std::optional<unsigned> size_limit;
  std::optional<unsigned> time_limit;  // seconds
  std::string dn;
  bool csns = false;

  // Commands that change something.
  bool dry_run = false;
  bool yes = false;
  bool go_on = false;
  std::string audit_file;
  std::string save_file;
  std::string file = "-";
  bool new_csns = false;
  bool revive = false;
  std::vector<std::string> dns;
  std::string csn;
  bool no_record = false;
  std::string uuid;
};

// Returns the program's specification with its sub-commands, bound to the settings.
cli::CommandSpec replmeta_spec(ReplmetaSettings& settings);

ExitStatus meta_search(ReplmetaSettings& settings);
ExitStatus meta_show(ReplmetaSettings& settings);
ExitStatus meta_add(ReplmetaSettings& settings);
ExitStatus meta_modify(ReplmetaSettings& settings);
ExitStatus meta_delete(ReplmetaSettings& settings);

}  // namespace replkit::tools
