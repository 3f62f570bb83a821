// repctl cycle: its help, man page and completions.
#include "tools/repctl/spec.hpp"

namespace replkit::tools::repctl {

using cli::CommandSpec;
using cli::flag;
using cli::option;

CommandSpec cycle_commands(RepctlSettings& settings) {
  auto trigger = command(
      "trigger", "start a replication cycle now",
      {"Has the servers of -H exchange updates with a replica at once (mrm 3.12): in both directions where agreements "
       "say so. With --full the target is sent everything and loses what it had; where only the other supplies this "
       "server, it is this server that does; one server at a time can send all. It answers when the cycle has begun; "
       "repctl status tells how it ended.",
       "A full update for a replica far away can go through a file: --offline-write where there is a full copy, the "
       "file is carried over, --offline-read on the new server, naming its own replica. Files lie in a folder that the "
       "server is configured with.",
       "Full updates and reading a file are asked about first. While another cycle of the area runs there, or on the "
       "replica's server, servers answer busy: then it is tried again, for as long as --wait says."},
      [&settings] { return cycle_trigger(settings); });
  trigger.arguments = {argument("REPLICA", "The ID of the replica to exchange updates with.", settings.replica)};
  const auto uri =
      option("--uri", "URI", "Which of the replica's URIs to connect to.", settings.cycle_uri).defaults_to("its first");
  trigger.groups = {
      {"The cycle",
       {flag("--full", "Send everything, not only what is new.", settings.full), uri,
        option("--offline-write", "NAME", "Write a full update for REPLICA to this file on the server.",
               settings.offline_write),
        option("--offline-read", "NAME", "Read this file on the server into REPLICA, its own.", settings.offline_read),
        option("--wait", "TIME", "How long to try again while another cycle runs, e.g. 5m; 0s: not at all.",
               settings.wait)
            .defaults_to("10s")}}};
  trigger.examples = {{"repctl -H ldap://a -b dc=example,dc=com cycle trigger r2", "Exchange what is new with r2."}};
  auto terminate =
      command("terminate", "end the replication cycle that runs",
              {"Ends the sessions that the servers of -H have with a replica, between two updates (mrm 3.13). What was "
               "sent stays; the rest comes with the next cycle. repctl replica suspend keeps that from coming."},
              [&settings] { return cycle_terminate(settings); });
  terminate.arguments = {argument("REPLICA", "The ID of the replica at the other end.", settings.replica)};
  terminate.groups = {{"The cycle", {uri}}};
  return noun("cycle", "replication cycles: trigger, terminate", {trigger, terminate});
}

}  // namespace replkit::tools::repctl
