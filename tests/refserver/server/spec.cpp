#include "tests/refserver/server/spec.hpp"

#include <utility>

namespace replkit::refserver::server {

namespace {

using cli::Completion;

cli::Option config_option(Settings& settings) {
  return cli::option("-f,--config", "FILE", "The configuration, see replserver.toml(5).", settings.config)
      .completes(Completion::file)
      .require();
}

cli::Option directory_option(Settings& settings) {
  return cli::option("--directory", "DIR", "Read the data there, e.g. a backup, in place of the configured directory.",
                     settings.directory)
      .completes(Completion::directory);
}

cli::Argument argument(std::string name, std::string help, std::string& target, bool required, Completion completion) {
  return {.name = std::move(name),
          .help = std::move(help),
          .set = [&target](const std::string& text) { target = text; },
          .required = required,
          .completion = completion};
}

cli::CommandSpec serve(Settings& settings) {
  cli::CommandSpec spec;
  spec.name = "serve";
  spec.summary = "serve the directory until told to end";
  spec.description = {
      "Runs in the foreground and logs to standard error unless configured otherwise. SIGTERM and SIGINT end it "
      "cleanly "
      "(status 0): it takes no more requests, lets outstanding ones finish for a while, and tells its clients. SIGHUP "
      "has "
      "it read the certificate and the access rules again, and open its log and audit files again."};
  spec.groups = {
      {"Options",
       {config_option(settings),
        cli::option(
            "-l,--listen", "URI",
            "Listen there in place of the configured URIs: ldap://HOST:PORT, ldaps://HOST:PORT or ldapi://%2Fpath. "
            "Port 0 is one the kernel chooses.",
            settings.listen),
        cli::option(
            "--ready-file", "FILE",
            "Write this file once connections are taken: the URIs, with the ports the kernel chose, one a line. "
            "It is removed when the server ends.",
            settings.ready_file)
            .completes(Completion::file)}}};
  return spec;
}

cli::CommandSpec import(Settings& settings) {
  cli::CommandSpec spec;
  spec.name = "import";
  spec.summary = "load entries from LDIF while no server runs";
  spec.description = {
      "Superiors must come before what is below them. entryUUID, entryCSN and other operational attributes are kept "
      "as the file has them, less those that the server makes up itself; passwords in the clear are hashed. gzip is "
      "recognized.",
      "All is loaded or nothing, also when it is interrupted. It is done in a copy of the data that is there, which "
      "then takes its place: there must be room for both, and no backup may be under way. The copy is made in a folder "
      "\"import\" in the data directory; what one that was killed has left there goes when the data is next opened.",
      "An entryCSN is that of an entry's newest change, and a file says nothing of what was deleted. So an area of "
      "replication that has other replicas, and gets entries with their CSNs, as those of export are, is closed until "
      "one of the others fills it: repctl cycle trigger --full. Where there is no other any more, delete the entry of "
      "this replica and then those of the others, and create this one anew; or leave entryCSN out of the file, which "
      "makes all of it changes of this replica. (To put a replica back as it was, use backup.) Nothing is loaded into "
      "an area that this replica shares with others already: they would not get it."};
  spec.arguments = {argument("LDIF", "The file, or - for standard input.", settings.ldif, true, Completion::file)};
  spec.groups = {
      {"Options",
       {config_option(settings),
        cli::flag("-c,--continue", "Skip entries that are refused, naming them on standard error (status 1). Slower.",
                  settings.go_on)}}};
  return spec;
}

cli::CommandSpec export_(Settings& settings) {
  cli::CommandSpec spec;
  spec.name = "export";
  spec.summary = "write entries as LDIF to standard output while no server runs";
  spec.description = {
      "Superiors come before what is below them; operational attributes and the hashes of passwords are in it: keep it "
      "private. While the server runs, export a backup of it (--directory). Deleted entries and the CSNs of single "
      "values are not in it: what replicates is put back from a backup, see import."};
  spec.arguments = {argument("FILTER", "Only the entries that match.", settings.filter, false, Completion::none)};
  spec.groups = {{"Options",
                  {config_option(settings), directory_option(settings),
                   cli::option("-b,--base", "DN", "Only this entry and those below it.", settings.base)}}};
  return spec;
}

cli::CommandSpec check(Settings& settings) {
  cli::CommandSpec spec;
  spec.name = "check";
  spec.summary = "compare tree and indexes with the entries, and the entries with the schema, while no server runs";
  spec.description = {"Prints one line for each finding (status 1)."};
  spec.groups = {{"Options",
                  {config_option(settings), directory_option(settings),
                   cli::option("--max-findings", "N", "Stop after so many.", settings.most_findings)}}};
  return spec;
}

cli::CommandSpec backup(Settings& settings) {
  cli::CommandSpec spec;
  spec.name = "backup";
  spec.summary = "copy the data, consistent, also while the server runs";
  spec.description = {
      "To restore it, put it in the place of the configured directory while no server runs. A replica that is restored "
      "takes no changes, and refers to others, until it has met every replica that it supplies and has got back what "
      "it had sent them since; where one is gone for good, set its replicaOnline to FALSE here, or delete the "
      "agreement. What is older than purge_age is not to be restored: have the areas filled by full updates instead. "
      "The same holds for a data directory that was copied or moved by other means, which the server finds out when it "
      "starts; but a snapshot of the disk or of a virtual machine that is put back looks like the replica itself, "
      "which finds out only once it meets the others: what it has taken until then may be missing elsewhere. Compare "
      "the replicas then (replcompare), or have it filled by a full update.",
      "It is whole once there is a data.mdb in DIR; before, there is a folder \"unfinished\"."};
  spec.arguments = {
      argument("DIR", "Where to: made, or empty.", settings.backup_directory, true, Completion::directory)};
  spec.groups = {{"Options", {config_option(settings)}}};
  return spec;
}

cli::CommandSpec compact(Settings& settings) {
  cli::CommandSpec spec;
  spec.name = "compact";
  spec.summary = "give back the disk space that deleted data has left, while no server runs";
  spec.description = {
      "The file of the data, data.mdb, never shrinks by itself: what is deleted leaves room in it for what comes. This "
      "writes it anew without that room, beside the old one, which it then replaces; it needs the space for both, and "
      "no backup may be under way. The replica is what it was: nothing has to be got back as after a backup was put in "
      "place."};
  spec.groups = {{"Options", {config_option(settings)}}};
  return spec;
}

cli::CommandSpec passwd(Settings& settings) {
  cli::CommandSpec spec;
  spec.name = "passwd";
  spec.summary = "print the hash of a password for the configuration";
  spec.description = {
      "Asks for the password twice on the terminal; without one it is the first line of standard input."};
  spec.groups = {
      {"Options",
       {cli::flag(
           "--scram",
           "A SCRAM-SHA-256 hash, weaker against guessing but good for SASL SCRAM binds too, in place of Argon2id.",
           settings.scram)}}};
  return spec;
}

cli::CommandSpec config(Settings& settings) {
  cli::CommandSpec spec;
  spec.name = "config";
  spec.summary = "check the configuration and print all that is in force";
  spec.groups = {{"Options", {config_option(settings)}}};
  return spec;
}

cli::CommandSpec with(cli::CommandSpec spec, const Verbs::Run& run) {
  spec.run = run;
  return spec;
}

}  // namespace

cli::CommandSpec replserver_spec(Settings& settings, const Verbs& verbs) {
  cli::CommandSpec spec;
  spec.name = "replserver";
  spec.section = 8;
  spec.summary = "the reference LDAP server of replkit";
  spec.description = {
      "A small LDAPv3 directory server to try replkit on and to test it with; it is not meant for production.",
      "It is configured by one file, see replserver.toml(5). Its store belongs to one process: import, export, "
      "check and compact want the server stopped, backup does not."};
  spec.commands = {with(serve(settings), verbs.serve),     with(import(settings), verbs.import),
                   with(export_(settings), verbs.export_), with(check(settings), verbs.check),
                   with(backup(settings), verbs.backup),   with(compact(settings), verbs.compact),
                   with(passwd(settings), verbs.passwd),   with(config(settings), verbs.config)};
  spec.examples = {
      {"replserver import -f replserver.toml people.ldif", "Load a directory:"},
      {"replserver serve -f replserver.toml --listen ldap://127.0.0.1:0 --ready-file ready",
       "Serve it at a free port, and find out which that is:"},
      {"replserver backup -f replserver.toml /backup/monday && replserver export -f replserver.toml --directory "
       "/backup/monday | gzip > monday.ldif.gz",
       "Write all of a running server as LDIF:"}};
  spec.exit_notes = {
      {ExitStatus::done, "done; for serve: ended by a signal"},
      {ExitStatus::findings, "check has findings; import -c skipped entries"},
      {ExitStatus::undecided, "interrupted"},
      {ExitStatus::usage, "wrong options or arguments, or a wrong configuration"},
      {ExitStatus::connection, "serve cannot listen at one of its URIs"},
      {ExitStatus::refused, "an entry to import is refused"},
      {ExitStatus::local, "files cannot be read or written, or are in use by another process"},
  };
  spec.see_also = {"replserver.toml(5)", "replcompare(1)", "ldapsearch(1)"};
  return spec;
}

}  // namespace replkit::refserver::server
