// What repctl takes: its help, man page and completions. The nouns are in tools/repctl/spec_*.cpp.
#include "tools/repctl.hpp"
#include "tools/repctl/spec.hpp"

namespace replkit::tools {

using cli::CommandSpec;
using cli::flag;
using cli::option;
using cli::OptionGroup;

namespace {

OptionGroup area_options(RepctlSettings& settings) {
  return {"Area and output",
          {option("-b,--base", "DN", "The top entry of the area of replication.", settings.area)
               .defaults_to("BASE of ldap.conf"),
           flag("--json", "JSON, for programs.", settings.json)}};
}

OptionGroup writing(RepctlSettings& settings) {
  return {
      "Changes",
      {flag("-n,--dry-run", "Print the LDAP operations as LDIF, server by server, and send none of them.",
            settings.dry_run),
       flag("--yes", "Do not ask. A script must say so.", settings.yes),
       flag("--write-unwriteable",
            "Lift NO-USER-MODIFICATION, and write on a read-only replica (mrm 3.16). set-type and set-filter do so "
            "of themselves.",
            settings.write_unwriteable),
       flag("--skip-unreachable",
            "Change the other servers when one cannot be reached. Otherwise nothing is changed on any.",
            settings.skip_unreachable),
       option("--audit", "FILE", "Where each change is recorded: who, when, where, what. One JSON object a line.",
              settings.audit_file)
           .completes(cli::Completion::file)
           .defaults_to("$XDG_STATE_HOME/replkit/audit.jsonl"),
       option("--save", "FILE", "Where what is removed is saved first, as LDIF for its owner only.", settings.save_file)
           .completes(cli::Completion::file)
           .defaults_to("a new file in $XDG_STATE_HOME/replkit/removed")}};
}

}  // namespace

CommandSpec repctl_spec(RepctlSettings& settings) {
  CommandSpec spec;
  spec.name = "repctl";
  spec.summary = "manage areas of replication, replicas, agreements and cycles";
  spec.description = {
      "Manages how directory servers replicate, as draft-ietf-ldup-mrm-02 (mrm) has it: each command is one of its "
      "operations. Repeat -H, or name a group of the inventory, to do it on several servers.",
      "Commands that change something show what they would do with --dry-run, ask on a terminal, want --yes in a "
      "script, and record each change. They read before they write: run again after a failure they do what is left, "
      "and say what was done before. Those that remove something save it as LDIF first.",
      "When one of several servers is unreachable, or not as it must be, nothing is changed on any.",
      "Servers that are not LDUP's (OpenLDAP, 389 Directory Server, Active Directory) are recognized: the message says "
      "what they have instead."};
  spec.groups = {area_options(settings), writing(settings),
                 cli::connection_options(settings.connection, cli::SourceKinds::servers)};
  auto status = repctl::command(
      "status", "show what servers say of their areas, and what is wrong with them",
      {"Shows the area of -b, or all areas, on each server (mrm 4.9, 4.10): its own replica, all replicas with their "
       "update vectors, and agreements with how their last session ended.",
       "Then come findings (status 1; notes alone do not count): replicas that changes do not reach, as agreements are "
       "missing or lead one way only; suspended replicas; filters that do not fit; entries that say what cannot be; "
       "sessions that failed; replicas and agreements that one server knows and another does not; entries that should "
       "be one and are several. The last column names the servers by whose copy it is so. Name all servers of the "
       "group "
       "to have them compared.",
       "Who lacks which changes is told by repctl vector diff."},
      [&settings] { return show_status(settings); });
  spec.commands = {
      repctl::area_commands(settings),        repctl::replica_commands(settings),  repctl::agreement_commands(settings),
      repctl::credentials_commands(settings), repctl::schedule_commands(settings), repctl::cycle_commands(settings),
      repctl::vector_commands(settings),      repctl::history_command(settings),   status};
  spec.examples = {{"repctl -x -ZZ -D cn=admin,dc=example,dc=com -y pw -H ldap://a -b dc=example,dc=com area add",
                    "Make an area on the first server."},
                   {"repctl -H @group -b dc=example,dc=com status", "Look at a group of the inventory."},
                   {"repctl -H ldap://a -b dc=example,dc=com --dry-run replica delete r3", "What would that do?"}};
  spec.exit_notes = {{ExitStatus::done, "Done, or it was so already."},
                     {ExitStatus::undecided, "Done on some servers only, interrupted, or the answer was no."},
                     {ExitStatus::refused, "A server refused, or the area is not as the command needs it."}};
  spec.environment = cli::connection_environment();
  spec.environment.push_back({"XDG_STATE_HOME, HOME", "Where the record of changes and saved entries are."});
  spec.files = cli::connection_files();
  spec.files.push_back({"audit.jsonl", "In $XDG_STATE_HOME/replkit: what was sent to whom, without passwords."});
  spec.files.push_back({"removed/*.ldif", "In $XDG_STATE_HOME/replkit: what was removed, for ldapadd."});
  spec.see_also = {"replcompare(1)", "repllab(1)", "replserver(8)", "replkit-inventory(5)", "ldapmodify(1)"};
  return spec;
}

}  // namespace replkit::tools
