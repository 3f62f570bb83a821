// Writes what happens on connections into the log.
#pragma once

#include "tests/refserver/server/log.hpp"
#include "tests/refserver/session/observer.hpp"

namespace replkit::refserver::server {

class RequestLog : public session::Observer {
 public:
  explicit RequestLog(Log& log) : log_(log) {}

  void connected(std::uint64_t connection, const access::Security& security) override;
  void refused(const std::string& peer, std::string_view reason) override;
  void secured(std::uint64_t connection, const access::Security& security) override;
  void started(const access::Caller& caller, const session::RequestInfo& request) override;
  void finished(const access::Caller& caller, const session::RequestInfo& request,
                const session::RequestEnd& end) override;
  void disconnected(std::uint64_t connection, std::string_view reason) override;
  void trouble(std::string_view what) override;

 private:
  LogLine request_line(LogLevel level, const access::Caller& caller, const session::RequestInfo& request) const;

  Log& log_;
};

}  // namespace replkit::refserver::server
