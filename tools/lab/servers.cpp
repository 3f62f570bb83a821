// Making, starting and ending the servers of a lab.
#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <openssl/rand.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <optional>

#include "common/base/error.hpp"
#include "common/base/files.hpp"
#include "common/base/text.hpp"
#include "common/model/dn.hpp"
#include "common/model/ldif.hpp"
#include "tools/lab/certificates.hpp"
#include "tools/lab/lab.hpp"
#include "tools/lab/sample_data.hpp"

namespace replkit::tools::lab {

namespace {

constexpr std::size_t largest_file = 1 << 20;
constexpr auto patience = std::chrono::seconds(60);      // for a server to answer
constexpr auto end_patience = std::chrono::seconds(20);  // for it to end by itself

// Returns a password of 24 letters and digits.
std::string random_password() {
  static constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
  constexpr unsigned char fair = 256 / letters.size() * letters.size();
  std::string result;
  while (result.size() < 24) {
    unsigned char byte = 0;
    if (RAND_bytes(&byte, 1) != 1) throw LocalError("no random numbers");
    if (byte < fair) result += letters[byte % letters.size()];
  }
  return result;
}

void write_private(const std::filesystem::path& path, std::string_view content) {
  AtomicFile file(path, FileMode::private_file);
  file.write(content);
  file.commit();
}

// Whether nobody listens on the port.
bool is_free(unsigned port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int on = 1;
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  const bool free = bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 && listen(fd, 1) == 0;
  close(fd);
  return free;
}

// Returns the port in the ready file's ldap:// URI; nothing while the file is not there.
std::optional<unsigned> port_in(const std::filesystem::path& ready) {
  if (!std::filesystem::exists(ready)) return std::nullopt;
  const std::string text = read_file(ready, largest_file);
  const auto at = text.find("ldap://");
  if (at == std::string::npos) throw LocalError(ready.string() + " names no ldap:// listener");
  const std::string_view uri = std::string_view(text).substr(at, text.find_first_of(" \n\",", at) - at);
  const auto port = parse_uint(trim(uri.substr(uri.rfind(':') + 1, uri.find('/', 7) - uri.rfind(':') - 1)));
  if (!port || *port == 0 || *port > 65535) throw LocalError(ready.string() + " names no port");
  return static_cast<unsigned>(*port);
}

std::string quoted(const std::string& text) {
  return nlohmann::json(text).dump();  // strings of JSON and of TOML are alike
}

std::string first_dn(const std::filesystem::path& ldif) {
  model::LdifReader reader(model::open_bytes(ldif.string()), ldif.string());
  const auto entry = reader.next_entry();
  if (!entry) throw LocalError(ldif.string() + " holds no entry");
  return model::Dn::parse(entry->dn).text();
}

}  // namespace

void Lab::create(const Wish& wish) {
  write_private(password_file(), random_password());
  make_authority({authority_file(), directory_ / "ca.key"});
  const auto data = directory_ / "data.ldif";
  if (wish.data_file.empty()) {
    AtomicFile file(data, FileMode::private_file);
    write_sample_data(wish.persons, [&](std::string_view record) { file.write(record); });
    file.commit();
  } else {
    const std::string base = first_dn(wish.data_file);  // so that a bad file is found before anything is copied
    std::error_code error;
    std::filesystem::copy_file(wish.data_file, data, std::filesystem::copy_options::overwrite_existing, error);
    if (error) throw LocalError(fmt::format("{}: {}", wish.data_file, error.message()));
    std::filesystem::permissions(data, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  }
  base_ = first_dn(data);
  replicates_ = wish.replicates;
  save();
}

void Lab::add_server() {
  Server server;
  server.name = fmt::format("s{}", servers_.size() + 1);
  std::filesystem::remove_all(folder(server));  // what an interrupted run left
  std::filesystem::create_directory(folder(server));
  make_server_certificate({folder(server) / "server.pem", folder(server) / "server.key"},
                          {authority_file(), directory_ / "ca.key"});
  write_config(server);
  server.has_data = std::none_of(servers_.begin(), servers_.end(), [](const Server& each) { return each.member; });
  if (server.has_data) import(server, directory_ / "data.ldif");
  // The first one gave the entries their ids, times and change numbers: the others get the same.
  if (servers_.empty()) export_to(server, directory_ / "data.ldif");
  servers_.push_back(server);
  save();
}

void Lab::write_config(const Server& server) const {
  std::filesystem::create_directory(folder(server) / "offline");
  // Replication is impatient here: what was cut off is soon in step again.
  write_private(
      folder(server) / "replserver.toml",
      fmt::format("# Written by repllab, and written again at each start.\n"
                  "directory = \"data\"\ncontexts = [{0}]\nlisten = [\"{1}\"]\nreplica_id = \"{2}\"\n\n"
                  "[tls]\ncertificate = \"server.pem\"\nkey = \"server.key\"\n\n"
                  "[audit]\nfile = \"audit.log\"\n\n"
                  "[[administrator]]\ndn = {3}\npassword_file = \"../password\"\n\n"
                  "[[access]]\nwho = [\"self\"]\nattributes = [\"userPassword\"]\nrights = [\"write\"]\n\n"
                  "[[access]]\nwho = [\"users\"]\nrights = [\"read\"]\n\n"
                  "[replication]\nhistory = \"history.jsonl\"\noffline_directory = \"offline\"\n"
                  "bind_dn = {3}\nbind_password_file = \"../password\"\nstart_tls = true\nca = \"../ca.pem\"\n"
                  "connect_time = \"3s\"\nanswer_time = \"10s\"\nretry = \"500ms\"\nretry_most = \"3s\"\n",
                  quoted(base_), uri(server), server.name, quoted(bind_dn())));
}

void Lab::import(const Server& server, const std::filesystem::path& ldif) const {
  run_helper({find_program("replserver"), "import", "--config", folder(server) / "replserver.toml", ldif},
             log_file(server));
}

void Lab::export_to(const Server& server, const std::filesystem::path& ldif) const {
  const auto fresh = folder(server) / "export.ldif";
  run_helper({find_program("replserver"), "export", "--config", folder(server) / "replserver.toml"}, log_file(server),
             fresh);
  std::filesystem::rename(fresh, ldif);
}

void Lab::start(const std::string& name, const CancelToken& cancel) {
  Server& server = find(name);
  if (is_cut(server)) resume_daemon(server.process);
  if (running(server)) return;
  const auto ready = folder(server) / "ready";
  std::filesystem::remove(ready);
  if (server.port != 0 && !is_free(server.port)) server.port = 0;
  write_config(server);
  server.process = start_daemon(
      {find_program("replserver"), "serve", "--config", folder(server) / "replserver.toml", "--ready-file", ready},
      log_file(server));
  save();  // at once: whatever happens now, it is known what to end
  const auto deadline = std::chrono::steady_clock::now() + patience;
  std::optional<unsigned> port;
  while (!(port = port_in(ready))) {
    const bool alive = running(server);
    if (!alive || std::chrono::steady_clock::now() >= deadline) {
      fmt::print(stderr, "{}", tail_of(log_file(server)));
      throw LocalError(fmt::format("{} {}: the end of its log is above, all of it in {}", server.name,
                                   alive ? "does not answer" : "ended while it started", log_file(server).string()));
    }
    cancel.check();
    cancel.wait(std::chrono::milliseconds(10));
  }
  server.port = *port;
  save();
}

void Lab::stop(const std::string& name, const CancelToken& cancel) {
  const Server& server = find(name);
  if (end_daemon(server.process, SIGTERM, end_patience, cancel)) return;
  fmt::print(stderr, "repllab: {} does not end by itself: killed\n", server.name);
  kill(name, cancel);
}

void Lab::kill(const std::string& name, const CancelToken& cancel) {
  const Server& server = find(name);
  if (!end_daemon(server.process, SIGKILL, end_patience, cancel)) {
    throw LocalError(fmt::format("{} (process {}) cannot be killed", server.name, server.process.pid));
  }
}

void Lab::cut(const std::string& name) {
  const Server& server = find(name);
  if (!running(server)) throw LocalError(server.name + " is down: there is no link to cut");
  suspend_daemon(server.process);
}

}  // namespace replkit::tools::lab
