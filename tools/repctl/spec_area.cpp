// repctl area: its help, man page and completions.
#include "tools/repctl/spec.hpp"

namespace replkit::tools::repctl {

using cli::CommandSpec;
using cli::flag;
using cli::option;

CommandSpec area_commands(RepctlSettings& settings) {
  auto list = command("list", "show the areas of replication on each server",
                      {"Shows each server's areas (mrm 4.10): which replica of it the server is, and how many replicas "
                       "and agreements its copy knows."},
                      [&settings] { return area_list(settings); });
  auto add = command("add", "make an entry the top of an area of replication",
                     {"Gives the entry of -b the class replicationContext (mrm 3.1). From then on the server records "
                      "changes at and below it.",
                      "Within another area it ends that one there: the entry and all below it are sent to the replicas "
                      "of the new area only. Replication does not tell other servers that, so name all that hold the "
                      "outer area with -H."},
                     [&settings] { return area_add(settings); });
  add.groups = {
      {"Where there is no such entry",
       {flag("--create", "Add it, on the one server of -H: for a directory that is still empty.", settings.create)}}};
  add.examples = {{"repctl -H ldap://a -b dc=example,dc=com area add", "The first step of every replica group."}};
  auto remove =
      command("delete", "stop replicating an area on a server",
              {"Removes the server's own replica of the area with the agreements below it (mrm 3.2). Other servers "
               "lose their entry for it when they hear of that; replica delete removes it where they do not. Once the "
               "copy has no replica left the entry of -b stops "
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
  return noun("area", "areas of replication: list, add, delete, copy-base", {list, add, remove, copy});
}

}  // namespace replkit::tools::repctl
