// One value of olcSyncrepl, as slapd.conf(5) describes it: KEYWORD=VALUE pairs, values in double quotes when they hold
// spaces.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace replkit::directory {

// Only what the toolkit looks at: the value also holds a password in clear, which never leaves this parser.
struct SyncreplValue {
  std::string rid;
  std::string provider;
  std::string search_base;
  std::string filter;
  std::string scope;
  std::vector<std::string> attributes;           // attrs=: what replicates; empty: everything
  std::vector<std::string> excluded_attributes;  // exattrs=
  bool attributes_only = false;                  // attrsonly
};

// Returns what the value says; keywords it does not know are skipped, an unfinished quote ends the value.
SyncreplValue parse_syncrepl(std::string_view value);

// Whether these attrs= let every user attribute through: none given, or "*" among them.
bool replicates_all_user_attributes(const SyncreplValue& value);

}  // namespace replkit::directory
