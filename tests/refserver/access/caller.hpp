// Who asks, over what kind of connection.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace replkit::refserver::access {

// What protects a connection, and what it proves about the peer.
struct Security {
  bool tls = false;
  bool local = false;     // ldapi
  bool loopback = false;  // a TCP connection from this machine
  unsigned strength = 0;  // bits of the TLS cipher; ldapi counts as 71
  // What ties SASL to this TLS connection (RFC 5056, 5929, 9266): "tls-server-end-point" ... -> bytes.
  std::map<std::string, std::string> channel_bindings{};
  std::string certificate_subject;        // of a client certificate that verified: its DN; empty: none
  std::optional<std::uint32_t> peer_uid;  // ldapi
  std::optional<std::uint32_t> peer_gid;
  std::string peer;  // "IP=127.0.0.1:40400" or "PATH=...", for log and audit

  // Whether nobody on the way can read along.
  bool confidential() const { return tls || local; }
};

// The authorization identity of a connection, or of one operation (RFC 4370).
struct Caller {
  std::string dn;              // empty: anonymous
  std::string key;             // normalized
  std::string mechanism;       // "simple", or the SASL mechanism; empty: not bound
  bool administrator = false;  // named in the configuration as one; what that allows is the access rules' affair
  Security security;
  std::uint64_t connection = 0;  // its number, for log and audit

  bool anonymous() const { return dn.empty(); }
};

}  // namespace replkit::refserver::access
