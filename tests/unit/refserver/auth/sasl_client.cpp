#include "tests/unit/refserver/auth/sasl_client.hpp"

#include <cstring>
#include <mutex>
#include <stdexcept>
#include <utility>

namespace replkit::refserver::auth {

namespace {

template <typename Function>
sasl_callback_t callback(unsigned long id, Function* function, void* context) {
  return {id, reinterpret_cast<int (*)()>(reinterpret_cast<void (*)()>(function)), context};
}

void check(int code, const char* what) {
  if (code != SASL_OK && code != SASL_CONTINUE) {
    throw std::runtime_error(std::string(what) + ": " + sasl_errstring(code, nullptr, nullptr));
  }
}

}  // namespace

SaslClient::SaslClient(std::string mechanism, Identity identity, std::pair<std::string, std::string> channel)
    : mechanism_(std::move(mechanism)),
      identity_(std::move(identity)),
      channel_(std::move(channel)),
      secret_(sizeof(sasl_secret_t) + identity_.password.size(), '\0'),
      callbacks_{callback(SASL_CB_AUTHNAME, get_name, this), callback(SASL_CB_USER, get_name, this),
                 callback(SASL_CB_PASS, get_password, this), callback(SASL_CB_GETREALM, get_realm, this),
                 sasl_callback_t{SASL_CB_LIST_END, nullptr, nullptr}},
      connection_(nullptr, [](sasl_conn_t* each) { sasl_dispose(&each); }) {
  static std::once_flag once;
  std::call_once(once, [] { check(sasl_client_init(nullptr), "sasl_client_init"); });
  sasl_conn_t* made = nullptr;
  check(sasl_client_new("ldap", "localhost", nullptr, nullptr, callbacks_.data(), SASL_SUCCESS_DATA, &made),
        "sasl_client_new");
  connection_.reset(made);
  if (mechanism_ == "EXTERNAL") check(sasl_setprop(made, SASL_AUTH_EXTERNAL, "the peer"), "sasl_setprop");
  if (channel_.first.empty()) return;
  binding_.name = channel_.first.c_str();
  binding_.data = reinterpret_cast<const unsigned char*>(channel_.second.data());
  binding_.len = channel_.second.size();
  check(sasl_setprop(made, SASL_CHANNEL_BINDING, &binding_), "sasl_setprop");
}

int SaslClient::get_name(void* context, int id, const char** result, unsigned* size) {
  const auto& identity = static_cast<SaslClient*>(context)->identity_;
  const std::string& name = id == SASL_CB_USER ? identity.authzid : identity.user;
  *result = name.c_str();
  if (size) *size = static_cast<unsigned>(name.size());
  return SASL_OK;
}

int SaslClient::get_password(sasl_conn_t* /*connection*/, void* context, int /*id*/, sasl_secret_t** result) {
  auto* self = static_cast<SaslClient*>(context);
  auto* secret = reinterpret_cast<sasl_secret_t*>(self->secret_.data());
  secret->len = self->identity_.password.size();
  std::memcpy(secret->data, self->identity_.password.c_str(), self->identity_.password.size() + 1);
  *result = secret;
  return SASL_OK;
}

int SaslClient::get_realm(void* context, int /*id*/, const char** realms, const char** result) {
  const auto& realm = static_cast<SaslClient*>(context)->identity_.realm;
  *result = realm.empty() && realms ? *realms : realm.c_str();
  return SASL_OK;
}

std::optional<Secret> SaslClient::start() {
  const char* out = nullptr;
  unsigned size = 0;
  const char* chosen = nullptr;
  const int code = sasl_client_start(connection_.get(), mechanism_.c_str(), nullptr, &out, &size, &chosen);
  check(code, "sasl_client_start");
  done_ = code == SASL_OK;
  if (!out) return std::nullopt;
  return Secret({out, size});
}

Secret SaslClient::answer(const std::string& challenge) {
  const char* out = nullptr;
  unsigned size = 0;
  const int code = sasl_client_step(connection_.get(), challenge.data(), static_cast<unsigned>(challenge.size()),
                                    nullptr, &out, &size);
  check(code, "sasl_client_step");
  done_ = code == SASL_OK;
  return Secret(out ? std::string_view(out, size) : std::string_view());
}

BindOutcome bind(SaslExchange& exchange, SaslClient& client, bool* mutual) {
  auto outcome = exchange.step(client.start());
  while (outcome.result.code == protocol::ResultCode::sasl_bind_in_progress) {
    outcome = exchange.step(client.answer(outcome.server_credentials.value()));
  }
  if (outcome.server_credentials && !client.done()) client.answer(*outcome.server_credentials);
  if (mutual) *mutual = client.done();
  return outcome;
}

}  // namespace replkit::refserver::auth
