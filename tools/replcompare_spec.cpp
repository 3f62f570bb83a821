// What replcompare takes: its help, man page and completions.
#include "tools/replcompare.hpp"

namespace replkit::tools {

using cli::flag;
using cli::list_option;
using cli::option;

namespace {

cli::OptionGroup what_to_compare(ReplcompareSettings& settings) {
  auto& options = settings.options;
  return {"What is compared",
          {option("-b,--base", "DN", "The entry at the top of what is compared.", options.area.base),
           cli::choice_option<ldap::Scope>("-s,--scope", "SCOPE", "How far below the base.",
                                           {{"sub", ldap::Scope::subtree},
                                            {"one", ldap::Scope::one},
                                            {"base", ldap::Scope::base},
                                            {"children", ldap::Scope::children}},
                                           options.area.scope),
           list_option("--attrs", "NAMES", "Compare these attributes only.", options.only),
           list_option("--exclude-attrs", "NAMES", "Leave these attributes out.", options.excluded),
           option("--exclude-branch", "DN", "Leave this entry and all below it out.", options.excluded_branches),
           flag("--quick",
                "Compare ids and CSNs only: about half the work. It cannot see entries that differ under one CSN, "
                "and leaves replicas and agreements of LDUP out.",
                options.quick),
           flag("-M,--manage-dsa-it", "Compare referral objects as entries instead of being referred elsewhere.",
                options.area.manage_dsa_it),
           flag("--exact", "Compare bytes, not values as the schema understands them.", options.exact),
           option("--reference", "NAME", "The source that is right where a direction is needed.", settings.reference)
               .defaults_to("the first"),
           option("--ignore-file", "FILE", "Known differences not to report (TOML, see FILES).", settings.ignore_file)
               .completes(cli::Completion::file)}};
}

cli::OptionGroup how_to_decide(ReplcompareSettings& settings) {
  auto& options = settings.options;
  return {"How it decides",
          {option("--recheck", "PASSES", "How often an entry must be read unchanged before it counts as diverged.",
                  options.watch.passes),
           option("--recheck-delay", "TIME", "Time before the second pass; doubled for each further one.",
                  options.watch.delay),
           option("--max-wait", "TIME", "How long to wait for changes in flight.", options.watch.max_wait),
           option("--max-lag", "TIME", "Changes in flight that are older have stalled, which is a finding.",
                  options.watch.max_lag),
           flag("--strict", "Changes still in flight at the end mean status 2.", settings.strict),
           option("--stop-after", "N", "End after N confirmed differences.", options.stop_after).defaults_to("all")}};
}

cli::OptionGroup output(ReplcompareSettings& settings) {
  return {"Output",
          {cli::choice_option<CompareFormat>(
               "--format", "FORMAT",
               "text for people; json or jsonl for programs; ldif: the repair that turns each other "
               "source into the reference.",
               {{"text", CompareFormat::text},
                {"json", CompareFormat::json},
                {"jsonl", CompareFormat::jsonl},
                {"ldif", CompareFormat::ldif}},
               settings.format),
           cli::action("--json", "The same as --format json.", [&settings] { settings.format = CompareFormat::json; }),
           option("--output-dir", "DIR", "Write each repair to a file of its own there, readable by its owner only.",
                  settings.output_directory)
               .completes(cli::Completion::directory),
           flag("--reverse", "Write the LDIF that undoes the repair.", settings.reverse),
           flag("--portable", "Repair without the Relax Rules control: entries that are added get new ids.",
                settings.portable),
           flag("--show-secrets", "Show passwords and keys instead of digests of them.", settings.show_secrets),
           cli::color_option(settings.color)}};
}

cli::OptionGroup limits(ReplcompareSettings& settings) {
  auto& options = settings.options;
  return {"Load and limits",
          {option("--page-size", "N", "Read by pages of N entries: only where the server insists, for it costs time.",
                  options.area.page_size)
               .defaults_to("not paged"),
           option("--rate", "N", "Read at most N entries a second from each source.", options.area.rate)
               .defaults_to("unlimited"),
           option("--max-details", "N", "Read at most N differing entries in full; the others are listed by name.",
                  options.watch.max_details)}};
}

}  // namespace

cli::CommandSpec replcompare_spec(ReplcompareSettings& settings) {
  cli::CommandSpec spec;
  spec.name = "replcompare";
  spec.summary = "tell whether replicas of a directory are the same";
  spec.description = {
      "Compares two or more sources entry by entry and says of each difference whether it is in flight (replication "
      "has not brought "
      "it yet) or diverged (every side holds every change involved, and still they differ). A source is a server or an "
      "LDIF file, "
      "plain or gzip. Nothing is written to any server.",
      "Every source is streamed once, all at the same time. Entries are matched by entryUUID where all sources have "
      "it, else by DN; "
      "values by the rules of the schema. Entries that differ are read again, in growing steps, until they agree or "
      "the evidence "
      "decides: a busy group of healthy replicas compares clean, and damage is found however equal the update vectors "
      "are.",
      "A difference is \"unknown\" when there is no metadata to decide by and it persisted. A change that has been on "
      "its way for "
      "longer than --max-lag is stalled: that is a finding, as divergence is.",
      "A size or time limit, a referral, a missing right or a lost connection makes the result incomplete; it is never "
      "taken for "
      "missing entries. Attributes that do not replicate are left out, those that syncrepl leaves out included when "
      "cn=config can "
      "be read.",
      "An entry without an attribute that its object classes demand differs where OpenLDAP or an LDUP server says that "
      "it is not there. Where it may as well be hidden, the rest of the entry is compared, and the result is "
      "incomplete. Passwords that no source shows are not compared, and a note says so.",
      "On servers that replicate by LDUP the area of replication that holds the base is compared, its replicas and "
      "agreements included; other areas below are left out and named, as is what fractional filters leave out. "
      "A replica that holds a part of its area only (subtreeSpecification) is compared in that part; how many entries "
      "lie outside of it is said. "
      "Entries that differ are looked up with their meta-data: a difference is in flight while one side has the CSN of "
      "a value, of a deleted one or of a name that the other neither has nor covers by its update vector, and an entry "
      "that was deleted is told from one that never existed there. That takes the right to see meta-data (replserver: "
      "the right metadata); without it update vectors alone decide, and much remains unknown.",
      "Memory follows the disorder between the sources and the number of differences, not the size of the directory. "
      "The standard "
      "input and gzip files are read anew for each pass over differing entries; standard input is kept in a temporary "
      "file.",
      "With --format ldif the output is the repair: what the reference has is added, parents first, what it lacks is "
      "deleted, "
      "children first, and changed values are taken away by name, so that nothing else is overwritten. Differences in "
      "flight are "
      "left out. Read it before you apply it with ldapmodify(1)."};
  spec.arguments = {{.name = "FILTER",
                     .help = "Compare only entries that match this filter (RFC 4515); the default is all of them.",
                     .set = [&settings](const std::string& text) { settings.options.area.filter = text; }}};
  spec.groups = {what_to_compare(settings), how_to_decide(settings), output(settings), limits(settings),
                 cli::connection_options(settings.connection, cli::SourceKinds::servers_and_files)};
  spec.examples = {{"replcompare -x -ZZ -D cn=reader,dc=example,dc=com -W -H ldap://a -H ldap://b -b dc=example,dc=com",
                    "Compare two servers over StartTLS, asking for the password."},
                   {"replcompare -H @production -b dc=example,dc=com --json",
                    "Compare the group \"production\" of the inventory, for a program."},
                   {"replcompare -H ldap://a -H file:backup.ldif.gz -b dc=example,dc=com '(objectClass=person)'",
                    "Compare the persons on a server with those in a backup."},
                   {"replcompare -H ldap://good -H ldap://bad -b dc=example,dc=com --format ldif --output-dir .",
                    "Write the repair that turns the second server into the first."}};
  spec.exit_notes = {
      {ExitStatus::done, "The sources are the same; changes in flight may remain."},
      {ExitStatus::findings, "Something diverged, has stalled, or differs without metadata to tell why."},
      {ExitStatus::undecided, "No finding, but the result is incomplete; or changes are in flight with --strict."}};
  spec.files = cli::connection_files();
  spec.files.push_back(
      {"--ignore-file",
       "TOML: tables [[ignore]] with dn = \"...\" (or below = \"...\" for a subtree), and as you like attributes = "
       "[...], until = 2027-01-31 (the last day it counts) and reason = \"...\"."});
  spec.environment = cli::connection_environment();
  spec.see_also = {"ldapsearch(1)", "ldapmodify(1)", "ldap.conf(5)", "replkit-inventory(5)"};
  return spec;
}

}  // namespace replkit::tools
