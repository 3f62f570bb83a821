// What repctl takes: its help, man page and completions.
#include "common/base/error.hpp"
#include "tools/repctl.hpp"

namespace replkit::tools {

using cli::Argument;
using cli::CommandSpec;
using cli::flag;
using cli::option;
using cli::OptionGroup;

namespace {

const std::vector<std::pair<std::string, tasks::ReplicaType>> types = {{"updateable", tasks::ReplicaType::updateable},
                                                                       {"read-only", tasks::ReplicaType::read_only},
                                                                       {"primary", tasks::ReplicaType::primary}};

Argument argument(std::string name, std::string help, std::string& variable) {
  return {.name = std::move(name),
          .help = std::move(help),
          .set = [&variable](const std::string& text) { variable = text; },
          .required = true};
}

CommandSpec command(std::string name, std::string summary, std::vector<std::string> description,
                    std::function<ExitStatus()> run) {
  CommandSpec spec;
  spec.name = std::move(name);
  spec.summary = std::move(summary);
  spec.description = std::move(description);
  spec.run = std::move(run);
  return spec;
}

Argument replica_id(RepctlSettings& settings) {
  return argument("REPLICA", "The replica's ID: what its entry is called, and what its changes carry.",
                  settings.replica);
}

Argument supplier(RepctlSettings& settings) {
  return argument("SUPPLIER", "The ID of the replica that sends.", settings.replica);
}

cli::Option uuid_option(RepctlSettings& settings) {
  return option(
      "--uuid", "UUID",
      "The entryUUID it has on other servers already: replication would take two for two entries. Servers named "
      "together get the same.",
      settings.uuid);
}

// --- area ---

CommandSpec area_commands(RepctlSettings& settings) {
  auto list = command("list", "show the areas of replication on each server",
                      {"Shows each server's areas (mrm 4.10): which replica of it the server is, and how many replicas "
                       "and agreements its copy knows."},
                      [&settings] { return area_list(settings); });
  auto add = command("add", "make an entry the top of an area of replication",
                     {"Gives the entry of -b the class replicationContext (mrm 3.1). From then on the server records "
                      "changes at and below it."},
                     [&settings] { return area_add(settings); });
  add.examples = {{"repctl -H ldap://a -b dc=example,dc=com area add", "The first step of every replica group."}};
  auto remove = command(
      "delete", "stop replicating an area on a server",
      {"Removes the server's own replica of the area with the agreements below it (mrm 3.2). Other servers keep their "
       "entry for it, which replica delete removes there. Once the copy has no replica left the entry of -b stops "
       "being an area, too. Entries of people are not touched."},
      [&settings] { return area_delete(settings); });
  remove.groups = {{"What is removed",
                    {option("--replica", "ID", "The server's own replica, where neither its root DSE nor a URI tells.",
                            settings.delete_area.replica),
                     flag("--all", "Remove the replicas of other servers from this server's copy, too.",
                          settings.delete_area.all)}}};
  auto copy = command("copy-base", "copy the top entry of an area to another server",
                      {"Reads the entry of -b from one server and adds it to those of -H, with the same entryUUID "
                       "(mrm 3.3): what a server needs before it can get the area."},
                      [&settings] { return area_copy_base(settings); });
  copy.groups = {{"Where it is",
                  {option("--from", "SERVER", "The server that has it, as for -H.", settings.source)
                       .completes(cli::Completion::source)
                       .require()}}};
  copy.examples = {{"repctl -H ldap://new -b dc=example,dc=com area copy-base --from ldap://a", "To a new server."}};
  CommandSpec spec;
  spec.name = "area";
  spec.summary = "areas of replication: list, add, delete, copy-base";
  spec.commands = {list, add, remove, copy};
  return spec;
}

// --- replica ---

OptionGroup filters(RepctlSettings& settings) {
  return {"What the replica holds",
          {option("--exclude", "ATTRS", "Attributes it does not hold, with commas between them.", settings.exclude),
           option("--include", "ATTRS", "The only attributes it holds.", settings.include)}};
}

CommandSpec replica_create_command(RepctlSettings& settings) {
  auto& replica = settings.new_replica;
  auto spec = command(
      "create", "add the entry of a replica to an area",
      {"Adds a replicaSubentry below the top of the area (mrm 3.4). Every server of the group needs one for each "
       "replica; replication carries it where there is some already. It begins suspended."},
      [&settings] { return replica_create(settings); });
  spec.arguments = {replica_id(settings)};
  spec.groups = {
      {"The replica",
       {option("--uri", "URI", "Where other servers reach it: ldap://HOST:PORT. May be repeated.", replica.uris)
            .require(),
        option("--secondary-uri", "URI", "Where they reach it when that does not answer. May be repeated.",
               replica.secondary_uris),
        cli::choice_option<tasks::ReplicaType>("--type", "TYPE", "What it may do.", types, settings.type)
            .defaults_to("updateable"),
        flag("--online", "Let it take part in replication at once.", replica.online),
        option("--lost-and-found", "DN", "Where it puts entries that have lost their superior.", replica.lost_and_found)
            .defaults_to("cn=lostAndFound below the area"),
        option("--subtree", "SPEC", "The part of the area it holds (RFC 3672: base and chop).",
               replica.subtree_specification)
            .defaults_to("all of it"),
        option("--description", "TEXT", "For people.", replica.description), uuid_option(settings)}},
      filters(settings)};
  spec.examples = {{"repctl -H ldap://a -b dc=example,dc=com replica create r1 --uri ldap://a.example.com",
                    "The first server itself is a replica, too."}};
  return spec;
}

CommandSpec set_type_command(RepctlSettings& settings) {
  auto spec = command("set-type", "make a replica updateable or read-only",
                      {"Changes replicaType, and nothing else (mrm 3.6.1)."},
                      [&settings] { return replica_set_type(settings); });
  spec.arguments = {replica_id(settings),
                    {.name = "TYPE",
                     .help = "What it may do from now on.",
                     .set =
                         [&settings](const std::string& text) {
                           for (const auto& [word, type] : types) {
                             if (word == text) settings.type = type;
                           }
                         },
                     .required = true,
                     .choices = {"updateable", "read-only", "primary"}}};
  return spec;
}

CommandSpec set_filter_command(RepctlSettings& settings) {
  auto spec = command("set-filter", "change which attributes a replica holds",
                      {"Replaces both filters of the replica (mrm 3.6.2). A replica that leaves attributes out must be "
                       "read-only. What it held not before comes with a full update."},
                      [&settings] { return replica_set_filter(settings); });
  spec.arguments = {replica_id(settings)};
  spec.groups = {filters(settings)};
  spec.groups.front().options.push_back(flag("--full", "It holds everything.", settings.full));
  spec.examples = {{"repctl -H ldap://a -b dc=example,dc=com replica set-filter r3 --exclude userPassword,mail",
                    "Keep passwords and addresses from r3."}};
  return spec;
}

CommandSpec set_uri_command(RepctlSettings& settings) {
  auto spec =
      command("set-uri", "change where a replica is reached",
              {"Takes one URI for another in one step (mrm 3.6.3); replication carries it to the other servers."},
              [&settings] { return replica_set_uri(settings); });
  spec.arguments = {replica_id(settings)};
  spec.groups = {{"The URI",
                  {option("--uri", "URI", "The new one.", settings.uri.add),
                   option("--old", "URI", "The one that goes.", settings.uri.remove)
                       .defaults_to("the one it has, when it has one"),
                   flag("--secondary", "Of replicaSecondaryURI: without --old one is added, without --uri one goes.",
                        settings.uri.secondary)}}};
  return spec;
}

CommandSpec replica_commands(RepctlSettings& settings) {
  auto list = command("list", "show the replicas of an area", {"Shows what each server's copy says of them."},
                      [&settings] { return replica_list(settings); });
  auto remove = command("delete", "remove the entry of a replica from an area",
                        {"Removes the replicaSubentry, and the agreements and schedules below it (mrm 3.5)."},
                        [&settings] { return replica_delete(settings); });
  remove.arguments = {replica_id(settings)};
  auto suspend = command("suspend", "keep a replica out of new incremental sessions",
                         {"Sets replicaOnline to FALSE (mrm 3.10). It does not replicate: on the server of that "
                          "replica it keeps it out of "
                          "all sessions, on another server out of those with that one. A session that runs ends as "
                          "usual. Name all servers "
                          "of the group with -H when the others are not to try in vain."},
                         [&settings] { return replica_suspend(settings); });
  suspend.arguments = {replica_id(settings)};
  suspend.examples = {{"repctl -H @group -b dc=example,dc=com replica suspend r2", "Everywhere."}};
  auto resume = command("resume", "let a replica take part in sessions again",
                        {"Sets replicaOnline to TRUE on the servers of -H (mrm 3.11)."},
                        [&settings] { return replica_resume(settings); });
  resume.arguments = {replica_id(settings)};
  CommandSpec spec;
  spec.name = "replica";
  spec.summary = "replicas of an area: list, create, delete, change, suspend, resume";
  spec.commands = {list,
                   replica_create_command(settings),
                   remove,
                   set_type_command(settings),
                   set_filter_command(settings),
                   set_uri_command(settings),
                   suspend,
                   resume};
  return spec;
}

// --- agreement ---

std::vector<cli::Option> agreement_values(RepctlSettings& settings) {
  auto& values = settings.values;
  return {option("--credentials", "DN", "The entry that says who to bind as.", values.credentials),
          option("--schedule", "DN", "The entry that says when sessions start.", values.schedule)
              .defaults_to("at once after a change"),
          option("--mechanism", "NAME", "full, incremental, or an OID.", values.mechanism).defaults_to("incremental"),
          option("--exclude", "ATTRS", "Attributes that are not sent, with commas between them.", values.exclude),
          option("--description", "TEXT", "For people.", values.description)};
}

CommandSpec agreement_commands(RepctlSettings& settings) {
  auto list = command("list", "show the agreements of an area",
                      {"Shows each server's copy. The last session is known for certain on the supplier only."},
                      [&settings] { return agreement_list(settings); });
  auto add =
      command("add", "let one replica supply another",
              {"Adds an agreement below the supplier's replicaSubentry (mrm 3.7). The first agreement of an area "
               "changes much: without any, every replica sends to every other at once."},
              [&settings] { return agreement_add(settings); });
  add.arguments = {supplier(settings),
                   {.name = "CONSUMER",
                    .help = "The ID of the replica that receives, or the DN of its entry.",
                    .set = [&settings](const std::string& text) { settings.values.consumer = text; },
                    .required = true}};
  add.groups = {{"The agreement", agreement_values(settings)}};
  add.groups.front().options.insert(
      add.groups.front().options.begin(),
      option("--name", "NAME", "What it is called.", settings.agreement).defaults_to("to-CONSUMER"));
  add.groups.front().options.push_back(uuid_option(settings));
  add.examples = {{"repctl -H ldap://a -b dc=example,dc=com agreement add r1 r2", "r1 sends its changes to r2."}};
  auto remove = command("delete", "end an agreement",
                        {"Removes the agreement, and a schedule below it (mrm 3.8). This can part the servers: what it "
                         "would cut off is said before."},
                        [&settings] { return agreement_delete(settings); });
  const auto agreement = argument("AGREEMENT", "The agreement's name, or its DN.", settings.agreement);
  remove.arguments = {supplier(settings), agreement};
  auto modify = command("modify", "change an agreement",
                        {"Changes what is given and leaves the rest (mrm 3.9). Another consumer, and the mechanism "
                         "full, end what the agreement did before."},
                        [&settings] { return agreement_modify(settings); });
  modify.arguments = {supplier(settings), agreement};
  modify.groups = {{"The agreement", agreement_values(settings)}};
  for (auto& each : modify.groups.front().options) each.default_text.clear();
  auto& options = modify.groups.front().options;
  options.insert(options.begin(),
                 option("--consumer", "REPLICA", "The replica that receives.", settings.values.consumer));
  auto clear = option("--clear", "WHAT", "Leave this out of the agreement. May be repeated.", settings.cleared);
  clear.choices = {"consumer", "credentials", "schedule", "mechanism", "exclude", "description"};
  options.push_back(std::move(clear));
  CommandSpec spec;
  spec.name = "agreement";
  spec.summary = "agreements between replicas: list, add, delete, modify";
  spec.commands = {list, add, remove, modify};
  return spec;
}

// --- cycle ---

CommandSpec cycle_commands(RepctlSettings& settings) {
  auto trigger = command(
      "trigger", "start a replication cycle now",
      {"Has the servers of -H exchange updates with a replica at once (mrm 3.12): in both directions where agreements "
       "say so. With --full the target is sent everything and loses what it had; where only the other supplies this "
       "server, it is this server that does. It answers when the cycle has begun; repctl status tells how it ended.",
       "A full update for a replica far away can go through a file: --offline-write where there is a full copy, the "
       "file is carried over, --offline-read on the new server, naming its own replica. Files lie in a folder that the "
       "server is configured with.",
       "Full updates and reading a file are asked about first."},
      [&settings] { return cycle_trigger(settings); });
  trigger.arguments = {argument("REPLICA", "The ID of the replica to exchange updates with.", settings.replica)};
  const auto uri =
      option("--uri", "URI", "Which of the replica's URIs to connect to.", settings.cycle_uri).defaults_to("its first");
  trigger.groups = {{"The cycle",
                     {flag("--full", "Send everything, not only what is new.", settings.full), uri,
                      option("--offline-write", "NAME", "Write a full update for REPLICA to this file on the server.",
                             settings.offline_write),
                      option("--offline-read", "NAME", "Read this file on the server into REPLICA, its own.",
                             settings.offline_read)}}};
  trigger.examples = {{"repctl -H ldap://a -b dc=example,dc=com cycle trigger r2", "Exchange what is new with r2."}};
  auto terminate =
      command("terminate", "end the replication cycle that runs",
              {"Ends the sessions that the servers of -H have with a replica, between two updates (mrm 3.13). What was "
               "sent stays; the rest comes with the next cycle. repctl replica suspend keeps that from coming."},
              [&settings] { return cycle_terminate(settings); });
  terminate.arguments = {argument("REPLICA", "The ID of the replica at the other end.", settings.replica)};
  terminate.groups = {{"The cycle", {uri}}};
  CommandSpec spec;
  spec.name = "cycle";
  spec.summary = "replication cycles: trigger, terminate";
  spec.commands = {trigger, terminate};
  return spec;
}

// --- the program ---

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
  auto status = command("status", "show what servers say of their areas",
                        {"Shows the area of -b, or all areas, on each server (mrm 4.9, 4.10): its own replica, all "
                         "replicas with their update vectors, and agreements with how their last session ended."},
                        [&settings] { return show_status(settings); });
  spec.commands = {area_commands(settings), replica_commands(settings), agreement_commands(settings),
                   cycle_commands(settings), status};
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
