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
    {"stop", BreakKind::stop}, {"start", BreakKind::start},           {"kill", BreakKind::kill},
    {"cut", BreakKind::cut},   {"divergence", BreakKind::divergence}, {"lingering", BreakKind::lingering}};

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
      "Makes N servers with the same entries, or starts those that are down; what runs already is left as it is. With "
      "a "
      "larger N than before servers are added, with the entries the others began with. The ports, once chosen, stay."};
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
                   option("--persons", "N", "How many people to invent.", settings.persons)}},
                 where(settings),
                 output(settings)};
  spec.run = [&settings] { return repllab_up(settings); };
  return spec;
}

CommandSpec status(RepllabSettings& settings) {
  CommandSpec spec;
  spec.name = "status";
  spec.summary = "show the servers of the lab";
  spec.description = {"Asks each server, and shows where it is, how many entries it has and how fast it answers."};
  spec.groups = {where(settings), output(settings)};
  spec.exit_notes = {{ExitStatus::findings, "A server is down or does not answer."}};
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
      "entry less, one more, one of another name and one with another value, under the ids and change numbers of "
      "before: replication does not see that), lingering (a server is filled with entries that the others deleted so "
      "long ago that they forgot it)."};
  spec.arguments = {{.name = "KIND",
                     .help = "What to break.",
                     .set = [&settings](const std::string& text) { settings.kind = break_kinds.at(text); },
                     .required = true,
                     .choices = {"stop", "start", "kill", "cut", "divergence", "lingering"}},
                    {.name = "SERVER",
                     .help = "The server, as s2 or 2; the last one when none is named.",
                     .set = [&settings](const std::string& text) { settings.server = text; }}};
  spec.groups = {{"How much",
                  {option("--each", "N", "How many entries of each kind.", settings.each)
                       .defaults_to("1 of divergence, 10 of lingering")}},
                 where(settings)};
  spec.examples = {{"repllab break divergence s2", "Make the second server differ."}};
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
      "Runs reference servers (replserver) with sample entries, or yours, to try a procedure before doing it for real. "
      "They listen on 127.0.0.1 only, with StartTLS by an authority of the lab's own, and outlive repllab until down.",
      "The lab lives in a folder of its own. An administrator with a random password may do everything there; his "
      "password is in a file that only its owner can read. People among the entries may read all but passwords."};
  spec.commands = {up(settings), status(settings), shell(settings), break_it(settings), down(settings)};
  spec.examples = {{"repllab up 2", "Start two servers."},
                   {"eval \"$(repllab shell)\"", "Tell the shell where they are."},
                   {"repllab up 3 --data my.ldif --dir /tmp/lab", "Three servers with your entries."},
                   {"repllab down --purge", "Leave nothing behind."}};
  spec.files = {{"lab.env",
                 "In the lab's folder: shell assignments of REPLLAB_URIS (with blanks between them), REPLLAB_BINDDN, "
                 "REPLLAB_PASSFILE, REPLLAB_BASE and LDAPTLS_CACERT."},
                {"inventory.toml", "In the lab's folder: its servers for the programs of the toolkit."},
                {"s1/log, s1/audit.log", "What the first server says, and who changed what."}};
  spec.environment = {
      {"XDG_STATE_HOME, HOME", "Where the lab is without --dir."},
      {"PATH", "Where replserver is looked for when it is not beside repllab."},
  };
  spec.see_also = {"replserver(8)", "replcompare(1)", "ldapsearch(1)", "replkit-inventory(5)"};
  return spec;
}

}  // namespace replkit::tools
