// One exchange through Cyrus SASL, and what its callbacks need to know of it.
#pragma once

#include <sasl/sasl.h>

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "tests/refserver/auth/core.hpp"

namespace replkit::refserver::auth {

class CyrusExchange : public SaslExchange {
 public:
  CyrusExchange(const Core& core, std::string mechanism, access::Security security);
  CyrusExchange(const CyrusExchange&) = delete;
  CyrusExchange& operator=(const CyrusExchange&) = delete;

  BindOutcome step(const std::optional<Secret>& credentials) override;

  // What Cyrus asks, through its callbacks; each returns one of Cyrus' codes and throws whatever it meets.

  // The user that authenticates, or (`authorization`) the identity it wants.
  int take_name(std::string_view name, bool authentication, bool authorization);
  // PLAIN: is this the password?
  int check_password(std::string_view password);
  // May the user be the identity it wants?
  int authorize();
  // SCRAM, DIGEST-MD5: puts the user's secret where the mechanism looks for it.
  int give_secret(propctx* properties) const;

  // Remembers the exception being handled for the answer to the client.
  void failed() noexcept;

 private:
  bool open();
  // SCRAM: whether the client's first message goes with the mechanism and the connection; sets the channel binding.
  bool bind_to_channel(std::string_view message);
  BindOutcome outcome(int code, std::string_view data);
  std::string family() const;
  std::string scram_secret_of_user() const;
  std::string digest_secret_of_user() const;

  const Core& core_;
  const std::string mechanism_;
  const bool plus_;  // SCRAM-SHA-256-PLUS: with a channel binding
  const access::Security security_;
  std::array<sasl_callback_t, 6> callbacks_;
  std::unique_ptr<sasl_conn_t, void (*)(sasl_conn_t*)> connection_;
  bool over_ = false;
  bool started_ = false;
  bool said_ = false;  // the client has said something
  sasl_channel_binding_t binding_{};

  std::string user_;
  std::optional<access::Caller> caller_;
  std::string authzid_;
  bool unauthorized_ = false;
  std::optional<access::Caller> authorized_;
  std::optional<protocol::Result> failure_;
};

}  // namespace replkit::refserver::auth
