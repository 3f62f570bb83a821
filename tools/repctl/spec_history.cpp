// repctl history: its help, man page and completions.
#include "tools/repctl/spec.hpp"

namespace replkit::tools::repctl {

using cli::CommandSpec;
using cli::flag;
using cli::option;

CommandSpec history_command(RepctlSettings& settings) {
  auto& history = settings.history;
  auto spec = command(
      "history", "show what is on record of sessions and of changes",
      {"Shows the audit history (mrm 4.19): of each replication session partner, direction, counts, result, schema "
       "mismatches and conflicts; of each request to change the directory who made it, from where, what it was, and "
       "the "
       "result. Servers keep that in files of their own machine, so that it can be read when the directory cannot: "
       "those of replserver(8) are named in its configuration by history of [replication] and by file of [audit]. "
       "Name both to see which change was followed by which session; the oldest comes first.",
       "Lines that are malformed are named and passed over (status 2). With -b sessions of other areas are left out, "
       "and changes, which tell no area.",
       "Without files the servers of -H are asked how the last session of each of their agreements ended: more they do "
       "not tell to clients."},
      [&settings] { return show_history(settings); });
  spec.arguments = {{.name = "FILE",
                     .help = "A file of history; - is standard input.",
                     .set = [&history](const std::string& file) { history.files.push_back(file); },
                     .repeatable = true,
                     .completion = cli::Completion::file}};
  spec.groups = {
      {"What is shown",
       {option("--since", "WHEN", "Nothing older: 2h ago, or 2026-12-24 or 2026-12-24T18:30 in UTC.", history.since),
        option("--limit", "N", "The newest N only.", history.limit)
            .defaults_to("10000, and status 2 if there are more"),
        option("--partner", "ID", "Sessions with this replica.", history.partner),
        flag("--failed", "What did not succeed.", history.failed),
        flag("--mismatches", "Sessions in which entries did not fit the schema (mrm 4.22).", history.mismatches),
        flag("--sessions", "No changes.", history.sessions), flag("--changes", "No sessions.", history.changes)}}};
  spec.examples = {{"repctl history /var/log/replserver/*.jsonl --since 2h --failed",
                    "What went wrong on this server in the last two hours?"}};
  return spec;
}

}  // namespace replkit::tools::repctl
