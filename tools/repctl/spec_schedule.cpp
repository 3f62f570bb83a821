// repctl schedule: its help, man page and completions.
#include "tools/repctl/spec.hpp"

namespace replkit::tools::repctl {

using cli::CommandSpec;
using cli::flag;
using cli::option;

namespace {

std::vector<cli::OptionGroup> values(ScheduleSettings& schedule) {
  const std::vector<std::pair<std::string, bool>> zones = {{"utc", false}, {"local", true}};
  cli::OptionGroup events{
      "After changes",
      {option("--wait", "TIME", "Start a session so long after a change, e.g. 30s, 5m.", schedule.wait)
           .defaults_to("0s"),
       cli::list_option("--group1", "ATTRS", "Attributes with another wait, with commas between them.",
                        schedule.group1),
       option("--group1-wait", "TIME", "How long changes of those wait.", schedule.group1_wait).defaults_to("0s"),
       cli::list_option("--group2", "ATTRS", "The same for a second group.", schedule.group2),
       option("--group2-wait", "TIME", "How long changes of those wait.", schedule.group2_wait).defaults_to("0s"),
       flag("--vector-trigger", "Start sessions for a new update vector, too. Needs a --wait.",
            schedule.vector_trigger)}};
  cli::OptionGroup times{
      "At times",
      {option("--months", "LIST", "Only in these months, as nov-feb,may.", schedule.months),
       option("--days-of-month", "LIST", "Only on these, as 1-7,15,last,last-1.", schedule.days_of_month),
       option("--days", "LIST", "Only on these days of the week, as mon-fri,sun.", schedule.days),
       option("--hours", "LIST",
              "Only then, as 22:00-06:00,12:30-13:00. The hours after midnight are those of a day "
              "that is selected, too.",
              schedule.hours),
       option("--from", "WHEN", "Not before: 2026-12-24 or 2026-12-24T18:30.", schedule.from),
       option("--until", "WHEN", "Not after; a day is in it to its end.", schedule.until),
       cli::choice_option<bool>("--zone", "ZONE", "Whose time all this is: UTC, or the supplier's own.", zones,
                                schedule.local)
           .defaults_to("utc")}};
  cli::OptionGroup limits{
      "Besides, of this project",
      {option("--every", "TIME", "A session this often, whether there are changes or not.", schedule.every),
       option("--longest-gap", "TIME", "A session at the latest so long after the last one.", schedule.longest_gap),
       option("--pending", "N", "A session as soon as so many changes wait.", schedule.pending)}};
  limits.options.back().default_text.clear();
  return {events, times, limits};
}

}  // namespace

CommandSpec schedule_commands(RepctlSettings& settings) {
  auto& schedule = settings.schedule;
  const auto agreement = argument("AGREEMENT", "The agreement's name, or its DN.", schedule.target.agreement);
  const auto from = argument("SUPPLIER", "The ID of the replica that sends.", schedule.target.supplier);
  auto optional_agreement = agreement;
  auto optional_from = from;
  optional_agreement.required = optional_from.required = false;

  auto show =
      command("show", "show when sessions start under each agreement",
              {"Shows each agreement's schedule by the options of schedule set that make it, and of one of times "
               "whether it is open now, and until when. Instants are UTC."},
              [&settings] { return schedule_show(settings); });
  show.arguments = {optional_from, optional_agreement};
  auto set = command(
      "set", "say when sessions start under an agreement",
      {"Gives the agreement a schedule (mrm 4.18): either of waits after changes, or of times, in which changes start "
       "sessions at once and outside of which they wait. All that is not given is at its default: show tells what "
       "there was before.",
       "The schedule is an entry of its own below the agreement, unless the agreement names one already, which is "
       "changed then, or --name puts it below the supplier's replica, where several agreements can follow it. Once one "
       "server of a group that replicates has it, the others get it."},
      [&settings] { return schedule_set(settings); });
  set.arguments = {from, agreement};
  set.groups = values(schedule);
  set.groups.push_back(
      {"The entry",
       {option("--name", "NAME", "Let it be cn=NAME below the supplier's replica.", schedule.target.name),
        option("--description", "TEXT", "For people.", schedule.description), uuid_option(settings)}});
  set.examples = {{"repctl -H ldap://a -b dc=example,dc=com schedule set r1 to-r2 --days mon-fri --hours 20:00-06:00",
                   "Only at night."},
                  {"repctl -H ldap://a -b dc=example,dc=com schedule set r1 to-r2 --wait 5m --group1 userPassword",
                   "Passwords at once, all else within five minutes."}};
  auto clear = command("clear", "let sessions start at once after changes",
                       {"Takes the agreement's schedule away, and removes it when no other agreement follows it."},
                       [&settings] { return schedule_clear(settings); });
  clear.arguments = {from, agreement};
  return noun("schedule", "when sessions start: show, set, clear", {show, set, clear});
}

}  // namespace replkit::tools::repctl
