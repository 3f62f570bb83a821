// What happens on connections, told to whoever logs it.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/refserver/access/caller.hpp"
#include "tests/refserver/protocol/messages.hpp"

namespace replkit::refserver::session {

// A request, without anything secret: no values, no passwords.
struct RequestInfo {
  std::int32_t id = 0;
  protocol::Operation operation = protocol::Operation::bind;
  std::string name;                     // the DN it is about, or the OID of an extended operation
  std::string detail;                   // the scope of a search, the mechanism of a bind, the id to abandon
  std::vector<std::string> attributes;  // of add and modify: the descriptions
};

RequestInfo describe(const protocol::RequestMessage& message);

// How a request ended.
struct RequestEnd {
  std::optional<protocol::ResultCode> code;  // nothing: no response was sent (abandoned, or the connection ended)
  std::uint64_t entries = 0;                 // and references
  std::chrono::microseconds duration{};
};

// Called on the threads that serve connections, on several at once; for one connection in order. Must be quick and must
// not throw.
class Observer {
 public:
  virtual ~Observer() = default;
  virtual void connected(std::uint64_t /*connection*/, const access::Security& /*security*/) {}
  // A peer that was sent away before it became a connection.
  virtual void refused(const std::string& /*peer*/, std::string_view /*reason*/) {}
  // TLS is up, on its own port or by StartTLS.
  virtual void secured(std::uint64_t /*connection*/, const access::Security& /*security*/) {}
  virtual void started(const access::Caller& /*caller*/, const RequestInfo& /*request*/) {}
  // `caller` is who made the request; of a successful bind: who it is now.
  virtual void finished(const access::Caller& /*caller*/, const RequestInfo& /*request*/, const RequestEnd& /*end*/) {}
  virtual void disconnected(std::uint64_t /*connection*/, std::string_view /*reason*/) {}
  // Something that should not happen, or that an operator can help: a certificate that does not load, no descriptors.
  virtual void trouble(std::string_view /*what*/) {}
};

}  // namespace replkit::refserver::session
