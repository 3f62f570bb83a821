// The client half of Cyrus SASL, to talk to the server's.
#pragma once

#include <sasl/sasl.h>

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "tests/refserver/auth/authenticator.hpp"

namespace replkit::refserver::auth {

class SaslClient {
 public:
  struct Identity {
    std::string user;
    std::string password;
    std::string authzid;
    std::string realm;
  };

  // With a channel binding, {type, bytes}, SCRAM binds to it.
  SaslClient(std::string mechanism, Identity identity, std::pair<std::string, std::string> channel = {});

  // Returns the initial response, if the mechanism has one.
  std::optional<Secret> start();
  // Returns the answer to a challenge.
  Secret answer(const std::string& challenge);
  // Whether the client is satisfied with the server as well.
  bool done() const { return done_; }

 private:
  static int get_name(void* context, int id, const char** result, unsigned* size);
  static int get_password(sasl_conn_t* connection, void* context, int id, sasl_secret_t** result);
  static int get_realm(void* context, int id, const char** realms, const char** result);

  const std::string mechanism_;
  const Identity identity_;
  const std::pair<std::string, std::string> channel_;
  sasl_channel_binding_t binding_{};
  std::string secret_;  // a sasl_secret_t
  std::array<sasl_callback_t, 5> callbacks_;
  std::unique_ptr<sasl_conn_t, void (*)(sasl_conn_t*)> connection_;
  bool done_ = false;
};

// Has the client bind; returns the last outcome. `mutual` tells whether the client was satisfied.
BindOutcome bind(SaslExchange& exchange, SaslClient& client, bool* mutual = nullptr);

}  // namespace replkit::refserver::auth
