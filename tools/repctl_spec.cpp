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

// tests/integration/repctl/newcomer_test.cpp does it.
std::vector<cli::Example> walk_through() {
  return {
      {"export LDAPBASE=dc=example,dc=com",
       "From three empty servers to a group that replicates. Here the inventory, replkit-inventory(5), has them as a, "
       "b and c, the group of all three as group, and whom to bind as; replica_id of replserver.toml(5) is r1, r2 and "
       "r3, and replicas are called by that. (To try it: repllab up --plain 3. There the servers are @s1, @s2, @s3 "
       "and together @lab, the IDs s1, s2 and s3, the URIs those of repllab status, and the top is there: area add "
       "with -H @lab in place of the first two commands.) "
       "Before each change --dry-run in place of --yes shows it. First, what saves -b in all that follows:"},
      {"repctl -H @a --yes area add --create", "The top of the area, on one server; the others get the same entry."},
      {"repctl -H @b -H @c --yes area copy-base --from @a", "To these."},
      {"repctl -H @group --yes replica create r1 --online --uri ldap://a.example.com",
       "Every server needs an entry for each replica. Do the same with r2 and r3."},
      {"repctl -H @group credentials add peer --bind-dn cn=admin,dc=example,dc=com --start-tls yes",
       "What they bind with to each other. It asks for the password; in a script --password-file has it."},
      {"repctl -H @group --yes agreement add r1 r2 --credentials peer",
       "Who sends to whom. With r2 r1, r2 r3 and r3 r2 besides, all changes get everywhere."},
      {"repctl -H @group status", "What has become of it, and what is wrong with it."},
      {"repctl -H @group vector diff --wait 1m",
       "After a change, with ldapmodify, anywhere: has it arrived everywhere?"},
      {"replmeta -H @group show cn=ada,dc=example,dc=com",
       "Side by side, each value with when and where it was written."},
      {"repctl -H @group --yes replica suspend r3",
       "Keep r3 out, as while its machine is mended; then vector diff tells what it lacks, and repctl replica resume "
       "r3 lets it in again."},
      {"repctl -H @b cycle trigger r3", "Have b and r3 exchange what is new now, whatever the schedule."},
      {"repctl -H @b --yes cycle terminate r3", "End what runs between them."},
      {"repctl -H @a --yes schedule set r1 to-r2 --days mon-fri --hours 20:00-06:00",
       "Send to r2 at night only; schedule clear r1 to-r2 undoes it."},
      {"replmeta -H @c modify",
       "Mend a value that is wrong on one server under the CSN that it has elsewhere, so that replication does not see "
       "it. Standard input has, as replmeta search prints them: dn: cn=ada,dc=example,dc=com, changetype: modify, "
       "replace: sn;x-csn-20261121074549Z-000015-r1-000000, the value after that same name, and a line with - alone."}};
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
       "Then come findings (status 1; notes alone do not count): replicas that changes do not reach, as agreements "
       "are missing or lead one way only; suspended replicas; filters that do not fit; entries that say what cannot "
       "be; sessions that failed; changes that have not arrived for long; replicas of which nothing is heard; "
       "replicas and agreements that one server knows and another does not; entries that should be one and are "
       "several. Each says what to do next, and by whose copy it is so. Name all servers of the group to have them "
       "compared.",
       "Who lacks which changes is told by repctl vector diff."},
      [&settings] { return show_status(settings); });
  status.groups.push_back(
      {"What is to be told",
       {cli::option("--max-lag", "TIME",
                    "A change that one server has and another one, for longer than this, has not is a finding.",
                    settings.max_lag)
            .defaults_to("10m")}});
  spec.commands = {
      repctl::area_commands(settings),        repctl::replica_commands(settings),  repctl::agreement_commands(settings),
      repctl::credentials_commands(settings), repctl::schedule_commands(settings), repctl::cycle_commands(settings),
      repctl::vector_commands(settings),      repctl::history_command(settings),   status};
  spec.examples = walk_through();
  spec.exit_notes = {{ExitStatus::done, "Done, or it was so already."},
                     {ExitStatus::undecided, "Done on some servers only, interrupted, or the answer was no."},
                     {ExitStatus::refused, "A server refused, or the area is not as the command needs it."}};
  spec.environment = cli::connection_environment();
  spec.environment.push_back({"XDG_STATE_HOME, HOME", "Where the record of changes and saved entries are."});
  spec.files = cli::connection_files();
  spec.files.push_back({"audit.jsonl", "In $XDG_STATE_HOME/replkit: what was sent to whom, without passwords."});
  spec.files.push_back({"removed/*.ldif", "In $XDG_STATE_HOME/replkit: what was removed, for ldapadd."});
  spec.see_also = {"replcompare(1)", "replmeta(1)",          "repllab(1)",
                   "replserver(8)",  "replkit-inventory(5)", "ldapmodify(1)"};
  return spec;
}

}  // namespace replkit::tools
