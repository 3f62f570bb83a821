// Instants in UTC: the toolkit prints no other zone.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace replkit {

// An instant in microseconds since 1970-01-01T00:00:00Z.
using Instant = std::chrono::sys_time<std::chrono::microseconds>;

// Tells the time; injected wherever time decides, so that tests can stop it.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual Instant now() const = 0;
};

// Returns the clock of this machine.
const Clock& system_clock();

// Returns 2026-11-21T07:45:49Z, with microseconds when `t` has some.
std::string format_utc(Instant t);

// Returns 20261121074549Z (RFC 4517 3.3.13), fractions cut off.
std::string format_generalized_time(Instant t);

// Returns the instant of a GeneralizedTime (RFC 4517 3.3.13: minutes, seconds and fraction optional, Z or a zone
// offset); nothing when it is malformed. Leap second 60 counts as 59.
std::optional<Instant> parse_generalized_time(std::string_view text);

// Returns a length of time for people: "340 ms", "12 s", "4 min 10 s", "3 h 5 min", "2 d 4 h".
std::string format_duration(std::chrono::microseconds length);

// Returns the length that "500ms", "10s", "10" (seconds), "5m", "2h" or "1d" says; nothing when malformed or over 100
// years.
std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);

}  // namespace replkit
