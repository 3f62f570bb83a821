// Extended operations (RFC 4511 4.12), sent ahead of their answers where that is wanted.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "common/ldap/connection.hpp"
#include "common/ldap/search.hpp"

namespace replkit::ldap {

struct ExtendedRequest {
  std::string oid;
  std::optional<std::string> value;
  std::vector<Control> controls;
};

struct ExtendedAnswer {
  int id = 0;  // what send() returned; 0: an unsolicited notification
  ResultCode code = ResultCode::success;
  std::string diagnostic;  // the server's text
  std::string matched_dn;
  std::vector<std::string> referrals;
  std::string oid;
  std::optional<std::string> value;
};

// A part of an answer, before its end (RFC 4511 4.13).
struct IntermediateAnswer {
  std::string oid;
  std::optional<std::string> value;
};
using OnIntermediate = std::function<void(IntermediateAnswer&&)>;

// Sends extended requests on a connection that does nothing else meanwhile, and takes what comes back.
class ExtendedCalls {
 public:
  // The connection must outlive it.
  explicit ExtendedCalls(Connection& connection) : connection_(&connection) {}

  // Returns the number of the request. Throws LdapError when the connection is lost or the server takes nothing for
  // Timeouts::operation.
  int send(const ExtendedRequest& request);

  // Returns the next answer or unsolicited notification; nothing when none came within `patience`. Throws LdapError
  // when the connection is lost, Cancelled.
  std::optional<ExtendedAnswer> receive(std::chrono::milliseconds patience);

  // Sends the request and waits for its answer, at most `limit` (0: Timeouts::operation). Throws LdapError, code
  // `timeout` for silence.
  ExtendedAnswer call(const ExtendedRequest& request, std::chrono::milliseconds limit = {});

  // The same for one whose answer comes in parts: calls on_intermediate for each as it arrives. `silence` limits the
  // wait for each of them and for the end. What on_intermediate throws abandons the operation and passes through.
  ExtendedAnswer call(const ExtendedRequest& request, const OnIntermediate& on_intermediate,
                      std::chrono::milliseconds silence = {});

 private:
  Connection* connection_;
};

}  // namespace replkit::ldap
