#include "tools/repllab.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "common/base/error.hpp"
#include "common/base/files.hpp"
#include "common/base/text.hpp"
#include "common/base/time.hpp"
#include "common/cli/output.hpp"
#include "common/cli/program.hpp"
#include "tools/lab/conflict.hpp"
#include "tools/lab/damage.hpp"
#include "tools/lab/group.hpp"
#include "tools/lab/lab.hpp"
#include "tools/lab/overview.hpp"
#include "tools/lab/step.hpp"

namespace replkit::tools {

namespace {

using lab::Lab;

constexpr unsigned usual_servers = 2;
constexpr std::chrono::hours away{24 * 200};  // longer than directories keep what was deleted
constexpr std::chrono::seconds patience{60};  // for servers to be in step

Lab open_lab(const RepllabSettings& settings) {
  return Lab(settings.directory.empty() ? lab::default_directory() : std::filesystem::path(settings.directory));
}

Lab existing_lab(const RepllabSettings& settings) {
  Lab found = open_lab(settings);
  if (!found.exists()) {
    throw LocalError(fmt::format("there is no lab in {}: repllab up makes one", found.directory().string()));
  }
  return found;
}

void say(const std::string& text) {
  fmt::print(stderr, "repllab: {}\n", text);
}

void show(const std::string& server, const std::vector<lab::Damage>& done) {
  for (const auto& damage : done) {
    cli::print_out(fmt::format("{}: {} {}\n", server, printable(damage.dn), printable(damage.what)));
  }
}

// Opens a connection to a server that is to be damaged.
ldap::Connection reach(const Lab& lab, const std::string& name) {
  const auto& server = lab.server(name);
  if (!Lab::running(server) || Lab::is_cut(server)) {
    throw LocalError(fmt::format("{} {}: repllab break start {} first", name,
                                 Lab::running(server) ? "is cut off" : "is down", name));
  }
  return lab::connect(lab, server, cli::run_token());
}

// Makes a group of the servers, and says when all of them have all.
void replicate(Lab& lab) {
  auto& token = cli::run_token();
  lab::tell_uris(lab, token);
  lab::join_group(lab, token, say);
  if (lab::wait_in_step(lab, patience, token)) {
    say(fmt::format("the servers replicate {}: all that take part have all changes", lab.base()));
  } else {
    say("not all servers have all changes yet: repllab status tells");
  }
}

}  // namespace

ExitStatus repllab_up(const RepllabSettings& settings) {
  lab::find_program("replserver");  // before anything is made
  auto& token = cli::run_token();
  Lab lab = open_lab(settings);
  lab.lock();
  if (lab.exists() && !settings.data.empty()) {
    throw UsageError("this lab has its entries already: repllab down --purge removes them");
  }
  if (lab.exists() && settings.plain && lab.replicates()) {
    throw UsageError("the servers of this lab are a replica group: repllab down --purge makes room for a plain one");
  }
  const auto before = lab.servers().size();
  const std::size_t wanted = settings.servers.value_or(before > 0 ? before : usual_servers);
  if (wanted < before) {
    throw UsageError(
        fmt::format("this lab has {}: repllab down --purge makes room for a smaller one", counted(before, "server")));
  }
  if (!lab.exists()) {
    lab.create({.data_file = settings.data, .persons = settings.persons, .replicates = !settings.plain});
  }
  while (lab.servers().size() < wanted) {
    token.check();
    lab.add_server();
  }
  for (const auto& server : std::vector(lab.servers())) lab.start(server.name, token);
  lab.write_environment();
  if (lab.replicates()) replicate(lab);
  const auto status = show(lab, settings.json);
  const auto option = settings.directory.empty() ? std::string() : " --dir " + lab.directory().string();
  say(fmt::format("eval \"$(repllab shell{})\" tells a shell where they are", option));
  return status;
}

ExitStatus repllab_status(const RepllabSettings& settings) {
  return show(existing_lab(settings), settings.json);
}

ExitStatus repllab_shell(const RepllabSettings& settings) {
  const Lab lab = existing_lab(settings);
  if (settings.command.empty()) {
    std::string text;
    for (const auto& [name, value] : lab.environment(true))
      text += "export " + lab::shell_assignment(name, value) + '\n';
    cli::print_out(text);
    return ExitStatus::done;
  }
  for (const auto& [name, value] : lab.environment(true)) setenv(name.c_str(), value.c_str(), 1);
  std::vector<char*> words;
  for (const auto& word : settings.command) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  execvp(words.front(), words.data());
  throw LocalError(fmt::format("{}: {}", settings.command.front(), last_error_text()));
}

ExitStatus repllab_break(const RepllabSettings& settings) {
  Lab lab = existing_lab(settings);
  lab.lock();
  if (lab.servers().empty()) throw LocalError("this lab has no servers yet: repllab up");
  const std::string name = settings.server.empty() ? lab.servers().back().name : lab.server(settings.server).name;
  auto& token = cli::run_token();
  switch (settings.kind) {
    case BreakKind::stop:
      lab.stop(name, token);
      break;
    case BreakKind::kill:
      lab.kill(name, token);
      break;
    case BreakKind::start:
      lab.start(name, token);
      lab.write_environment();
      if (lab.replicates()) lab::tell_uris(lab, token);
      break;
    case BreakKind::cut:
      lab.cut(name);
      break;
    case BreakKind::divergence: {
      auto server = reach(lab, name);
      show(name, lab::diverge(server, lab.base(), settings.each.value_or(1)));
      break;
    }
    case BreakKind::lingering: {
      auto server = reach(lab, name);
      show(name, lab::linger(server, lab.base(), settings.each.value_or(10), system_clock().now() - away));
      break;
    }
    case BreakKind::conflict:
      if (!lab.server(name).member) throw LocalError("the servers of a plain lab do not replicate");
      reach(lab, name);
      show(name, lab::clash(lab, lab.server(name), settings.each.value_or(1), token));
      break;
    case BreakKind::none:
      break;
  }
  return ExitStatus::done;
}

ExitStatus repllab_down(const RepllabSettings& settings) {
  Lab lab = open_lab(settings);
  if (!lab.exists() && !settings.purge) return ExitStatus::done;
  if (!std::filesystem::exists(lab.directory())) return ExitStatus::done;
  lab.lock();
  for (const auto& server : lab.servers()) lab.stop(server.name, cli::run_token());
  if (settings.purge) lab.remove();
  return ExitStatus::done;
}

}  // namespace replkit::tools
