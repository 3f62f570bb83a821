#include "tests/refserver/server/request_log.hpp"

namespace replkit::refserver::server {

namespace {

using protocol::Operation;

std::string_view name_of(Operation operation) {
  switch (operation) {
    case Operation::bind:
      return "bind";
    case Operation::unbind:
      return "unbind";
    case Operation::search:
      return "search";
    case Operation::modify:
      return "modify";
    case Operation::add:
      return "add";
    case Operation::remove:
      return "delete";
    case Operation::modify_dn:
      return "modifyDN";
    case Operation::compare:
      return "compare";
    case Operation::abandon:
      return "abandon";
    case Operation::extended:
      return "extended";
  }
  return "unknown";
}

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const auto& word : words) out += (out.empty() ? "" : ",") + word;
  return out;
}

}  // namespace

void RequestLog::connected(std::uint64_t connection, const access::Security& security) {
  if (!log_.wants(LogLevel::info)) return;
  log_.write(LogLevel::info, log_.line(LogLevel::info, "connect").add("conn", connection).add("peer", security.peer));
}

void RequestLog::refused(const std::string& peer, std::string_view reason) {
  log_.write(LogLevel::warning, log_.line(LogLevel::warning, "refuse").add("peer", peer).add("reason", reason));
}

void RequestLog::secured(std::uint64_t connection, const access::Security& security) {
  if (!log_.wants(LogLevel::info)) return;
  auto line = log_.line(LogLevel::info, "tls").add("conn", connection).add("bits", security.strength);
  if (!security.certificate_subject.empty()) line.add("certificate", security.certificate_subject);
  log_.write(LogLevel::info, std::move(line));
}

LogLine RequestLog::request_line(LogLevel level, const access::Caller& caller,
                                 const session::RequestInfo& request) const {
  auto line = log_.line(level, name_of(request.operation));
  line.add("conn", caller.connection).add("op", static_cast<std::uint64_t>(request.id));
  line.add(request.operation == Operation::extended ? "oid" : "dn", request.name);
  if (!request.detail.empty()) line.add("detail", request.detail);
  if (!request.attributes.empty()) line.add("attributes", joined(request.attributes));
  return line;
}

void RequestLog::started(const access::Caller& caller, const session::RequestInfo& request) {
  if (!log_.wants(LogLevel::debug)) return;
  log_.write(LogLevel::debug, request_line(LogLevel::debug, caller, request).add("state", "started"));
}

void RequestLog::finished(const access::Caller& caller, const session::RequestInfo& request,
                          const session::RequestEnd& end) {
  // Two that have no answer, and say what the lines of others show.
  const bool minor = request.operation == Operation::unbind || request.operation == Operation::abandon;
  const auto level = minor ? LogLevel::debug : LogLevel::info;
  if (!log_.wants(level)) return;
  auto line = request_line(level, caller, request);
  if (request.operation == Operation::bind && end.code == protocol::ResultCode::success) {
    line.add("bound", caller.dn);
  }
  if (end.code) {
    line.add("result", static_cast<std::uint64_t>(*end.code));
  } else {
    line.add("result", "none");
  }
  if (request.operation == Operation::search) line.add("entries", end.entries);
  log_.write(level, std::move(line.add_milliseconds("ms", end.duration)));
}

void RequestLog::disconnected(std::uint64_t connection, std::string_view reason) {
  if (!log_.wants(LogLevel::info)) return;
  log_.write(LogLevel::info, log_.line(LogLevel::info, "disconnect").add("conn", connection).add("reason", reason));
}

void RequestLog::trouble(std::string_view what) {
  log_.say(LogLevel::warning, what);
}

}  // namespace replkit::refserver::server
