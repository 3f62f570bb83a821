#include "tests/refserver/server/log.hpp"

#include <fmt/format.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <nlohmann/json.hpp>

#include "common/base/error.hpp"
#include "common/base/text.hpp"

namespace replkit::refserver::server {

namespace {

using Format = config::LogOptions::Format;

constexpr std::string_view level_names[] = {"debug", "info", "warning", "error"};

std::string json_text(std::string_view text) {
  return nlohmann::json(printable(text)).dump();
}

// Returns the text as it can stand after key=.
std::string plain_text(std::string_view text) {
  auto safe = printable(text);
  const bool bare = !safe.empty() && safe.find_first_of(" \"'=\\") == std::string::npos;
  if (bare) return safe;
  std::string out = "\"";
  for (const char c : safe) {
    if (c == '"') out += '\\';
    out += c;
  }
  return out + '"';
}

std::shared_ptr<spdlog::logger> open(const config::LogOptions& options) {
  try {
    std::shared_ptr<spdlog::sinks::sink> sink;
    if (options.file.empty()) {
      sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
    } else {
      sink = std::make_shared<spdlog::sinks::basic_file_sink_mt>(options.file.string());
    }
    auto logger = std::make_shared<spdlog::logger>("replserver", std::move(sink));
    logger->set_pattern("%v");
    logger->set_level(spdlog::level::trace);
    logger->flush_on(spdlog::level::trace);
    // A full disk must not stop the server, nor be complained about on every line.
    logger->set_error_handler([](const std::string&) {});
    return logger;
  } catch (const spdlog::spdlog_ex& error) {
    throw LocalError(printable(options.file.string()) + ": cannot log there: " + error.what());
  }
}

}  // namespace

LogLine::LogLine(Format format, Instant time, LogLevel level, std::string_view event) : format_(format) {
  const auto name = level_names[static_cast<std::size_t>(level)];
  if (format_ == Format::json) {
    text_ = fmt::format(R"({{"time":"{}","level":"{}","event":"{}")", format_utc(time), name, event);
  } else {
    text_ = fmt::format("{} {} {}", format_utc(time), name, event);
  }
}

void LogLine::put_key(std::string_view key) {
  if (format_ == Format::json) {
    text_.append(",\"").append(key).append("\":");
  } else {
    text_.append(" ").append(key).append("=");
  }
}

LogLine& LogLine::add(std::string_view key, std::string_view text) {
  put_key(key);
  text_ += format_ == Format::json ? json_text(text) : plain_text(text);
  return *this;
}

LogLine& LogLine::add(std::string_view key, std::uint64_t number) {
  put_key(key);
  text_ += std::to_string(number);
  return *this;
}

LogLine& LogLine::add_milliseconds(std::string_view key, std::chrono::microseconds length) {
  put_key(key);
  text_ += fmt::format("{:.3f}", static_cast<double>(length.count()) / 1000);
  return *this;
}

std::string LogLine::take() {
  if (format_ == Format::json) text_ += '}';
  return std::move(text_);
}

Log::Log(config::LogOptions options) : options_(std::move(options)), logger_(open(options_)) {}

Log::~Log() = default;

LogLine Log::line(LogLevel level, std::string_view event) const {
  return {options_.format, system_clock().now(), level, event};
}

void Log::write(LogLevel level, LogLine line) {
  if (!wants(level)) return;
  std::shared_ptr<spdlog::logger> logger;
  {
    const std::lock_guard lock(mutex_);
    logger = logger_;
  }
  logger->log(spdlog::level::info, line.take());
}

void Log::say(LogLevel level, std::string_view what) {
  write(level, line(level, "server").add("text", what));
}

void Log::reopen() {
  if (options_.file.empty()) return;
  auto fresh = open(options_);
  const std::lock_guard lock(mutex_);
  logger_ = std::move(fresh);
}

}  // namespace replkit::refserver::server
