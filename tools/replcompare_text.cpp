#include <fmt/format.h>

#include <algorithm>

#include "common/base/text.hpp"
#include "common/cli/table.hpp"
#include "common/cli/text_layout.hpp"
#include "tools/replcompare.hpp"

namespace replkit::tools {

namespace {

using compare::Difference;
using compare::Verdict;
using compare::WaitsFor;

// The most of one value, and the most values of one attribute and source, that a person wants to see. JSON has all.
constexpr std::size_t max_value = 200;
constexpr std::size_t max_values = 20;

// How old a change is, or that nobody can tell.
std::string age_text(std::chrono::microseconds age, std::string_view old = "") {
  // Clocks that agree differ by less.
  if (age <= std::chrono::seconds(-1)) return format_duration(-age) + " ahead of our clock: one is wrong";
  return format_duration(std::max(age, std::chrono::microseconds(0))) + std::string(old);
}

class TextPrinter final : public ComparePrinter {
 public:
  explicit TextPrinter(const ReplcompareSettings& settings)
      : settings_(settings), palette_(settings.color), redactor_(settings.show_secrets) {}

  void difference(Difference&& difference) override;
  void finish(const compare::Result& result) override;

 private:
  std::string name(std::size_t source) const { return printable(settings_.options.sources[source].name); }
  std::string verdict(const Difference& difference) const;
  std::string value(const std::string& attribute, const std::string& value) const;
  static std::string absence(const compare::Shown& shown);
  void attribute(const compare::AttributeDifference& attribute);
  void notes_of_sources(const compare::Result& result) const;
  static void line(const std::string& text) { cli::print_out(text + "\n"); }
  // Returns text for people broken to the width of the terminal, in lines that begin with `indent` blanks and two more.
  static std::string wrapped(const std::string& text, std::size_t indent);

