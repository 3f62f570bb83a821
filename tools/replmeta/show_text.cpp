#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "common/base/text.hpp"
#include "common/cli/output.hpp"
#include "common/cli/text_layout.hpp"
#include "tools/replmeta/json.hpp"
#include "tools/replmeta/show.hpp"

namespace replkit::tools::replmeta {

namespace {

using metadata::Row;
using metadata::RowKind;

constexpr std::size_t width = 80;
constexpr std::size_t longest_value = 400;  // of a value without a line of its own for each 80 columns
constexpr std::string_view labels = "123456789abcdefghijklmnopqrstuvwxyz";

std::string time_of(const ldup::Csn& csn) {
  if (csn == ldup::Csn()) return "unknown";
  auto text = format_utc(csn.time()).substr(0, 19);
  text[10] = ' ';
  return text;
}

std::string value_of(const Row& row) {
  if (row.kind == RowKind::cleared) return "(all values)";
  if (row.kind == RowKind::state) {
    if (row.attribute == "createdEntryCSN") return "created";
    if (row.attribute == "deletedEntryCSN") return "deleted";
    if (row.attribute == "rdn") return "named";
    if (row.attribute == "superior") return "in " + row.value;
    if (row.attribute == "glue") return "glue: stands for an entry that is missing";
    if (row.attribute == "entryUUID") return "UUID " + row.value;
    return fmt::format("{} {}", row.attribute, printable(row.value));
  }
  if (row.value.empty()) return "(empty)";
  if (is_printable_utf8(row.value) && row.value.size() <= longest_value) return row.value;
  if (is_printable_utf8(row.value)) {
    std::size_t end = longest_value;
    while ((static_cast<unsigned char>(row.value[end]) & 0xC0U) == 0x80U) --end;  // not within a character
    return fmt::format("{}... ({} bytes)", row.value.substr(0, end), row.value.size());
  }
  return fmt::format("{}{} ({} bytes)", printable(row.value.substr(0, 16)), row.value.size() > 16 ? "..." : "",
                     row.value.size());
}

// Which servers have it, each under its label, '-' for those without.
std::string servers_of(const Row& row, const Shown& shown) {
  if (shown.copies.size() == 1) return {};
  if (shown.copies.size() > labels.size()) {
    return fmt::format("{}/{}", std::count(row.on.begin(), row.on.end(), true), row.on.size());
  }
  std::string out;
  for (std::size_t i = 0; i < row.on.size(); ++i) {
    if (!shown.copies[i].entry) {
      out += ' ';
    } else {
      out += row.on[i] ? labels[i] : '-';
    }
  }
  return out;
}

// Widths of the columns after the value.
struct Columns {
  std::size_t written = 0;  // the time, or the CSN
  std::size_t replica = 0;
  std::size_t servers = 0;

  std::size_t value() const {
    const std::size_t others =
        4 + 2 + 7 + 2 + written + (replica == 0 ? 0 : replica + 2) + (servers == 0 ? 0 : servers + 2);
    return others + 20 > width ? 20 : width - others;
  }
};

// The replica's ID, as far as a column should be wide.
std::string replica_of(const ldup::Csn& csn) {
  constexpr std::size_t widest = 16;
  const auto& id = csn.replica_id();
  return id.size() <= widest ? id : id.substr(0, widest - 3) + "...";
}

class Printer {
 public:
  Printer(const ReplmetaSettings& settings, const Shown& shown) : csns_(settings.csns), shown_(shown) {
    for (const auto& row : shown.rows) {
      columns_.servers = std::max(columns_.servers, servers_of(row, shown).size());
      columns_.written = std::max(columns_.written, written(row).size());
      if (!csns_ && row.csn) columns_.replica = std::max(columns_.replica, replica_of(*row.csn).size());
    }
    columns_.written = std::max<std::size_t>(columns_.written, 7);
    if (!csns_) columns_.replica = std::max<std::size_t>(columns_.replica, 7);
  }

  void heading() const {
    line("  ", "", "", csns_ ? "CSN" : "Written", csns_ ? "" : "Replica",
         columns_.servers == 0 ? "" : std::string(labels.substr(0, std::min(shown_.copies.size(), labels.size()))));
  }

  void row(const Row& row) const {
    const auto value = value_of(row);
    const std::string mark = row.odd ? "* " : "  ";
    const auto what = row.is_record() ? "deleted" : "";
    const auto by = !csns_ && row.csn ? replica_of(*row.csn) : std::string();
    const auto when = written(row);
    if (cli::display_width(value) <= columns_.value()) {
      line(mark, value, what, when, by, servers_of(row, shown_));
      return;
    }
    // Over columns that would be empty.
    std::size_t room = row.is_record() ? 0 : columns_.value() + 2 + 7;
    if (room != 0 && when.empty()) room += 2 + columns_.written + (columns_.replica == 0 ? 0 : 2 + columns_.replica);
    if (cli::display_width(value) <= room) {
      auto text = fmt::format("{}  {}", mark, cli::pad_right(value, room));
      if (!when.empty()) text += "  " + cli::pad_right(when, columns_.written);
      if (!when.empty() && columns_.replica != 0) text += "  " + cli::pad_right(by, columns_.replica);
      print_line(text + "  " + servers_of(row, shown_));
      return;
    }
    // Words that are too long are cut to lines.
    std::string rest = value;
    bool first = true;
    while (!rest.empty()) {
      std::size_t end = std::min(rest.size(), width - 4);
      while (end < rest.size() && (static_cast<unsigned char>(rest[end]) & 0xC0U) == 0x80U) --end;
      cli::print_out(fmt::format("{}  {}\n", first ? mark : "  ", rest.substr(0, end)));
      rest.erase(0, end);
      first = false;
    }
    line("  ", "", what, when, by, servers_of(row, shown_));
  }

