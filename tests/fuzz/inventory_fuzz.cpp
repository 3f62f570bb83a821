// Text as an inventory: it is read or refused with one line that names the file, and every alias stands for servers.
#include <cstdint>
#include <cstdlib>

#include "common/base/error.hpp"
#include "common/cli/inventory.hpp"

using namespace replkit;
using namespace replkit::cli;

namespace {

void check(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    const auto inventory = Inventory::parse({reinterpret_cast<const char*>(data), size}, "/conf/i.toml");
    for (const auto& name : inventory.names()) {
      for (const auto* server : inventory.find(name)) {
        check(!server->name.empty() && !server->connection.uri.empty());
        check(server->password_file.empty() || server->password_file.is_absolute());
        check(server->connection.bind.password.empty());
      }
    }
  } catch (const UsageError& error) {
    const std::string message(error.what());
    check(message.starts_with("/conf/i.toml:") && message.find('\n') == std::string::npos);
  }
  return 0;
}