  const ReplcompareSettings& settings_;
  cli::Palette palette_;
  Redactor redactor_;
  bool any_ = false;  // difference was shown
};

std::string TextPrinter::wrapped(const std::string& text, std::size_t indent) {
  std::string out;
  const std::string start(indent, ' ');
  const auto width = std::max<std::size_t>(cli::terminal_width(), indent + 20);
  for (const auto& part : cli::wrap(text, width - indent - 2)) out += (out.empty() ? start : "\n  " + start) + part;
  return out;
}

std::string TextPrinter::verdict(const Difference& difference) const {
  const auto& judgement = difference.judgement;
  if (judgement.verdict == Verdict::diverged) return palette_.red("  diverged");
  if (judgement.verdict == Verdict::unknown) {
    return palette_.red(difference.detailed || difference.kind == compare::DifferenceKind::missing
                            ? "  unknown (no metadata to decide; it persisted)"
                            : "  unknown (it differed once, and was not read again)");
  }
  const auto csn = printable(difference.awaited_csn);
  std::string text = "it changed while it was watched";
  if (judgement.waits_for == WaitsFor::change) {
    text = fmt::format("{} lacks change {} ({})", name(judgement.source), csn, age_text(judgement.age, " old"));
  } else if (judgement.waits_for == WaitsFor::file) {
    text = fmt::format("{} is older than change {}", name(judgement.source), csn);
  } else if (judgement.waits_for == WaitsFor::refresh) {
    text = fmt::format("{} is being refreshed", name(judgement.source));
  }
  if (judgement.stalled) return palette_.red(wrapped("STALLED: " + text, 2));
  return palette_.yellow(wrapped("in flight: " + text, 2));
}

std::string TextPrinter::value(const std::string& attribute, const std::string& value) const {
  if (redactor_.hides(attribute)) return "(secret, digest " + redactor_.digest(value) + ")";
  if (!is_printable_utf8(value)) return fmt::format("({} bytes, digest {})", value.size(), redactor_.digest(value));
  if (value.size() <= max_value) return value;
  return fmt::format("{}... ({} bytes)", printable(value.substr(0, max_value)), value.size());
}

std::string TextPrinter::absence(const compare::Shown& shown) {
  if (shown.never_existed) return "never existed there";
  if (!shown.deleted) return "no such entry";
  if (shown.deleted_csn.empty()) return "deleted there";
  return fmt::format("deleted there by {} (on replica {})", printable(shown.deleted_csn), printable(shown.deleted_by));
}

void TextPrinter::attribute(const compare::AttributeDifference& attribute) {
  line("  " + palette_.bold(printable(attribute.name)));
  for (std::size_t s = 0; s < attribute.only.size(); ++s) {
    const auto& values = attribute.only[s];
    for (std::size_t i = 0; i < values.size() && i < max_values; ++i) {
      line(fmt::format("    {}: {}", name(s), value(attribute.name, values[i])));
    }
    if (values.size() > max_values)
      line(fmt::format("    {}: and {} more", name(s), counted(values.size() - max_values, "value")));
  }
}

void TextPrinter::difference(Difference&& difference) {
  any_ = true;
  std::string kind(word_of(difference.kind));
  for (auto& c : kind) c = static_cast<char>(c - ('a' - 'A'));
  line(fmt::format("{} {}", palette_.bold(kind), printable(difference.dn)));
  line(verdict(difference));
  for (std::size_t s = 0; s < difference.entries.size(); ++s) {
    const auto& shown = difference.entries[s];
    if (shown.outside) {
      line(fmt::format("  {}: outside of what it holds", name(s)));
    } else if (!shown.known) {
      line(fmt::format("  {}: not known", name(s)));
    } else if (!shown.present) {
      line(fmt::format("  {}: {}", name(s), absence(shown)));
    } else if (difference.kind == compare::DifferenceKind::renamed) {
      line(fmt::format("  {}: {}", name(s), printable(shown.dn)));
    } else if (difference.kind == compare::DifferenceKind::missing || difference.identity_differs) {
      line(fmt::format("  {}: present", name(s)));
      if (!shown.id.empty()) line("    id " + printable(shown.id));
      if (!shown.csn.empty()) line("    changed " + printable(shown.csn));
    }
  }
  for (std::size_t s = 0; s < difference.entries.size(); ++s) {
    if (difference.entries[s].lacking.empty()) continue;
    line(wrapped(fmt::format("{} lacks {}, which the classes demand: hidden from this identity, or damage", name(s),
                             fmt::join(difference.entries[s].lacking, ", ")),
                 2));
  }
  if (difference.identity_differs) line("  the ids differ: these are two entries with one name");
  if (difference.descendants != 0) {
    line(fmt::format("  and {} below it", counted(difference.descendants, "entry", "entries")));
  }
  for (const auto& found : difference.attributes) attribute(found);
  if (!difference.detailed) line("  not read in full");
  for (const auto odd : difference.odd) line(fmt::format("  odd one out: {}", name(odd)));
  cli::flush_out();
}

// What was noted of several sources is told once.
void TextPrinter::notes_of_sources(const compare::Result& result) const {
  std::vector<std::pair<std::string, std::string>> told;  // the note, and of whom
  for (const auto& source : result.sources) {
    for (const auto& note : source.notes) {
      const auto found = std::find_if(told.begin(), told.end(), [&](const auto& other) { return other.first == note; });
      if (found != told.end()) {
        found->second += ", " + source.name;
      } else {
        told.emplace_back(note, source.name);
      }
    }
  }
  for (const auto& [note, names] : told) {
    line(wrapped(printable("note: " + (note.starts_with(names) ? note : names + ": " + note)), 0));
  }
}

void TextPrinter::finish(const compare::Result& result) {
  if (any_) line("");
  cli::Table table({{"Source"}, {"Kind"}, {"Entries", cli::Table::Align::right}, {"State"}});
  for (const auto& source : result.sources) {
    table.add_row({source.name, source.kind, source.reached ? fmt::format("{}", source.entries) : "-",
                   source.complete() ? "complete"
                   : source.reached  ? "incomplete"
                                     : "not reached"});
  }
  cli::print_out(table.text());
  for (const auto& source : result.sources) {
    for (const auto& reason : source.reasons) {
      const auto prefix = reason.starts_with(source.name) ? std::string() : source.name + ": ";
      line(palette_.yellow(wrapped("incomplete: " + prefix + printable(reason), 0)));
    }
  }
  for (const auto& source : result.sources) {
    if (source.outside == 0) continue;
    line(wrapped(
        printable(fmt::format("note: {}: its replica holds a part of the area only: {} outside of it not compared",
                              source.name, counted(source.outside, "entry", "entries"))),
        0));
  }
  notes_of_sources(result);
  for (const auto& note : result.notes) line(wrapped("note: " + printable(note), 0));
  if (!result.stop_reason.empty()) line(palette_.yellow("ended early: " + result.stop_reason));
  if (settings_.connection.verbose != 0 && !result.rules.excluded.empty()) {
    line(wrapped(printable(fmt::format("left out: {}", fmt::join(result.rules.excluded, ", "))), 0));
  }
  const auto& s = result.summary;
  line(wrapped(fmt::format("{} matched, {} missing, {} changed, {} renamed: {} diverged, {} in flight{}{}", s.matched,
                           s.missing, s.changed, s.renamed, s.diverged, s.in_flight,
                           s.stalled != 0 ? fmt::format(" ({} stalled)", s.stalled) : "",
                           s.unknown != 0 ? fmt::format(", {} unknown", s.unknown) : ""),
               0));
  if (s.oldest_in_flight) line("oldest change in flight: " + age_text(*s.oldest_in_flight));
  if (s.ignored != 0) line(fmt::format("{} ignored", counted(s.ignored, "known difference")));
  if (s.not_compared != 0) {
    line(fmt::format("{} not compared, or not in full, for sources are incomplete",
                     counted(s.not_compared, "entry", "entries")));
  }
  switch (status_of(result, settings_.strict)) {
    case ExitStatus::done:
      line(palette_.green(s.in_flight == 0 ? "The sources are the same."
                                           : "The sources are the same, but for changes in flight."));
      break;
    case ExitStatus::findings:
      line(palette_.red("The sources differ."));
      break;
    default:
      line(palette_.yellow("Could not decide: the comparison is not complete."));
  }
}

}  // namespace

std::unique_ptr<ComparePrinter> text_printer(const ReplcompareSettings& settings) {
  return std::make_unique<TextPrinter>(settings);
}

}  // namespace replkit::tools
