// The audit history that a server keeps in files outside the directory (draft-ietf-ldup-mrm-02 4.19, 4.22), as
// replserver(8) writes it: JSON lines, of sessions in one file and of requests to change the directory in another.
#pragma once

#include <cstdint>
#include <functional>
#include <istream>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "common/base/time.hpp"

namespace replkit::tasks {

// A replication session.
struct SessionLine {
  std::string id;
  std::string area;       // DN of its top
  std::string partner;    // replica ID
  std::string peer;       // where that was
  std::string direction;  // "sent", "received"
  std::string kind;       // "incremental", "full", "offline"
  std::string reason;     // why it began; empty: the partner did
  Instant started;
  std::uint64_t updates = 0;
  std::uint64_t primitives = 0;
  std::optional<std::uint64_t> applied;  // of received ones: entries that were news
  std::optional<std::uint64_t> superseded;
  std::string result;  // "success", ...
  std::int64_t code = 0;
  std::string text;
  std::vector<std::string> schema_mismatches;
  std::vector<std::string> events;  // conflicts
};

// A request to change the directory, done or refused.
struct ChangeLine {
  std::string who;   // DN; empty: anonymous
  std::string as;    // for whom, where that is another
  std::string peer;  // from where
  std::string operation;
  std::string dn;
  std::string new_dn;
  std::vector<std::string> attributes;
  bool write_unwriteable = false;
  std::int64_t code = 0;
  std::string csn;
};

struct HistoryLine {
  Instant time;  // of a session its end
  std::variant<SessionLine, ChangeLine> what;
  nlohmann::json json;   // all of it, as it was written
  std::size_t size = 0;  // bytes of that

  const SessionLine* session() const { return std::get_if<SessionLine>(&what); }
  const ChangeLine* change() const { return std::get_if<ChangeLine>(&what); }
  bool failed() const;
};

// Returns what the line says. Throws ParseError saying what is wrong.
HistoryLine parse_history_line(std::string_view line);

// Calls `visit` for each line, with its number, and `malformed` for each that is none or over 1 MiB long. A last line
// without an end is one that is still being written, and passed over when it is malformed.
void read_history(std::istream& in, const std::function<void(std::uint64_t, HistoryLine&&)>& visit,
                  const std::function<void(std::uint64_t, const std::string&)>& malformed);

// Returns the instant of 2026-11-21T07:45:49.123Z; nothing when it is none.
std::optional<Instant> parse_utc(std::string_view text);

// Returns for people what happened: "incremental session: 3 entries in 4 ms", "modify o=x: objectClass"; and how it
// ended.
std::string what_text(const HistoryLine& line);
std::string result_text(const HistoryLine& line);

}  // namespace replkit::tasks
