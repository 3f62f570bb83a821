// repctl agreement: its help, man page and completions.
#include "tools/repctl/spec.hpp"

namespace replkit::tools::repctl {

using cli::CommandSpec;
using cli::option;

namespace {

std::vector<cli::Option> agreement_values(RepctlSettings& settings) {
  auto& values = settings.values;
  return {
      option("--credentials", "NAME",
             "The entry that says who to bind as, see credentials add: NAME is cn=NAME,cn=replkit. Or its DN.",
             values.credentials),
      option("--schedule", "DN", "The entry that says when sessions start; schedule set makes one.", values.schedule)
          .defaults_to("at once after a change"),
      option("--mechanism", "NAME", "full, incremental, or an OID.", values.mechanism)
          .defaults_to("incremental")
          .suggests({"incremental", "full"}),
      option("--exclude", "ATTRS", "Attributes that are not sent, with commas between them.", values.exclude),
      option("--description", "TEXT", "For people.", values.description)};
}

}  // namespace

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
  return noun("agreement", "agreements between replicas: list, add, delete, modify", {list, add, remove, modify});
}

}  // namespace replkit::tools::repctl
