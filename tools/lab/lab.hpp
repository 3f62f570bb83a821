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

namespace replkit::tools::lab {

struct Server {
  std::string name;       // "s1", "s2" ...
  unsigned port = 0;      // 0: not yet chosen
  DaemonId process;       // the last one started
  bool has_data = false;  // began with the entries
  bool member = false;    // of the replica group
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
  // Whether its servers are a replica group; else they know nothing of each other.
  bool replicates() const { return replicates_; }
  std::string bind_dn() const { return "cn=admin," + base_; }
  std::filesystem::path password_file() const { return directory_ / "password"; }
  std::filesystem::path authority_file() const { return directory_ / "ca.pem"; }
  std::filesystem::path environment_file() const { return directory_ / "lab.env"; }
  std::filesystem::path inventory_file() const { return directory_ / "inventory.toml"; }
  // What repllab changed on the servers.
  std::filesystem::path audit_file() const { return directory_ / "audit.jsonl"; }
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

  // What a new lab is to be.
  struct Wish {
    std::string data_file;    // LDIF; empty: invented people
    std::size_t persons = 0;  // how many
    bool replicates = true;
  };
  // Makes the folder a lab: authority, password, and the entries its servers begin with.
  void create(const Wish& wish);
  // Makes one more server; it is not started. It has the entries of the beginning under the same ids and change numbers
  // as the others had them; but once there is a replica group, none: it will get those of that time from there.
  void add_server();
  // Remembers that the server is of the replica group.
  void set_member(const std::string& name);

  // Lets a server that was cut off be reached again; starts one that does not run and waits until it answers. Its port
  // stays the same, unless somebody else took it. Throws LocalError when it ends instead, Cancelled.
  void start(const std::string& name, const CancelToken& cancel);
  // Ends it, if need be with SIGKILL. Throws Cancelled.
  void stop(const std::string& name, const CancelToken& cancel);
  void kill(const std::string& name, const CancelToken& cancel);
  // Cuts the server's link: who asks it gets no answer until start(). Throws LocalError when it is down.
  void cut(const std::string& name);

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
  bool replicates_ = false;
  std::vector<Server> servers_;

  class LockFile;
  std::shared_ptr<const LockFile> lock_;
};

// Returns name='value', quoted so that any shell takes it.
std::string shell_assignment(const std::string& name, const std::string& value);

}  // namespace replkit::tools::lab
