// The server's log: one line an event, as key=value or as JSON.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "common/base/time.hpp"
#include "tests/refserver/config/config.hpp"

namespace spdlog {
class logger;
}

namespace replkit::refserver::server {

using LogLevel = config::LogOptions::Level;

// A line being written: a name for what happened, then what belongs to it.
class LogLine {
 public:
  LogLine(config::LogOptions::Format format, Instant time, LogLevel level, std::string_view event);

  // Whatever a client may have sent: control characters are written as \xx, quotes escaped.
  LogLine& add(std::string_view key, std::string_view text);
  LogLine& add(std::string_view key, std::uint64_t number);
  LogLine& add_milliseconds(std::string_view key, std::chrono::microseconds length);

  // Returns the line without its end; the last thing asked of it.
  std::string take();

 private:
  void put_key(std::string_view key);

  config::LogOptions::Format format_;
  std::string text_;
};

// Safe to use from any thread.
class Log {
 public:
  // Throws LocalError when the file cannot be written.
  explicit Log(config::LogOptions options);
  ~Log();

  bool wants(LogLevel level) const { return level >= options_.level; }
  LogLine line(LogLevel level, std::string_view event) const;
  void write(LogLevel level, LogLine line);

  // For what is not about a request: event "server".
  void say(LogLevel level, std::string_view what);

  // Opens the file again, under its name. Throws LocalError and goes on with the old one when that fails.
  void reopen();

 private:
  const config::LogOptions options_;
  mutable std::mutex mutex_;
  std::shared_ptr<spdlog::logger> logger_;
};

}  // namespace replkit::refserver::server
