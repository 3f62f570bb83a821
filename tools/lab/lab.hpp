// A disposable group of reference servers on this machine: its folder, its servers, what it remembers of them.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/base/cancel.hpp"
#include "tools/lab/daemon.hpp"
#include "tools/lab/damage.hpp"

namespace replkit::tools::lab {

struct Server {
  std::string name;   // "s1", "s2" ...
  unsigned port = 0;  // 0: not yet chosen
  DaemonId process;   // the last one started
};

// Where a lab is unless told otherwise: $XDG_STATE_HOME/replkit/lab or ~/.local/state/replkit/lab. Throws UsageError
// when neither variable is set.
std::filesystem::path default_directory();

class Lab {
 public:
  // Reads what is known of the lab in this folder; nothing is written. Throws LocalError for a damaged state.
  explicit Lab(std::filesystem::path directory);

  bool exists() const { return !base_.empty(); }
  const std::filesystem::path& directory() const { return directory_; }
  const std::string& base() const { return base_; }
  std::string bind_dn() const { return "cn=admin," + base_; }
  std::filesystem::path password_file() const { return directory_ / "password"; }
  std::filesystem::path authority_file() const { return directory_ / "ca.pem"; }
  std::filesystem::path environment_file() const { return directory_ / "lab.env"; }
  std::filesystem::path inventory_file() const { return directory_ / "inventory.toml"; }
  std::filesystem::path log_file(const Server& server) const { return folder(server) / "log"; }
  const std::vector<Server>& servers() const { return servers_; }
  static std::string uri(const Server& server);
  static bool running(const Server& server) { return is_running(server.process); }
  // Whether it runs, but nothing reaches it: cut().
  static bool is_cut(const Server& server) { return is_suspended(server.process); }

  // Returns the server of this name ("s2") or number ("2"). Throws UsageError naming those there are.
  const Server& server(const std::string& name) const;

  // Keeps every other program from changing the lab until this object goes away. Makes the folder (0700). Throws
  // LocalError at once when another one is at it.
  void lock();

  // Makes the folder a lab: authority, password, and the entries its servers begin with, from an LDIF file or invented.
  void create(const std::string& data_file, std::size_t persons);
  // Makes one more server with the entries that the others began with; it is not started.
  void add_server();

  // Lets a server that was cut off be reached again; starts one that does not run and waits until it answers. Its port
  // stays the same, unless somebody else took it. Throws LocalError when it ends instead, Cancelled.
  void start(const std::string& name, const CancelToken& cancel);
  // Ends it, if need be with SIGKILL. Throws Cancelled.
  void stop(const std::string& name, const CancelToken& cancel);
  void kill(const std::string& name, const CancelToken& cancel);
  // Cuts the server's link: who asks it gets no answer until start(). Throws LocalError when it is down.
  void cut(const std::string& name);
  // Changes a server's entries by `change`, behind everybody's back. It is down for a moment.
  using Change = std::function<std::vector<Damage>(std::vector<model::Entry>& entries)>;
  std::vector<Damage> damage(const std::string& name, const Change& change, const CancelToken& cancel);

  // Returns what a shell needs to know, as name and value; with `all`, also for OpenLDAP's clients and the toolkit.
  std::vector<std::pair<std::string, std::string>> environment(bool all) const;
  void write_environment() const;

  // Removes what the lab made, and its folder unless there is something else in it. Only for a lab that is down.
  void remove();

 private:
  std::filesystem::path folder(const Server& server) const { return directory_ / server.name; }
  Server& find(const std::string& name);
  void load();
  void save() const;
  void write_config(const Server& server) const;
  void import(const Server& server, const std::filesystem::path& ldif) const;
  void export_to(const Server& server, const std::filesystem::path& ldif) const;

  std::filesystem::path directory_;
  std::string base_;
  std::vector<Server> servers_;

  class LockFile;
  std::shared_ptr<const LockFile> lock_;
};

// Returns name='value', quoted so that any shell takes it.
std::string shell_assignment(const std::string& name, const std::string& value);

}  // namespace replkit::tools::lab
