// repctl credentials: its help, man page and completions.
#include "tools/repctl/spec.hpp"

namespace replkit::tools::repctl {

using cli::CommandSpec;
using cli::flag;
using cli::option;

namespace {

cli::Argument name_argument(RepctlSettings& settings, bool required) {
  auto out =
      argument("NAME", "What the entry is called: NAME is cn=NAME,cn=replkit. Or its DN.", settings.credentials.name);
  out.required = required;
  return out;
}

std::vector<cli::Option> values(RepctlSettings& settings) {
  auto& credentials = settings.credentials;
  const std::vector<std::pair<std::string, std::string>> mechanisms = {
      {"simple", "simple"}, {"EXTERNAL", "EXTERNAL"}, {"SCRAM-SHA-256", "SCRAM-SHA-256"}};
  const std::vector<std::pair<std::string, bool>> answers = {{"yes", true}, {"no", false}};
  return {
      option("--bind-dn", "DN", "Who to bind as. Not with EXTERNAL.", credentials.values.bind_dn),
      option("--password-file", "FILE", "Read the password from this file; one line break at its end does not count.",
             credentials.password_file)
          .completes(cli::Completion::file),
      cli::choice_option<std::string>("--mechanism", "MECH", "How to bind.", mechanisms, credentials.values.mechanism),
      cli::choice_option<bool>("--start-tls", "YES-OR-NO",
                               "Whether TLS is begun first where the other replica's URI is ldap://.", answers,
                               credentials.values.start_tls),
      option("--description", "TEXT", "For people.", credentials.values.description)};
}

}  // namespace

CommandSpec credentials_commands(RepctlSettings& settings) {
  auto show = command("show", "show what replicas bind with",
                      {"Shows the entries of credentials below cn=replkit on each server, and the agreements that name "
                       "them. Servers show the passwords to nobody."},
                      [&settings] { return credentials_show(settings); });
  show.arguments = {name_argument(settings, false)};
  auto add = command("add", "make an entry with what replicas bind with",
                     {"Adds an entry of ldupSimpleCredentials: what a supplier binds with when it connects to a "
                      "consumer. Agreements name it by its DN, see agreement add. It is not replicated: each supplier "
                      "needs one, so name all of them with -H.",
                      "The password is asked for twice on the terminal, or read from --password-file; servers take it "
                      "by TLS only, but for connections of the same machine."},
                     [&settings] { return credentials_add(settings); });
  add.arguments = {name_argument(settings, true)};
  add.groups = {{"The credentials", values(settings)}};
  add.groups.front().options[2].default_text = "simple";
  add.groups.front().options[3].default_text = "no";
  add.examples = {{"repctl -H @group credentials add peer --bind-dn cn=replicator,dc=example,dc=com --start-tls yes",
                   "One for all agreements, as cn=peer,cn=replkit. It asks for the password."}};
  auto modify =
      command("modify", "change what replicas bind with, as for a new password",
              {"Changes what is given and leaves the rest."}, [&settings] { return credentials_modify(settings); });
  modify.arguments = {name_argument(settings, true)};
  modify.groups = {{"The credentials", values(settings)}};
  auto& options = modify.groups.front().options;
  options.insert(options.begin() + 2,
                 flag("--password", "Ask for a new password on the terminal.", settings.credentials.ask_password));
  auto remove = command("delete", "remove an entry with what replicas bind with",
                        {"Removes the entry; agreements that name it are listed first."},
                        [&settings] { return credentials_delete(settings); });
  remove.arguments = {name_argument(settings, true)};
  return noun("credentials", "what replicas bind with: show, add, modify, delete", {show, add, modify, remove});
}

}  // namespace replkit::tools::repctl
