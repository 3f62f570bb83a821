#include "tools/lab/lab.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <signal.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "common/base/error.hpp"
#include "common/base/files.hpp"
#include "common/base/text.hpp"

namespace replkit::tools::lab {

namespace {

constexpr std::size_t largest_state = 1 << 20;
constexpr const char* state_name = "lab.json";

}  // namespace

std::filesystem::path default_directory() {
  const auto variable = [](const char* name) {
    const char* value = std::getenv(name);
    return std::filesystem::path(value != nullptr ? value : "");
  };
  if (const auto state = variable("XDG_STATE_HOME"); state.is_absolute()) return state / "replkit/lab";
  if (const auto home = variable("HOME"); !home.empty()) return home / ".local/state/replkit/lab";
  throw UsageError("where is the lab? --dir, or the variable XDG_STATE_HOME or HOME, would tell");
}

// --- What it remembers ---

Lab::Lab(std::filesystem::path directory) : directory_(std::filesystem::absolute(std::move(directory))) {
  directory_ = directory_.lexically_normal();
  if (!directory_.has_filename()) directory_ = directory_.parent_path();
  load();
}

void Lab::load() {
  const auto file = directory_ / state_name;
  if (!std::filesystem::exists(file)) return;
  try {
    const auto state = nlohmann::json::parse(read_file(file, largest_state));
    base_ = state.at("base").get<std::string>();
    replicates_ = state.value("replicates", false);  // labs of before did not
    for (const auto& each : state.at("servers")) {
      Server server;
      server.name = each.at("name").get<std::string>();
      server.port = each.at("port").get<unsigned>();
      server.has_data = each.value("has_data", true);
      server.member = each.value("member", false);
      server.process.pid = each.at("pid").get<pid_t>();
      server.process.start = each.at("start").get<std::uint64_t>();
      server.process.boot = each.at("boot").get<std::string>();
      servers_.push_back(std::move(server));
    }
  } catch (const nlohmann::json::exception& error) {
    throw LocalError(fmt::format("{} is damaged: {}", file.string(), error.what()));
  }
}

void Lab::save() const {
  nlohmann::json state = {{"schema", "repllab-state/1"},
                          {"base", base_},
                          {"replicates", replicates_},
                          {"servers", nlohmann::json::array()}};
  for (const Server& server : servers_) {
    state["servers"].push_back({{"name", server.name},
                                {"port", server.port},
                                {"has_data", server.has_data},
                                {"member", server.member},
                                {"pid", server.process.pid},
                                {"start", server.process.start},
                                {"boot", server.process.boot}});
  }
  AtomicFile file(directory_ / state_name, FileMode::private_file);
  file.write(state.dump(2) + '\n');
  file.commit();
}

Server& Lab::find(const std::string& name) {
  const auto found = std::find_if(servers_.begin(), servers_.end(), [&](const Server& server) {
    return server.name == name || server.name == 's' + name;
  });
  if (found != servers_.end()) return *found;
  std::vector<std::string> names;
  for (const Server& server : servers_) names.push_back(server.name);
  throw UsageError(fmt::format("the lab has no server '{}', only {}", printable(name), fmt::join(names, ", ")));
}

void Lab::set_member(const std::string& name) {
  find(name).member = true;
  save();
}

const Server& Lab::server(const std::string& name) const {
  return const_cast<Lab*>(this)->find(name);
}

std::string Lab::uri(const Server& server) {
  return fmt::format("ldap://127.0.0.1:{}", server.port);
}

// --- One at a time ---

class Lab::LockFile {
 public:
  explicit LockFile(const std::filesystem::path& path) : fd_(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)) {
    if (fd_ < 0) throw LocalError(fmt::format("{}: {}", path.string(), last_error_text()));
    if (flock(fd_, LOCK_EX | LOCK_NB) == 0) return;
    close(fd_);
    throw LocalError(fmt::format("another repllab is at work on the lab in {}", path.parent_path().string()));
  }
  LockFile(const LockFile&) = delete;
  LockFile& operator=(const LockFile&) = delete;
  ~LockFile() { close(fd_); }

