#include "tools/replcompare.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <optional>

#include "common/base/error.hpp"
#include "common/base/text.hpp"
#include "common/cli/program.hpp"
#include "common/cli/progress.hpp"
#include "common/cli/sources.hpp"
#include "common/ldap/defaults.hpp"
#include "common/model/dn.hpp"
#include "common/model/filter.hpp"

namespace replkit::tools {

namespace {

void set_sources(ReplcompareSettings& settings) {
  auto& options = settings.options;
  for (auto& source :
       cli::resolve_sources(settings.connection, cli::SourceKinds::servers_and_files, cli::run_token())) {
    options.sources.push_back({source.name, std::move(source.server), source.file.value_or("")});
  }
  if (options.sources.size() < 2) throw UsageError("at least two sources are needed: repeat -H");
  if (settings.reference.empty()) return;
  for (std::size_t i = 0; i < options.sources.size(); ++i) {
    if (options.sources[i].name == settings.reference || "@" + options.sources[i].name == settings.reference) {
      options.reference = i;
      return;
    }
  }
  throw UsageError(fmt::format("--reference {}: no source has this name", settings.reference));
}

// Checks what can be checked before anything is asked of a server.
void check(ReplcompareSettings& settings) {
  auto& options = settings.options;
  const bool any_server = std::any_of(options.sources.begin(), options.sources.end(),
                                      [](const auto& source) { return source.server.has_value(); });
  if (options.area.base.empty()) options.area.base = ldap::default_base();
  if (options.area.base.empty() && any_server) throw UsageError("which part is to be compared? Give its base with -b");
  const auto parse = [](const char* what, const std::string& text, auto&& parser) {
    try {
      parser(text);
    } catch (ParseError& error) {
      throw UsageError(fmt::format("{} \"{}\": {}", what, printable(text), error.what()));
    }
  };
  parse("-b", options.area.base, [](const auto& text) { model::Dn::parse(text); });
  parse("filter", options.area.filter, [](const auto& text) { model::Filter::parse(text); });
  for (const auto& branch : options.excluded_branches) {
    parse("--exclude-branch", branch, [](const auto& text) { model::Dn::parse(text); });
  }
  if (settings.format == CompareFormat::ldif && options.quick)
    throw UsageError("--quick does not read what a repair needs");
  const bool ldif = settings.format == CompareFormat::ldif;
  if (!ldif && (settings.reverse || settings.portable || !settings.output_directory.empty())) {
    throw UsageError("--reverse, --portable and --output-dir belong to --format ldif");
  }
  if (ldif && options.sources.size() > 2 && settings.output_directory.empty()) {
    throw UsageError("with more than two sources there is a repair for each: say with --output-dir where they go");
  }
}

std::unique_ptr<ComparePrinter> printer_for(const ReplcompareSettings& settings) {
  switch (settings.format) {
    case CompareFormat::json:
    case CompareFormat::jsonl:
      return json_printer(settings);
    case CompareFormat::ldif:
      return ldif_printer(settings);
    case CompareFormat::text:
      break;
  }
  return text_printer(settings);
}

// For formats whose readers are programs, tells the person behind them what is missing.
void tell_reasons(const compare::Result& result) {
  for (const auto& source : result.sources) {
    for (const auto& reason : source.reasons) {
      const auto prefix = reason.starts_with(source.name) ? std::string() : source.name + ": ";
      fmt::print(stderr, "replcompare: {}{}\n", prefix, printable(reason));
    }
  }
  if (!result.stop_reason.empty()) fmt::print(stderr, "replcompare: ended early: {}\n", result.stop_reason);
}

}  // namespace

ExitStatus run_replcompare(ReplcompareSettings& settings) try {
  auto& token = cli::run_token();
  if (settings.connection.run_timeout)
    token.set_deadline(std::chrono::steady_clock::now() + *settings.connection.run_timeout);
  set_sources(settings);
  check(settings);
  std::optional<compare::KnownDifferences> known;
  if (!settings.ignore_file.empty()) {
    known = compare::KnownDifferences::load(settings.ignore_file, system_clock().now());
    settings.options.known = &*known;
  }
  std::vector<std::string> names;
  for (const auto& source : settings.options.sources) names.push_back(source.name);
  cli::Progress progress(names, "entries");
  const auto printer = printer_for(settings);
  compare::Callbacks callbacks;
  callbacks.scanned = [&](std::size_t source, std::uint64_t entries) {
    if (entries % 2048 == 0) progress.update(source, entries);
  };
  callbacks.rechecking = [&](unsigned pass, std::size_t open) {
    progress.set_phase(fmt::format("pass {}: {} differing entries", pass, open));
  };
  callbacks.difference = [&](compare::Difference&& difference) {
    progress.clear();
    printer->difference(std::move(difference));
  };
  const auto result = compare::compare(settings.options, system_clock(), token, callbacks);
  progress.clear();
  printer->finish(result);
  if (settings.format != CompareFormat::text) tell_reasons(result);
  return compare::status_of(result, settings.strict);
} catch (const cli::OutputGone&) {
  return ExitStatus::undecided;  // cut short, it must not pass for "the same"
}

}  // namespace replkit::tools
