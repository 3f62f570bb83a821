// replmeta search: entries with meta-data as LDIF, or as JSON lines ("schema": "replmeta/1").
#include <fmt/format.h>

#include <cstdio>
#include <nlohmann/json.hpp>

#include "common/base/text.hpp"
#include "common/cli/output.hpp"
#include "common/ldap/defaults.hpp"
#include "common/metadata/ldif.hpp"
#include "common/metadata/operations.hpp"
#include "tools/replmeta/json.hpp"
#include "tools/replmeta/servers.hpp"

namespace replkit::tools {

namespace {

ldup::SearchWithMetaDataRequest request_of(const ReplmetaSettings& settings) {
  ldup::SearchWithMetaDataRequest out;
  out.base = settings.base ? *settings.base : ldap::default_base();
  replmeta::check_dn("-b", out.base);
  out.scope = settings.scope;
  out.dereference = settings.dereference;
  out.size_limit = static_cast<std::int32_t>(settings.size_limit.value_or(0));
  out.time_limit = static_cast<std::int32_t>(settings.time_limit.value_or(0));
  out.filter = replmeta::parse_filter(settings.filter);
  out.attributes = settings.attributes;
  out.deleted_entries = settings.deleted;
  out.attribute_change_state = true;
  return out;
}

void print_ldif(const ldup::SearchMetaDataEntry& entry, model::LdifWriter& writer) {
  for (const auto& remark : metadata::remarks(entry)) writer.comment(remark);
  writer.entry(metadata::to_entry(entry));
}

void print_line(nlohmann::json line) {
  line["schema"] = "replmeta/1";
  cli::print_out(cli::to_json(line) + '\n');
}

}  // namespace

ExitStatus meta_search(ReplmetaSettings& settings) {
  const auto request = request_of(settings);
  auto server = replmeta::open_server(settings);
  model::LdifWriter writer(cli::print_out, settings.connection.ldif_wrap.value_or(76));
  if (!settings.json) writer.version();
  std::uint64_t malformed = 0;
  const auto outcome = metadata::search(
      *server.connection, request,
      {.entry =
           [&](ldup::SearchMetaDataEntry&& entry) {
             if (settings.json) {
               print_line(replmeta::json_of(entry));
               return;
             }
             try {
               print_ldif(entry, writer);
             } catch (const ParseError& error) {
               ++malformed;
               fmt::print(stderr, "replmeta: {}: {}: cannot stand in LDIF: {}; --json shows it\n",
                          printable(server.name), printable(entry.name), printable(error.what()));
             }
           },
       .malformed =
           [&](const std::string& problem, std::string_view bytes) {
             ++malformed;
             fmt::print(stderr, "replmeta: {}: an answer cannot be decoded: {}: {}{}\n", printable(server.name),
                        problem, to_hex(bytes.substr(0, 200)), bytes.size() > 200 ? "..." : "");
           }});
  const bool complete = outcome.complete() && malformed == 0;
  if (settings.json) {
    print_line({{"complete", complete},
                {"entries", outcome.entries},
                {"result", static_cast<int>(outcome.code)},
                {"references", outcome.referrals}});
  } else {
    for (const auto& uri : outcome.referrals) writer.comment("reference: " + uri);
    writer.comment(fmt::format("numEntries: {}{}", outcome.entries, complete ? "" : " (incomplete)"));
  }
  cli::flush_out();
  if (!outcome.complete()) {
    const auto error = ldap::error_of(outcome, server.name, "search with meta-data at " + printable(request.base));
    const auto hint = metadata::hint_for(metadata::Verb::search, outcome.code, server.facts.identity);
    fmt::print(stderr, "replmeta: {}{}{}\n", printable(error.what()), hint.empty() ? "" : "; ", hint);
    return error.status();
  }
  return malformed == 0 ? ExitStatus::done : ExitStatus::undecided;
}

}  // namespace replkit::tools
