#include "tests/refserver/auth/cyrus_callbacks.hpp"

#include <algorithm>
#include <cstring>
#include <string_view>

#include "tests/refserver/auth/cyrus_exchange.hpp"

namespace replkit::refserver::auth {

namespace {

using Callback = int (*)();

template <typename Function>
sasl_callback_t callback(unsigned long id, Function* function, void* context) {
  // Cyrus keeps functions of every kind under one type, and casts back by the id. By way of void(*)(), which compilers
  // take for a function of any type.
  return {id, reinterpret_cast<Callback>(reinterpret_cast<void (*)()>(function)), context};
}

// Runs what belongs to an exchange: nothing may be thrown through C.
template <typename Function>
int guarded(void* context, Function function) noexcept {
  auto& exchange = *static_cast<CyrusExchange*>(context);
  try {
    return function(exchange);
  } catch (...) {
    exchange.failed();
    return SASL_FAIL;
  }
}

struct Option {
  std::string_view name;
  const char* value;
};
// The plugin that gives secrets is ours alone; passwords are checked by our callback or not at all (no method is called
// "callback"); DIGEST-MD5 keeps no sessions to be taken up again.
constexpr Option library_options[] = {
    {"auxprop_plugin", "replserver"}, {"pwcheck_method", "callback"}, {"reauth_timeout", "0"}};

int option(void* /*context*/, const char* /*plugin*/, const char* name, const char** result, unsigned* size) noexcept {
  for (const auto& each : library_options) {
    if (each.name != name) continue;
    *result = each.value;
    if (size) *size = static_cast<unsigned>(std::strlen(each.value));
    return SASL_OK;
  }
  return SASL_FAIL;
}

// By default Cyrus writes to the system log, and at some levels what should not stand there. What matters is in the
// server's own log: the outcome of the bind.
int be_silent(void* /*context*/, int /*level*/, const char* /*message*/) noexcept {
  return SASL_OK;
}

int canonicalize(sasl_conn_t* /*connection*/, void* context, const char* in, unsigned in_size, unsigned flags,
                 const char* /*realm*/, char* out, unsigned out_max, unsigned* out_size) noexcept {
  return guarded(context, [&](CyrusExchange& exchange) {
    const std::string_view name(in, in_size);
    if (name.size() >= out_max) return SASL_BADAUTH;
    // Cyrus gets the name as it came: the DN stays with the exchange.
    std::copy(name.begin(), name.end(), out);
    out[name.size()] = '\0';
    *out_size = in_size;
    return exchange.take_name(name, (flags & SASL_CU_AUTHID) != 0, (flags & SASL_CU_AUTHZID) != 0);
  });
}

int check_password(sasl_conn_t* /*connection*/, void* context, const char* /*user*/, const char* password,
                   unsigned size, propctx* /*properties*/) noexcept {
  return guarded(context, [&](CyrusExchange& exchange) { return exchange.check_password({password, size}); });
}

int authorize(sasl_conn_t* /*connection*/, void* context, const char* /*wanted*/, unsigned /*size*/,
              const char* /*user*/, unsigned /*size*/, const char* /*realm*/, unsigned /*size*/,
              propctx* /*properties*/) noexcept {
  return guarded(context, [&](CyrusExchange& exchange) { return exchange.authorize(); });
}

}  // namespace

sasl_callback_t option_callback() {
  return callback(SASL_CB_GETOPT, option, nullptr);
}
sasl_callback_t log_callback() {
  return callback(SASL_CB_LOG, be_silent, nullptr);
}

std::array<sasl_callback_t, 6> callbacks_of(CyrusExchange& exchange) {
  return {option_callback(),
          log_callback(),
          callback(SASL_CB_CANON_USER, canonicalize, &exchange),
          callback(SASL_CB_SERVER_USERDB_CHECKPASS, check_password, &exchange),
          callback(SASL_CB_PROXY_POLICY, authorize, &exchange),
          {SASL_CB_LIST_END, nullptr, nullptr}};
}

CyrusExchange* exchange_of(sasl_conn_t* connection,
                           int (*getcallback)(sasl_conn_t*, unsigned long, int (**)(), void**)) {
  Callback function = nullptr;
  void* context = nullptr;
  if (getcallback(connection, SASL_CB_PROXY_POLICY, &function, &context) != SASL_OK) return nullptr;
  const auto ours = callback(SASL_CB_PROXY_POLICY, authorize, nullptr).proc;
  return function == ours ? static_cast<CyrusExchange*>(context) : nullptr;
}

}  // namespace replkit::refserver::auth
