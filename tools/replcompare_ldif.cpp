#include <fmt/format.h>

#include <cstdio>
#include <filesystem>

#include "common/base/error.hpp"
#include "common/base/files.hpp"
#include "common/base/text.hpp"
#include "common/compare/repair.hpp"
#include "common/model/ldif.hpp"
#include "tools/replcompare.hpp"

namespace replkit::tools {

namespace {

// A file name for a source: what is not a letter, a digit, '.' or '-' becomes '_'.
std::string file_name(const std::string& source) {
  std::string out;
  for (const char c : source)
    out += is_ascii_alpha(c) || is_ascii_digit(c) || c == '-' || (c == '.' && !out.empty()) ? c : '_';
  return out + ".ldif";
}

class LdifPrinter final : public ComparePrinter {
 public:
  explicit LdifPrinter(const ReplcompareSettings& settings) : settings_(settings) {}

  void difference(compare::Difference&& difference) override { differences_.push_back(std::move(difference)); }
  void finish(const compare::Result& result) override;

 private:
  void write(const compare::Result& result, std::size_t target, const model::LdifWriter::Sink& sink) const;
  void header(model::LdifWriter& writer, const compare::Result& result, std::size_t target,
              const compare::Repair& repair, bool identity) const;

  const ReplcompareSettings& settings_;
  std::vector<compare::Difference> differences_;
};

void LdifPrinter::header(model::LdifWriter& writer, const compare::Result& result, std::size_t target,
                         const compare::Repair& repair, bool identity) const {
  const auto& reference = result.sources[settings_.options.reference].name;
  const auto& name = result.sources[target].name;
  writer.comment(settings_.reverse
                     ? fmt::format("Undoes, on {}, the repair that made it the same as {}", name, reference)
                     : fmt::format("Makes {} the same as {}", name, reference));
  writer.comment(fmt::format("{}, written {}", counted(repair.changes.size(), "change"),
                             format_generalized_time(system_clock().now())));
  if (result.sources[target].kind != "ldif")
    writer.comment(fmt::format("Apply with: ldapmodify -H {} -D ... -W -f THIS-FILE",
                               settings_.options.sources[target].server->uri));
  if (identity) {
    writer.comment(
        "Adds keep entryUUID and the create and modify attributes by the Relax Rules control, which needs a right of "
        "its "
        "own (OpenLDAP: \"manage\", replserver: \"metadata-write\"). --portable leaves them out.");
  }
  if (repair.identities_differ)
    writer.comment("WARNING: entries that are added get new ids: compared by id they are other entries");
  if (repair.names_change_hands)
    writer.comment(
        "Names go from one entry to another, and what stands below them moves along: compare again afterwards");
  if (repair.in_flight != 0)
    writer.comment(
        fmt::format("Left out: {} that replication may still mend", counted(repair.in_flight, "difference")));
  if (repair.not_detailed != 0) {
    writer.comment(fmt::format("Left out: {} not read in full (--max-details, --attrs)",
                               counted(repair.not_detailed, "difference")));
  }
  if (repair.outside != 0) {
    writer.comment(fmt::format("Left out: {} with a name that {} does not hold; a full update sets that right",
                               counted(repair.outside, "entry", "entries"), name));
  }
  if (const auto outside = result.sources[target].outside; outside != 0) {
    writer.comment(fmt::format("Not compared: {} outside of what the replica of {} holds",
                               counted(outside, "entry", "entries"), name));
  }
  if (!result.complete()) writer.comment("WARNING: the comparison was not complete: there may be more to repair");
  writer.comment("It holds passwords and other secrets of the entries: keep it where nobody else reads it");
}

void LdifPrinter::write(const compare::Result& result, std::size_t target, const model::LdifWriter::Sink& sink) const {
  compare::RepairOptions options{.wanted = settings_.options.reference, .current = target};
  const auto& source = result.sources[target];
  options.part = source.part;
  options.change_identity = source.kind == "openldap";
  options.keep_identity =
      !settings_.portable && (source.kind == "openldap" || source.relax) && !result.rules.id_attribute.empty();
  if (settings_.reverse) std::swap(options.wanted, options.current);
  const auto repair = compare::plan_repair(differences_, options, result.rules);
  model::LdifWriter writer(sink, settings_.connection.ldif_wrap.value_or(76));
  writer.version();
  header(writer, result, target, repair, options.keep_identity);
  for (std::size_t i = 0; i < repair.changes.size(); ++i) {
    sink("\n");
    for (const auto& comment : repair.comments[i]) writer.comment(comment);
    try {
      writer.change(repair.changes[i]);
    } catch (const ParseError& error) {
      writer.comment(fmt::format("Left out: {} ({})", repair.changes[i].dn, error.what()));
    }
  }
}

void LdifPrinter::finish(const compare::Result& result) {
  if (!result.sources[settings_.options.reference].reached) return;  // nobody knows what is right
  for (std::size_t target = 0; target < result.sources.size(); ++target) {
    if (target == settings_.options.reference || !result.sources[target].reached) continue;
    if (settings_.output_directory.empty()) {
      write(result, target, [](std::string_view text) { cli::print_out(text); });
      continue;
    }
    const auto path = std::filesystem::path(settings_.output_directory) / file_name(result.sources[target].name);
    AtomicFile file(path, FileMode::private_file);
    write(result, target, [&](std::string_view text) { file.write(text); });
    file.commit();
    fmt::print(stderr, "replcompare: wrote {}\n", path.string());
  }
}

}  // namespace

std::unique_ptr<ComparePrinter> ldif_printer(const ReplcompareSettings& settings) {
  return std::make_unique<LdifPrinter>(settings);
}

}  // namespace replkit::tools
