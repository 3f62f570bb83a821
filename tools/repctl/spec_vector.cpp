// repctl vector: its help, man page and completions.
#include "tools/repctl/spec.hpp"

namespace replkit::tools::repctl {

using cli::CommandSpec;
using cli::flag;
using cli::option;

CommandSpec vector_commands(RepctlSettings& settings) {
  auto show = command(
      "show", "show what each replica holds of whose changes",
      {"Shows the update vectors of the area's replicas (draft-ietf-ldup-model 5.4.3): the newest change of each "
       "origin "
       "that a replica holds, and for how long newer ones have been waiting to get there.",
       "A replica tells of itself what it holds now: replserver shows that within a fifth of a second. Of replicas "
       "whose servers are not among those of -H, or do not answer, the newest is shown that they told others: that is "
       "as old as it says, because a vector is sent along with changes, once a minute at most.",
       "A vector names the newest change alone. When one is missing, the first that is missing was made after the "
       "newest that is held; so the wait has a least and a most, between which nobody can tell without reading "
       "entries. \"vector only\" means that nothing but an update vector is missing, which starts no session of its "
       "own; \"clock ahead\" that the change is dated in the future: the clock of this machine or that of its origin "
       "is "
       "wrong."},
      [&settings] { return vector_show(settings); });
  show.arguments = {{.name = "REPLICA",
                     .help = "Only these replicas, by their IDs.",
                     .set = [&settings](const std::string& id) { settings.replicas.push_back(id); },
                     .repeatable = true}};
  show.groups = {
      {"What is shown",
       {flag("--copies", "Also what each server was told of the others: what it goes by when it purges meta-data.",
             settings.copies)}}};
  show.examples = {{"repctl -H @group -b dc=example,dc=com vector show", "Who lags behind?"}};
  auto diff = command(
      "diff", "tell which servers lack whose changes",
      {"Compares what the servers' own replicas hold: for each server that lacks changes, whose they are, who has "
       "them, "
       "and for how long they have been waiting. Status 1 when one lacks some, 2 when one could not be asked or no "
       "server shows a vector.",
       "In a directory in use there are always some changes on their way. With --wait the servers are asked again "
       "until "
       "all hold what there was at the beginning; what came since does not count.",
       "When all that is missing is the update vector of another replica, which is sent along with the next changes or "
       "after an hour, that is no gap. To be certain takes the right to meta-data on a server that has it; without, it "
       "may show as one.",
       "Equal vectors mean that the same changes arrived, not that they left the same entries: replcompare(1) compares "
       "those."},
      [&settings] { return vector_diff(settings); });
  diff.groups = {
      {"How long it may take",
       {option("--wait", "TIME", "Wait until the servers agree, at most so long, e.g. 30s or 5m.", settings.wait)
            .defaults_to("0s")}}};
  diff.examples = {{"repctl -H ldap://a -H ldap://b -b dc=example,dc=com vector diff --wait 30s",
                    "Has all that is on one of them arrived on the other within half a minute?"}};
  return noun("vector", "update vectors: show, diff", {show, diff});
}

}  // namespace replkit::tools::repctl
