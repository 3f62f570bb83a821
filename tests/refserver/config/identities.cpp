// [[administrator]] tables: passwords as they may stand in the file, or come from one of their own.
#include "common/base/error.hpp"
#include "common/base/files.hpp"
#include "common/model/dn.hpp"
#include "tests/refserver/auth/password.hpp"
#include "tests/refserver/config/keys.hpp"

namespace replkit::refserver::config {

namespace {

constexpr std::size_t largest_password_file = 64 << 10;

// Returns what the file holds, less a line break at its end, as a {SCRAM-SHA-256} hash, which serves simple binds and
// SCRAM alike; or as it is when it is a hash.
std::string read_password(const std::filesystem::path& file) {
  check_private(file, "a password");
  auto content = read_file(file, largest_password_file);
  std::string_view line(content);
  if (line.ends_with('\n')) line.remove_suffix(line.ends_with("\r\n") ? 2 : 1);
  const Secret password(line);
  wipe_memory(content.data(), content.size());
  if (auth::is_hashed(password.reveal())) return std::string(password.reveal());
  // The Argon2 hash is not used: the password lies in clear beside it.
  constexpr auto cost = auth::PasswordCost{.argon2_memory_kib = 64, .argon2_passes = 1};
  const auto stored = auth::hash_password(password, cost).auth_password;
  constexpr std::string_view scheme = "SCRAM-SHA-256";
  return '{' + std::string(scheme) + '}' + stored.substr(scheme.size() + 1);
}

}  // namespace

std::vector<Key> administrator_keys(auth::Administrator& administrator) {
  const auto set_password = [&administrator](const Value& value, const std::string& password) {
    if (!administrator.password.empty()) value.fail("is one password too many: password or password_file");
    administrator.password = password;
  };
  const auto hidden = [] { return std::string(); };
  return {{"dn", [&administrator](const Value& value) { administrator.dn = value.text(); },
           [&administrator] { return toml_text(administrator.dn); }},
          {"password",
           [set_password](const Value& value) {
             const auto text = value.text();
             if (!auth::is_hashed(text)) {
               value.fail(
                   "is no hash: make one with replserver passwd, or put the password into a file and name it with "
                   "password_file");
             }
             set_password(value, text);
           },
           hidden},
          {"password_file",
           [set_password](const Value& value) {
             try {
               set_password(value, read_password(value.path()));
             } catch (const UsageError&) {
               throw;
             } catch (const Error& error) {
               value.fail(std::string("cannot be used: ") + error.what());
             }
           },
           hidden}};
}

}  // namespace replkit::refserver::config
