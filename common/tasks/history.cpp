#include "common/tasks/history.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "common/base/error.hpp"
#include "common/base/text.hpp"

namespace replkit::tasks {

namespace {

using nlohmann::json;

constexpr std::size_t max_line = 1 << 20;
constexpr int max_depth = 4;

[[noreturn]] void fail(const std::string& why) {
  throw ParseError(why, 0);
}

json parse_json(std::string_view line) {
  const auto watch = [](int depth, json::parse_event_t, json&) {
    if (depth > max_depth) fail("nested too deep");
    return true;
  };
  try {
    auto value = json::parse(line.begin(), line.end(), watch);
    if (!value.is_object()) fail("a JSON object is expected");
    return value;
  } catch (const json::exception&) {
    fail("this is no JSON");
  }
}

// Returns a member, or its default when it is missing.
std::string text_of(const json& line, const char* name) {
  const auto found = line.find(name);
  if (found == line.end()) return {};
  if (!found->is_string()) fail(fmt::format("{}: text is expected", name));
  return found->get<std::string>();
}

std::optional<std::uint64_t> count_of(const json& line, const char* name) {
  const auto found = line.find(name);
  if (found == line.end()) return std::nullopt;
  if (!found->is_number_unsigned()) fail(fmt::format("{}: a number is expected", name));
  return found->get<std::uint64_t>();
}

std::int64_t code_of(const json& line, const char* name) {
  const auto found = line.find(name);
  if (found == line.end()) return 0;
  if (!found->is_number_integer()) fail(fmt::format("{}: a number is expected", name));
  return found->get<std::int64_t>();
}

std::vector<std::string> list_of(const json& line, const char* name) {
  std::vector<std::string> out;
  const auto found = line.find(name);
  if (found == line.end()) return out;
  if (!found->is_array()) fail(fmt::format("{}: a list is expected", name));
  for (const auto& each : *found) {
    if (!each.is_string()) fail(fmt::format("{}: a list of texts is expected", name));
    out.push_back(each.get<std::string>());
  }
  return out;
}

Instant time_of(const json& line, const char* name) {
  const auto time = parse_utc(text_of(line, name));
  if (!time) fail(fmt::format("{}: a time as 2026-11-21T07:45:49Z is expected", name));
  return *time;
}

SessionLine session_of(const json& line) {
  SessionLine out;
  out.id = text_of(line, "session");
  out.area = text_of(line, "area");
  out.partner = text_of(line, "partner");
  out.peer = text_of(line, "peer");
  out.direction = text_of(line, "direction");
  if (out.direction != "sent" && out.direction != "received") fail("direction: sent or received is expected");
  out.kind = text_of(line, "kind");
  out.reason = text_of(line, "reason");
  out.started = time_of(line, "started");
  out.updates = count_of(line, "updates").value_or(0);
  out.primitives = count_of(line, "primitives").value_or(0);
  out.applied = count_of(line, "applied");
  out.superseded = count_of(line, "superseded");
  out.result = text_of(line, "result");
  if (out.result.empty()) fail("result: is missing");
  out.code = code_of(line, "code");
  out.text = text_of(line, "text");
  out.schema_mismatches = list_of(line, "schema_mismatches");
  out.events = list_of(line, "events");
  return out;
}

ChangeLine change_of(const json& line) {
  ChangeLine out;
  out.who = text_of(line, "administrator");
  out.as = text_of(line, "as");
  out.peer = text_of(line, "peer");
  out.operation = text_of(line, "operation");
  out.dn = text_of(line, "dn");
  out.new_dn = text_of(line, "new_dn");
  out.attributes = list_of(line, "attributes");
  const auto lifted = line.find("write_unwriteable");
  out.write_unwriteable = lifted != line.end() && lifted->is_boolean() && lifted->get<bool>();
  if (!line.contains("result")) fail("result: is missing");
  out.code = code_of(line, "result");
  out.csn = text_of(line, "csn");
  return out;
}

// Reads up to the end of a line, of which it keeps what is not too long. Returns whether there was anything.
struct Piece {
  std::string text;
  bool too_long = false;
  bool ended = false;  // by a line break
};

bool read_piece(std::istream& in, Piece& out) {
  out = {};
  bool any = false;
  auto* buffer = in.rdbuf();
  for (auto c = buffer->sbumpc(); c != std::char_traits<char>::eof(); c = buffer->sbumpc()) {
    any = true;
    if (c == '\n') {
      out.ended = true;
      return true;
    }
    if (out.text.size() < max_line) {
      out.text += static_cast<char>(c);
    } else {
      out.too_long = true;
    }
  }
  return any;
}

}  // namespace

std::optional<Instant> parse_utc(std::string_view text) {
  constexpr std::string_view form = "dddd-dd-ddTdd:dd:dd";
  if (text.size() <= form.size() || text.back() != 'Z') return std::nullopt;
  std::string digits;
  for (std::size_t i = 0; i < form.size(); ++i) {
    if (form[i] == 'd' ? !is_ascii_digit(text[i]) : text[i] != form[i]) return std::nullopt;
    if (form[i] == 'd') digits += text[i];
  }
  return parse_generalized_time(digits + std::string(text.substr(form.size())));
}

bool HistoryLine::failed() const {
  // compareFalse and compareTrue, referral: answers, not failures.
  if (const auto* one = change()) return one->code != 0 && one->code != 5 && one->code != 6 && one->code != 10;
  return session()->result != "success";
}

HistoryLine parse_history_line(std::string_view line) {
  auto value = parse_json(line);
  HistoryLine out;
  out.size = line.size();
  if (value.contains("session")) {
    out.time = time_of(value, "ended");
    out.what = session_of(value);
  } else if (value.contains("operation")) {
    out.time = time_of(value, "time");
    out.what = change_of(value);
  } else {
    fail("neither a session nor an operation");
  }
  out.json = std::move(value);
  return out;
}

void read_history(std::istream& in, const std::function<void(std::uint64_t, HistoryLine&&)>& visit,
                  const std::function<void(std::uint64_t, const std::string&)>& malformed) {
  Piece piece;
  for (std::uint64_t number = 1; read_piece(in, piece); ++number) {
    if (trim(piece.text).empty() && !piece.too_long) continue;
    try {
      if (piece.too_long) fail("it is over 1 MiB long");
      visit(number, parse_history_line(piece.text));
    } catch (const ParseError& error) {
      if (piece.ended) malformed(number, error.what());
    }
  }
}

std::string what_text(const HistoryLine& line) {
  if (const auto* change = line.change()) {
    auto out = fmt::format("{} {}", change->operation, change->dn);
    if (!change->new_dn.empty()) out += " to " + change->new_dn;
    if (!change->attributes.empty()) out += fmt::format(": {}", fmt::join(change->attributes, " "));
    if (change->write_unwriteable) out += " (write-unwriteable)";
    return out;
  }
  const auto& session = *line.session();
  auto out = fmt::format("{} session", session.kind);
  if (!session.reason.empty()) out += fmt::format(" ({})", session.reason);
  out +=
      fmt::format(": {}, {}", counted(session.updates, "entry", "entries"), counted(session.primitives, "primitive"));
  if (session.applied) out += fmt::format(", {} were news", *session.applied);
  return out + ", " + format_duration(std::chrono::floor<std::chrono::milliseconds>(line.time - session.started));
}

std::string result_text(const HistoryLine& line) {
  if (const auto* change = line.change()) {
    return change->code == 0 ? "done" : fmt::format("refused ({})", change->code);
  }
  const auto& session = *line.session();
  auto out = session.result;
  if (session.code != 0) out += fmt::format(" ({})", session.code);
  return session.text.empty() ? out : out + ": " + session.text;
}

}  // namespace replkit::tasks
