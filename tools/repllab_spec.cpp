// What repllab takes: its help, man page and completions.
#include <map>

#include "common/base/error.hpp"
#include "tools/repllab.hpp"

namespace replkit::tools {

using cli::CommandSpec;
using cli::flag;
using cli::option;
using cli::OptionGroup;

namespace {

constexpr unsigned most_servers = 64;

const std::map<std::string, BreakKind> break_kinds = {
    {"stop", BreakKind::stop},        {"start", BreakKind::start},           {"kill", BreakKind::kill},
    {"cut", BreakKind::cut},          {"divergence", BreakKind::divergence}, {"lingering", BreakKind::lingering},
    {"conflict", BreakKind::conflict}};

OptionGroup where(RepllabSettings& settings) {
  return {"The lab",
          {option("--dir", "DIR", "The folder of the lab, its own.", settings.directory)
               .completes(cli::Completion::directory)
               .defaults_to("$XDG_STATE_HOME/replkit/lab or ~/.local/state/replkit/lab")}};
}

OptionGroup output(RepllabSettings& settings) {
  return {"Output", {flag("--json", "JSON, for programs.", settings.json)}};
}

CommandSpec up(RepllabSettings& settings) {
  CommandSpec spec;
  spec.name = "up";
  spec.summary = "make a lab, or start what is down of one";
  spec.description = {
      "Makes N servers that replicate the same entries, or starts those that are down; what runs already is left as it "
      "is. With a larger N than before servers are added. The ports, once chosen, stay.",
      "The top of the entries becomes an area of replication with an updateable replica on each server, s1, s2 and so "
      "on. The servers of a new lab are all loaded with the entries, which is faster; one that is added gets them from "
      "the first by a full update. The first five servers exchange changes each with each, further ones with two of "
      "those. up ends when all have all changes, but for suspended ones.",
      "With --plain the servers know nothing of each other: they begin with the same entries under the same ids, and "
      "wait "
      "for repctl to make a group of them. Agreements need no credentials here."};
  spec.arguments = {{.name = "N",
                     .help = "How many servers; 2 for a new lab, else as many as there are.",
                     .set = [&settings](const std::string& text) {
                       settings.servers = static_cast<unsigned>(cli::read_number(text, most_servers));
                       if (*settings.servers == 0) throw UsageError("a lab has at least one server");
                     }}};
  spec.groups = {{"What is in it",
                  {option("--data", "FILE", "The entries, as LDIF; the first one is the top.", settings.data)
                       .completes(cli::Completion::file)
                       .defaults_to("invented people below dc=example,dc=com"),
                   option("--persons", "N", "How many people to invent.", settings.persons),
                   flag("--plain", "Servers that do not replicate yet.", settings.plain)}},
                 where(settings),
                 output(settings)};
  spec.run = [&settings] { return repllab_up(settings); };
  return spec;
}

CommandSpec status(RepllabSettings& settings) {
  CommandSpec spec;
  spec.name = "status";
  spec.summary = "show the servers of the lab";
  spec.description = {
      "Asks each server, and shows where it is, how many entries it has, how fast it answers, whether its disk is "
      "full, whether its replica is suspended, and whether it is in step with the others that answer or lacks changes, "
      "named by the replicas that made them. The last alone is no finding: on busy servers something is always on its "
      "way."};
  spec.groups = {where(settings), output(settings)};
  spec.exit_notes = {{ExitStatus::findings, "A server is down, does not answer or has a full disk."}};
  spec.run = [&settings] { return repllab_status(settings); };
  return spec;
}

CommandSpec shell(RepllabSettings& settings) {
  CommandSpec spec;
  spec.name = "shell";
  spec.summary = "set the environment, so that commands find the lab";
  spec.description = {
      "Prints the assignments for eval in a shell, or runs a command with them: the variables of lab.env, those of "
      "OpenLDAP's clients (the first server is theirs) and the inventory of the toolkit with the servers s1, s2 and so "
      "on, and the group lab.",
      "The status of a command that is run is that command's."};
  spec.arguments = {{.name = "COMMAND",
                     .help = "The command to run, with its arguments, after --.",
                     .set = [&settings](const std::string& text) { settings.command.push_back(text); },
                     .repeatable = true}};
  spec.groups = {where(settings)};
  spec.examples = {{"eval \"$(repllab shell)\"", "From here on, commands of this shell find the lab."},
                   {"ldapsearch -x -ZZ -y \"$REPLLAB_PASSFILE\" -s one", "Then this is enough."},
                   {"replcompare -H @lab -b \"$REPLLAB_BASE\"", "And this compares all servers."}};
  spec.run = [&settings] { return repllab_shell(settings); };
  return spec;
}

CommandSpec break_it(RepllabSettings& settings) {
  CommandSpec spec;
  spec.name = "break";
  spec.summary = "do damage, to see what one sees then";
  spec.description = {
      "KIND is one of: stop (a server ends as it should), kill (it ends in the middle of whatever it does), cut (its "
      "link is cut: who asks it gets no answer), start (it is back from any of these), divergence (a server gets an "
      "entry less, one more, one of another name and one with another value), lingering (a server is filled with "
      "entries that the others deleted so long ago that they forgot it), conflict (two servers add entries under one "
      "name, "
      "and one adds entries below what the other deletes, before they hear of each other; SERVER is one of them).",
      "divergence and lingering are done by the operations with meta-data, under change numbers that all servers know: "
      "replication neither heals nor spreads them. The server must be up."};
  spec.arguments = {{.name = "KIND",
                     .help = "What to break.",
                     .set = [&settings](const std::string& text) { settings.kind = break_kinds.at(text); },
                     .required = true,
                     .choices = {"stop", "start", "kill", "cut", "divergence", "lingering", "conflict"}},
                    {.name = "SERVER",
                     .help = "The server, as s2 or 2; the last one when none is named.",
                     .set = [&settings](const std::string& text) { settings.server = text; }}};
  spec.groups = {
      {"How much",
       {option("--each", "N", "How many entries of each kind.", settings.each).defaults_to("1, of lingering 10")}},
      where(settings)};
  spec.examples = {{"repllab break cut s2", "Nothing reaches the second server ..."},
                   {"repllab break start s2", "... until now: what was changed meanwhile arrives."},
                   {"repllab break divergence s2", "Make the second server differ."}};
  spec.run = [&settings] { return repllab_break(settings); };
  return spec;
}

CommandSpec down(RepllabSettings& settings) {
  CommandSpec spec;
  spec.name = "down";
  spec.summary = "end the servers of the lab";
  spec.description = {"Ends all servers. Their entries stay for the next up, unless the lab is purged."};
  spec.groups = {{"What stays", {flag("--purge", "Remove the lab with all its entries.", settings.purge)}},
                 where(settings)};
  spec.run = [&settings] { return repllab_down(settings); };
  return spec;
}

}  // namespace

CommandSpec repllab_spec(RepllabSettings& settings) {
  CommandSpec spec;
  spec.name = "repllab";
  spec.summary = "a disposable group of directory servers on this machine";
  spec.description = {
      "Runs reference servers (replserver) that replicate sample entries, or yours, to try a procedure before doing it "
      "for real. They listen on 127.0.0.1 only, with StartTLS by an authority of the lab's own, and outlive repllab "
      "until down.",
      "The lab lives in a folder of its own. An administrator with a random password may do everything there; his "
      "password is in a file that only its owner can read. People among the entries may read all but passwords. The "
      "servers bind to each other as that administrator, over StartTLS."};
  spec.commands = {up(settings), status(settings), shell(settings), break_it(settings), down(settings)};
  spec.examples = {{"repllab up 3", "Start three servers that replicate."},
                   {"eval \"$(repllab shell)\"", "Tell the shell where they are."},
                   {"repctl -H @lab status", "What do they say of their replication?"},
                   {"repllab up 3 --data my.ldif --dir /tmp/lab", "Three servers with your entries."},
                   {"repllab down --purge", "Leave nothing behind."}};
  spec.files = {{"lab.env",
                 "In the lab's folder: shell assignments of REPLLAB_URIS (with blanks between them), REPLLAB_BINDDN, "
                 "REPLLAB_PASSFILE, REPLLAB_BASE and LDAPTLS_CACERT."},
                {"inventory.toml", "In the lab's folder: its servers for the programs of the toolkit."},
                {"s1/log, s1/audit.log", "What the first server says, and who changed what."},
                {"s1/history.jsonl", "Its sessions with the other servers, one a line."},
                {"s1/offline", "Where it writes and reads files of full updates."},
                {"audit.jsonl", "What repllab did to make the servers a replica group."}};
  spec.environment = {
      {"XDG_STATE_HOME, HOME", "Where the lab is without --dir."},
      {"PATH", "Where replserver is looked for when it is not beside repllab."},
  };
  spec.see_also = {"replserver(8)", "repctl(1)",     "replcompare(1)",
                   "replmeta(1)",   "ldapsearch(1)", "replkit-inventory(5)"};
  return spec;
}

}  // namespace replkit::tools