 private:
  int fd_;
};

void Lab::lock() {
  std::error_code error;
  std::filesystem::create_directories(directory_.parent_path(), error);
  const bool fresh = std::filesystem::create_directory(directory_, error);
  if (error) throw LocalError(fmt::format("{}: {}", directory_.string(), error.message()));
  if (fresh) {
    std::filesystem::permissions(directory_, std::filesystem::perms::owner_all);
  } else if (!exists() && !std::filesystem::exists(directory_ / "lock") && !std::filesystem::is_empty(directory_)) {
    throw LocalError(fmt::format("{} is not empty and no lab: it would be the lab's own folder", directory_.string()));
  }
  lock_ = std::make_shared<const LockFile>(directory_ / "lock");
  // Somebody may have changed it between the reading and the lock.
  base_.clear();
  replicates_ = false;
  servers_.clear();
  load();
}

void Lab::remove() {
  // By name: should the folder hold anything else, that is not ours to remove.
  std::vector<std::string> names{"lab.env", "inventory.toml", "data.ldif",  "password",
                                 "ca.pem",  "ca.key",         "audit.jsonl"};
  for (const Server& server : servers_) names.push_back(server.name);
  names.emplace_back(state_name);  // last: what is left of a removal that was cut short is still a lab
  names.emplace_back("lock");
  std::error_code error;
  for (const auto& name : names) {
    std::filesystem::remove_all(directory_ / name, error);
    if (error) throw LocalError(fmt::format("{}: {}", (directory_ / name).string(), error.message()));
  }
  std::filesystem::remove(directory_, error);  // stays when there is something else in it
  base_.clear();
  servers_.clear();
}

// --- What it tells others ---

std::vector<std::pair<std::string, std::string>> Lab::environment(bool all) const {
  std::vector<std::string> uris;
  for (const Server& server : servers_) uris.push_back(uri(server));
  const std::string joined = fmt::format("{}", fmt::join(uris, " "));
  std::vector<std::pair<std::string, std::string>> result{{"REPLLAB_URIS", joined},
                                                          {"REPLLAB_BINDDN", bind_dn()},
                                                          {"REPLLAB_PASSFILE", password_file().string()},
                                                          {"REPLLAB_BASE", base_},
                                                          {"LDAPTLS_CACERT", authority_file().string()}};
  if (all) {
    result.emplace_back("LDAPURI", uris.empty() ? "" : uris.front());
    result.emplace_back("LDAPBASE", base_);
    result.emplace_back("LDAPBINDDN", bind_dn());
    result.emplace_back("REPLKIT_INVENTORY", inventory_file().string());
  }
  return result;
}

void Lab::write_environment() const {
  std::string text;
  for (const auto& [name, value] : environment(false)) text += shell_assignment(name, value) + '\n';
  AtomicFile file(environment_file(), FileMode::private_file);
  file.write(text);
  file.commit();

  const auto quoted = [](const std::string& value) { return nlohmann::json(value).dump(); };  // TOML's are alike
  std::string inventory = fmt::format(
      "[defaults]\nstart_tls = \"require\"\ntls_ca = \"ca.pem\"\nbind_dn = {}\npassword_file = \"password\"\n\n",
      quoted(bind_dn()));
  std::vector<std::string> names;
  for (const Server& server : servers_) {
    inventory += fmt::format("[servers.{}]\nuri = \"{}\"\n\n", server.name, uri(server));
    names.push_back(quoted(server.name));
  }
  inventory += fmt::format("[groups]\nlab = [{}]\n", fmt::join(names, ", "));
  AtomicFile out(inventory_file(), FileMode::private_file);
  out.write(inventory);
  out.commit();
}

std::string shell_assignment(const std::string& name, const std::string& value) {
  std::string result = name + "='";
  for (const char c : value) result += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return result + '\'';
}

}  // namespace replkit::tools::lab
