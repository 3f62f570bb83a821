// What is done once for the process.
#include <sasl/sasl.h>
#include <sasl/saslplug.h>

#include <algorithm>
#include <filesystem>
#include <mutex>
#include <new>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/error.hpp"
#include "common/base/text.hpp"
#include "tests/refserver/auth/cyrus.hpp"
#include "tests/refserver/auth/cyrus_callbacks.hpp"
#include "tests/refserver/auth/cyrus_exchange.hpp"

namespace replkit::refserver::auth {

namespace {

// Cyrus' own mutexes do nothing; without real ones connections may be disposed of by one thread at a time only.
void* make_mutex() noexcept {
  return new (std::nothrow) std::mutex;
}
int lock_mutex(void* mutex) noexcept {
  static_cast<std::mutex*>(mutex)->lock();
  return SASL_OK;
}
int unlock_mutex(void* mutex) noexcept {
  static_cast<std::mutex*>(mutex)->unlock();
  return SASL_OK;
}
void free_mutex(void* mutex) noexcept {
  delete static_cast<std::mutex*>(mutex);
}

int look_up(void* /*context*/, sasl_server_params_t* parameters, unsigned flags, const char* /*user*/,
            unsigned /*size*/) noexcept {
  auto* exchange = exchange_of(parameters->utils->conn, parameters->utils->getcallback);
  if (!exchange) return SASL_FAIL;
  // There are no properties of whom the user wants to act as.
  if ((flags & SASL_AUXPROP_AUTHZID) != 0) return SASL_OK;
  try {
    return exchange->give_secret(parameters->propctx);
  } catch (...) {
    exchange->failed();
    return SASL_FAIL;
  }
}

// Cyrus asks before it opens a module: the others (Kerberos, NTLM, one with a database of its own) stay out.
int accept_module(void* /*context*/, const char* file, sasl_verify_type_t type) noexcept {
  constexpr std::string_view modules[] = {"libscram.", "libplain.", "libdigestmd5."};
  const std::string_view path(file);
  const auto name = path.substr(path.rfind('/') + 1);
  const bool wanted = type == SASL_VRFY_PLUGIN && std::any_of(std::begin(modules), std::end(modules),
                                                              [&](auto each) { return name.starts_with(each); });
  return wanted ? SASL_OK : SASL_CONTINUE;
}

char plugin_name[] = "replserver";
sasl_auxprop_plug_t plugin = {.features = 0,
                              .spare_int1 = 0,
                              .glob_context = nullptr,
                              .auxprop_free = nullptr,
                              .auxprop_lookup = look_up,
                              .name = plugin_name,
                              .auxprop_store = nullptr};

int describe_plugin(const sasl_utils_t* /*utils*/, int /*max_version*/, int* version, sasl_auxprop_plug_t** described,
                    const char* /*name*/) noexcept {
  *version = SASL_AUXPROP_PLUG_VERSION;
  *described = &plugin;
  return SASL_OK;
}

// Returns the mechanisms for which modules were found.
std::vector<std::string> start() {
  static const sasl_callback_t callbacks[] = {
      option_callback(),
      log_callback(),
      {SASL_CB_VERIFYFILE, reinterpret_cast<int (*)()>(reinterpret_cast<void (*)()>(accept_module)), nullptr},
      {SASL_CB_LIST_END, nullptr, nullptr}};
  sasl_set_mutex(make_mutex, lock_mutex, unlock_mutex, free_mutex);
  // Without a name of the application it reads no configuration file.
  int code = sasl_server_init(callbacks, nullptr);
  if (code == SASL_OK) code = sasl_auxprop_add_plugin(plugin_name, describe_plugin);
  sasl_conn_t* connection = nullptr;
  if (code == SASL_OK) {
    code = sasl_server_new("ldap", "localhost", nullptr, nullptr, nullptr, nullptr, 0, &connection);
  }
  const char* list = nullptr;
  if (code == SASL_OK) code = sasl_listmech(connection, nullptr, "", " ", "", &list, nullptr, nullptr);
  std::vector<std::string> mechanisms;
  if (code == SASL_OK) {
    for (const auto name : split(list, ' ')) mechanisms.emplace_back(name);
  }
  sasl_dispose(&connection);
  // SASL_NOMECH: no module is installed, which is no error here.
  if (code != SASL_OK && code != SASL_NOMECH) {
    throw LocalError(std::string("Cyrus SASL does not start: ") + sasl_errstring(code, nullptr, nullptr));
  }
  return mechanisms;
}

const std::vector<std::string>& installed() {
  static const std::vector<std::string> mechanisms = start();
  return mechanisms;
}

}  // namespace

void start_cyrus() {
  installed();
}

bool cyrus_has(const std::string& mechanism) {
  return std::find(installed().begin(), installed().end(), mechanism) != installed().end();
}

}  // namespace replkit::refserver::auth