 private:
  std::string written(const Row& row) const {
    if (!row.csn) return {};
    return csns_ ? row.csn->ldup_text() : time_of(*row.csn);
  }

  void line(const std::string& mark, const std::string& value, const std::string& what, const std::string& written,
            const std::string& by, const std::string& servers) const {
    auto text = fmt::format("{}  {}  {}  {}", mark, cli::pad_right(value, columns_.value()), cli::pad_right(what, 7),
                            cli::pad_right(written, columns_.written));
    if (columns_.replica != 0) text += "  " + cli::pad_right(by, columns_.replica);
    if (columns_.servers != 0) text += "  " + servers;
    print_line(std::move(text));
  }

  static void print_line(std::string text) {
    text.erase(text.find_last_not_of(' ') + 1);
    cli::print_out(text + '\n');
  }

  bool csns_;
  const Shown& shown_;
  Columns columns_;
};

std::string state_of(const Copy& copy) {
  if (copy.server->problem) return "unknown";
  if (!copy.entry) return "no such entry";
  return copy.is_tombstone() ? "tombstone" : "";
}

void print_servers(const Shown& shown) {
  for (std::size_t i = 0; i < shown.copies.size(); ++i) {
    const auto& copy = shown.copies[i];
    const auto state = state_of(copy);
    const auto label = i < labels.size() && shown.copies.size() > 1 ? std::string(1, labels[i]) : std::string(" ");
    cli::print_out(fmt::format("  {}  {}{}\n", label, printable(copy.server->name),
                               state.empty() ? "" : fmt::format(": {}", state)));
    for (const auto& note : copy.notes) cli::print_out(cli::wrap_indented(note, width, 5));
  }
}

std::string verdict(const Shown& shown) {
  const auto have =
      std::count_if(shown.copies.begin(), shown.copies.end(), [](const Copy& copy) { return copy.entry.has_value(); });
  if (have < 2 && !shown.absent_on_some()) return {};
  std::string out;
  if (shown.differences != 0) {
    out = fmt::format("Not the same on all servers: {}; * is what no more than half of them have.",
                      counted(shown.differences, "row"));
  } else if (shown.absent_on_some()) {
    out = "Not all servers have the entry.";
  } else {
    out = fmt::format("The same on {}.", counted(static_cast<std::uint64_t>(have), "server"));
  }
  if (shown.records != 0) {
    out += fmt::format(" Deletion records that not all have: {}; each replica purges them on its own.", shown.records);
  }
  return out;
}

nlohmann::json row_json(const Row& row, const Shown& shown) {
  nlohmann::json out = {{"kind", name_of(row.kind)},
                        {"attribute", cli::json_text(row.attribute)},
                        {"value", cli::json_text(row.value)},
                        {"differs", row.differs},
                        {"odd", row.odd},
                        {"servers", nlohmann::json::array()}};
  if (row.csn) out["written"] = json_of(*row.csn);
  for (std::size_t i = 0; i < row.on.size(); ++i) {
    if (row.on[i]) out["servers"].push_back(shown.copies[i].server->name);
  }
  return out;
}

}  // namespace

void print_text(const ReplmetaSettings& settings, const Shown& shown) {
  cli::print_out(fmt::format("{}\n", printable(shown.dn)));
  print_servers(shown);
  if (shown.rows.empty()) return;
  const Printer printer(settings, shown);
  printer.heading();
  std::string attribute;
  bool state = false;
  for (const auto& row : shown.rows) {
    if (row.kind == RowKind::state) {
      if (!state) cli::print_out("entry\n");
      state = true;
      // Of one name it stands above.
      if (row.attribute == "dn" && !row.differs && equals_ignore_case(row.value, shown.dn)) continue;
    } else if (!equals_ignore_case(row.attribute, attribute)) {
      attribute = row.attribute;
      cli::print_out(fmt::format("{}\n", printable(attribute)));
    }
    printer.row(row);
  }
  if (const auto text = verdict(shown); !text.empty()) cli::print_out("\n" + cli::wrap_indented(text, width, 0));
}

void print_json(const Shown& shown) {
  auto servers = nlohmann::json::array();
  for (const auto& copy : shown.copies) {
    nlohmann::json row = {{"server", copy.server->name}, {"uri", copy.server->uri}, {"notes", copy.notes}};
    if (copy.server->problem) {
      row["problem"] = copy.server->problem->text;
    } else {
      row["state"] = !copy.entry ? "absent" : copy.is_tombstone() ? "tombstone" : "entry";
      if (copy.entry) row["dn"] = cli::json_text(copy.entry->name);
    }
    servers.push_back(std::move(row));
  }
  auto rows = nlohmann::json::array();
  for (const auto& row : shown.rows) rows.push_back(row_json(row, shown));
  cli::print_out(cli::to_json({{"schema", "replmeta/1"},
                               {"command", "show"},
                               {"dn", cli::json_text(shown.dn)},
                               {"servers", servers},
                               {"rows", rows},
                               {"differences", shown.differences},
                               {"deletion_records_that_differ", shown.records},
                               {"same", shown.differences == 0 && !shown.absent_on_some()}},
                              2) +
                 '\n');
}

}  // namespace replkit::tools::replmeta
