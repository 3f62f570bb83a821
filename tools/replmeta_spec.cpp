// What replmeta takes: its help, man page and completions.
#include "tools/replmeta.hpp"

#include "common/base/error.hpp"

namespace replkit::tools {

using cli::CommandSpec;
using cli::flag;
using cli::option;
using cli::OptionGroup;
using Scope = ldup::SearchWithMetaDataRequest::Scope;
using Dereference = ldup::SearchWithMetaDataRequest::Dereference;

namespace {

CommandSpec command(std::string name, std::string summary, std::vector<std::string> description,
                    std::function<ExitStatus()> run) {
  CommandSpec spec;
  spec.name = std::move(name);
  spec.summary = std::move(summary);
  spec.description = std::move(description);
  spec.run = std::move(run);
  return spec;
}

cli::Argument attributes(ReplmetaSettings& settings) {
  return {.name = "ATTRIBUTE",
          .help = "What to show of each entry: as ldapsearch(1) takes it, with * and +.",
          .set = [&settings](const std::string& text) { settings.attributes.push_back(text); },
          .repeatable = true};
}

CommandSpec search_command(ReplmetaSettings& settings) {
  auto spec = command(
      "search", "search with meta-data, as LDIF",
      {"Prints the entries that match, with the CSN of each value and with the records of what was deleted (mrm 3.14). "
       "What it prints is what add takes, see LDIF below."},
      [&settings] { return meta_search(settings); });
  spec.arguments = {{.name = "FILTER",
                     .help = "RFC 4515; (objectClass=*) without one. A first argument without = is an attribute.",
                     .set =
                         [&settings](const std::string& text) {
                           // As ldapsearch: what has no '=' is an attribute.
                           if (text.find('=') != std::string::npos || text.starts_with('(')) {
                             settings.filter = text;
                           } else {
                             settings.attributes.push_back(text);
                           }
                         }},
                    attributes(settings)};
  spec.groups = {
      {"What is searched",
       {option("-b,--base", "DN", "Where the search begins.", settings.base).defaults_to("BASE of ldap.conf"),
        cli::choice_option<Scope>("-s,--scope", "SCOPE", "How far below the base.",
                                  {{"sub", Scope::subtree}, {"one", Scope::one_level}, {"base", Scope::base}},
                                  settings.scope),
        cli::choice_option<Dereference>("-a,--deref", "WHEN", "Whether aliases are followed.",
                                        {{"never", Dereference::never},
                                         {"search", Dereference::searching},
                                         {"find", Dereference::finding},
                                         {"always", Dereference::always}},
                                        settings.dereference),
        flag("--deleted", "Deleted entries, too: by the DN they had last, with deletedEntryCSN.", settings.deleted),
        option("-z,--size-limit", "N", "At most so many entries.", settings.size_limit),
        option("-l,--time-limit", "SECONDS", "How long the server may search.", settings.time_limit)}}};
  spec.examples = {{"replmeta search -H ldap://a -ZZ -b dc=example,dc=com --deleted '(uid=ada)'",
                    "Whether ada is there, or when it was deleted and where."}};
  return spec;
}

CommandSpec show_command(ReplmetaSettings& settings) {
  auto spec = command(
      "show", "who wrote each value of an entry, when, on which replica",
      {"Shows an entry, or its tombstone, as all servers of -H have it: each value once, when and on which replica it "
       "was written, and which servers have it. What not all have is marked '*' where no more than half have it. A "
       "server that has the entry under another name is found by its entryUUID."},
      [&settings] { return meta_show(settings); });
  spec.arguments = {{.name = "DN",
                     .help = "The entry's name, of a deleted one its last.",
                     .set = [&settings](const std::string& text) { settings.dn = text; },
                     .required = true},
                    attributes(settings)};
  spec.groups = {{"What is shown", {flag("--csn", "CSNs, not the time and the replica in them.", settings.csns)}}};
  spec.examples = {{"replmeta show -H @group -ZZ uid=ada,ou=people,dc=example,dc=com mail",
                    "Who changed the mail address, and which servers know."}};
  return spec;
}

OptionGroup file_option(ReplmetaSettings& settings) {
  return {"Input",
          {option("-f,--file", "FILE", "LDIF, plain or gzip; - is standard input.", settings.file)
               .completes(cli::Completion::file)}};
}

OptionGroup writing(ReplmetaSettings& settings) {
  return {
      "Changes",
      {flag("-n,--dry-run", "Print what would be sent as LDIF, and send nothing.", settings.dry_run),
       flag("--yes", "Do not ask. A script must say so.", settings.yes),
       flag("-c,--continue", "Go on with other records after a failure.", settings.go_on),
       option("--audit", "FILE", "Where each change is recorded: who, when, where, what. One JSON object a line.",
              settings.audit_file)
           .completes(cli::Completion::file)
           .defaults_to("$XDG_STATE_HOME/replkit/audit.jsonl"),
       option("--save", "FILE", "Where what is removed is saved first, as LDIF for its owner only.", settings.save_file)
           .completes(cli::Completion::file)
           .defaults_to("a new file in $XDG_STATE_HOME/replkit/removed")}};
}

cli::Option uuid_option(ReplmetaSettings& settings) {
  return option("--uuid", "UUID", "Which one is meant: a tombstone, or one of two entries of the name.", settings.uuid);
}

CommandSpec add_command(ReplmetaSettings& settings) {
  auto spec = command(
      "add", "add entries with their meta-data",
      {"Stores entries with the CSNs and records given (mrm 3.15). With a CSN for each value nothing is a change of "
       "this replica, and only servers that have not seen these CSNs are sent them; a value without CSN is written as "
       "by ldapadd, and replicated.",
       "What servers compute (entryDN, entryCSN, hasSubordinates, numSubordinates, structuralObjectClass, "
       "subschemaSubentry) is left out, so that the output of search with + can be added.",
       "What delete saved comes back with --new-csns. Without, it comes back on this server alone where others have "
       "heard "
       "that it was deleted: that is for what was deleted with --no-record."},
      [&settings] { return meta_add(settings); });
  spec.groups = {
      file_option(settings),
      {"What is added",
       {flag("--new-csns", "Add what is alive with new CSNs, as a change that is replicated.", settings.new_csns),
        flag("--revive",
             "Make entries of tombstones, with new CSNs and the old entryUUID. Without it they are skipped.",
             settings.revive)}},
      writing(settings)};
  spec.examples = {{"replmeta add -H ldap://a -ZZ --new-csns -f removed.ldif", "Put back what delete saved."}};
  return spec;
}

CommandSpec modify_command(ReplmetaSettings& settings) {
  auto spec = command("modify", "change values and their meta-data",
                      {"Edits the values and records of entries (mrm 3.15) as LDIF change records say; each part (add, "
                       "delete, replace) "
                       "is for values of one CSN. Parts that replace the same attribute, one after the other, are one "
                       "replacement. A delete takes value and record away, whatever its CSN; what is added or replaced "
                       "without CSN is a change that is replicated.",
                       "The saved file is a modify that brings back the attributes touched, on this server alone; "
                       "passwords are not shown by servers, and not in it."},
                      [&settings] { return meta_modify(settings); });
  spec.groups = {file_option(settings), {"Which entry", {uuid_option(settings)}}, writing(settings)};
  return spec;
}

CommandSpec delete_command(ReplmetaSettings& settings) {
  auto spec = command("delete", "delete entries, choosing the record they leave",
                      {"Deletes entries (mrm 3.15): with a new CSN, as ldapdelete does, with one given, or without a "
                       "trace. Entries below must be deleted first."},
                      [&settings] { return meta_delete(settings); });
  spec.arguments = {{.name = "DN",
                     .help = "The entries, in this order.",
                     .set = [&settings](const std::string& text) { settings.dns.push_back(text); },
                     .required = true,
                     .repeatable = true}};
  spec.groups = {{"What is left",
                  {option("--csn", "CSN",
                          "deletedEntryCSN of the record, as 20261121074549Z#000015#berlin#000000; it is not "
                          "replicated as a change of this server.",
                          settings.csn),
                   flag("--no-record", "Leave no record: other replicas may send the entry again.", settings.no_record),
                   uuid_option(settings)}},
                 writing(settings)};
  spec.examples = {
      {"replmeta delete -H ldap://a -ZZ --no-record --uuid UUID uid=ada,dc=example,dc=com", "Drop a tombstone."}};
  return spec;
}

}  // namespace

CommandSpec replmeta_spec(ReplmetaSettings& settings) {
  CommandSpec spec;
  spec.name = "replmeta";
  spec.summary = "search, show and edit entries with their replication meta-data";
  spec.description = {
      "Each value in a replicated directory has meta-data: the CSN, which says when and on which replica it was "
      "written, and records of what was deleted. replmeta shows them and edits them without triggering replication "
      "(draft-ietf-ldup-mrm-02, 3.14 and 3.15).",
      "Servers want a right of its own for this, and TLS.",
      "LDIF: meta-data stand in options of attribute descriptions, which no server takes for a plain entry's:",
      "sn;x-csn-20261121074549Z-000015-berlin-000000: Lovelace",
      "is a value and its CSN, 20261121074549Z#000015#berlin#000000;",
      "sn;x-deleted;x-csn-20261121074601Z-000000-paris-000000: Byron",
      "the record that a value was deleted;",
      "sn;x-cleared-20261121074550Z-000002-berlin-000001:",
      "the record that all older values were. In a replica's ID '.' is written --p, '_' --u, and a '-' before one of "
      "these or another '-' --m.",
      "Commands that change something show what they would do with --dry-run, ask on a terminal, want --yes in a "
      "script, and record each change. What modify and delete remove is saved with its meta-data first.",
      "Other servers: replmeta says what they have instead; of OpenLDAP, show tells the entry's last change."};
  spec.groups = {{"Output", {flag("--json", "JSON, for programs; of search an object a line.", settings.json)}},
                 cli::connection_options(settings.connection, cli::SourceKinds::servers)};
  spec.commands = {search_command(settings), show_command(settings), add_command(settings), modify_command(settings),
                   delete_command(settings)};
  spec.examples = {{"replmeta show -H @group -ZZ uid=ada,dc=example,dc=com", "Compare an entry on all servers."}};
  spec.exit_notes = {
      {ExitStatus::done, "Done; of show, the same on all servers."},
      {ExitStatus::findings, "show found differences."},
      {ExitStatus::refused, "The server refused, there is no such entry, or the server has no meta-data."}};
  spec.environment = cli::connection_environment();
  spec.environment.push_back({"XDG_STATE_HOME, HOME", "Where the record of changes and saved entries are."});
  spec.files = cli::connection_files();
  spec.files.push_back({"audit.jsonl", "In $XDG_STATE_HOME/replkit: what was sent to whom, without passwords."});
  spec.files.push_back({"removed/*.ldif", "In $XDG_STATE_HOME/replkit: what was removed, for add and modify."});
  spec.see_also = {"repctl(1)",   "replcompare(1)", "replserver(8)", "replkit-inventory(5)",
                   "ldup-mrm(7)", "ldapsearch(1)"};
  return spec;
}

}  // namespace replkit::tools
