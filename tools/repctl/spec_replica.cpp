// repctl replica: its help, man page and completions.
#include "tools/repctl/spec.hpp"

namespace replkit::tools::repctl {

using cli::CommandSpec;
using cli::flag;
using cli::option;
using cli::OptionGroup;

namespace {

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
       "replica; replication carries it where there is some already.",
       "On the servers of -H it begins suspended, or with --online not. That is each server's own affair, and not "
       "carried: where the entry comes by replication alone, the replica is suspended if it is the server's own, and "
       "not if it is another's. So name all servers with -H."},
      [&settings] { return replica_create(settings); });
  spec.arguments = {replica_id(settings)};
  spec.groups = {
      {"The replica",
       {option("--uri", "URI", "Where other servers reach it: ldap://HOST:PORT. May be repeated.", replica.uris)
            .require(),
        option("--secondary-uri", "URI", "Where they reach it when that does not answer. May be repeated.",
               replica.secondary_uris),
        cli::choice_option<tasks::ReplicaType>("--type", "TYPE", "What it may do.", replica_types(), settings.type)
            .defaults_to("updateable"),
        flag("--online", "Let it take part in replication at once.", replica.online),
        option("--lost-and-found", "DN", "Where it puts entries that have lost their superior.", replica.lost_and_found)
            .defaults_to("cn=lostAndFound below the area"),
        option("--subtree", "SPEC",
               "The part of the area it holds (RFC 3672: base and chop), its DNs counted from the area: { base "
               "\"ou=people\" }.",
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
                           for (const auto& [word, type] : replica_types()) {
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
}  // namespace

CommandSpec replica_commands(RepctlSettings& settings) {
  auto list = command("list", "show the replicas of an area", {"Shows what each server's copy says of them."},
                      [&settings] { return replica_list(settings); });
  auto remove = command("delete", "remove the entry of a replica from an area",
                        {"Removes the replicaSubentry, and the agreements and schedules below it (mrm 3.5); and the "
                         "agreements of other replicas to supply it, on the servers of -H."},
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
  return noun("replica", "replicas of an area: list, create, delete, change, suspend, resume",
              {list, replica_create_command(settings), remove, set_type_command(settings), set_filter_command(settings),
               set_uri_command(settings), suspend, resume});
}

}  // namespace replkit::tools::repctl
