#include "tests/integration/replserver/lab.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <sstream>
#include <stdexcept>

#include "common/base/files.hpp"

namespace replkit::replserver_test {

namespace {

constexpr std::size_t most_configuration = 1 << 20;

}  // namespace

void reconfigure(const Replserver& server, std::string_view from, std::string_view to) {
  auto text = read_file(server.config_file(), most_configuration);
  const auto at = text.find(from);
  if (at == std::string::npos) throw std::runtime_error("the configuration has no " + std::string(from));
  text.replace(at, from.size(), to);
  support::write_file(server.config_file(), text);
}

void configure(const Replserver& server, std::string_view table, std::string_view lines) {
  const auto head = fmt::format("[{}]\n", table);
  reconfigure(server, head, fmt::format("{}{}\n", head, lines));
}

std::string person_dn(int number) {
  return fmt::format("uid=user{},ou=people,dc=example,dc=com", number);
}

std::string people(int count, int with_password) {
  std::string out =
      "dn: dc=example,dc=com\nobjectClass: dcObject\nobjectClass: organization\ndc: example\no: Example\n\n"
      "dn: ou=people,dc=example,dc=com\nobjectClass: organizationalUnit\nou: people\n\n";
  for (int i = 0; i < count; ++i) {
    out += fmt::format(
        "dn: {}\nobjectClass: inetOrgPerson\nuid: user{}\ncn: User {}\nsn: Name{}\nmail: user{}@example.com\n"
        "employeeNumber: {}\ndescription: a person of the tests\n",
        person_dn(i), i, i, i % 100, i, i);
    if (i < with_password) out += fmt::format("userPassword: secret{}\n", i);
    out += '\n';
  }
  return out;
}

WireClient connect_as(const Replserver& server, const std::string& dn, const std::string& password) {
  WireClient client(server.uri());
  const auto result = client.result(client.bind(dn, password)).result;
  if (result.code != protocol::ResultCode::success) {
    throw std::runtime_error(
        fmt::format("cannot bind as {}: {} {}", dn, static_cast<int>(result.code), result.diagnostic));
  }
  return client;
}

std::string Answer::names() const {
  std::vector<std::string> names;
  for (const auto& entry : entries) names.push_back(entry.dn);
  std::sort(names.begin(), names.end());
  std::string out;
  for (const auto& name : names) out += name + '\n';
  return out;
}

Answer ask(WireClient& client, protocol::Request request, std::vector<protocol::Control> controls) {
  const auto id = client.send(std::move(request), std::move(controls));
  Answer answer;
  while (true) {
    auto message = client.expect();
    if (message.id != id) {
      throw std::runtime_error(
          fmt::format("a message of {} instead of {}: {}", message.id, id, message.result.diagnostic));
    }
    if (message.kind == protocol::ResponseKind::entry) {
      answer.entries.push_back(std::move(message.entry));
    } else if (message.kind != protocol::ResponseKind::reference) {
      answer.code = static_cast<int>(message.result.code);
      answer.diagnostic = std::move(message.result.diagnostic);
      answer.controls = std::move(message.controls);
      return answer;
    }
  }
}

protocol::SearchRequest search(const std::string& base, protocol::Scope scope, const std::string& filter,
                               std::vector<std::string> attributes) {
  protocol::SearchRequest request;
  request.base = base;
  request.scope = scope;
  request.filter = model::Filter::parse(filter);
  request.attributes = std::move(attributes);
  return request;
}

bool serves(const Replserver& server) {
  constexpr std::chrono::seconds prompt(5);
  const auto begun = std::chrono::steady_clock::now();
  try {
    WireClient client(server.uri());
    return client.code(client.search("")) == 0 && std::chrono::steady_clock::now() - begun < prompt;
  } catch (const std::runtime_error&) {
    return false;
  }
}

std::uint64_t peak_memory(pid_t pid) {
  std::istringstream status(read_file(fmt::format("/proc/{}/status", pid), most_configuration));
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmHWM:")) return std::stoull(line.substr(line.find_first_of("0123456789"))) >> 10U;
  }
  throw std::runtime_error("there is no VmHWM of the server");
}

support::RunResult run_verb(const Replserver& server, const std::string& verb, std::vector<std::string> words,
                            std::string_view input) {
  std::vector<std::string> argv = {support::replserver_program(), verb, "-f", server.config_file()};
  argv.insert(argv.end(), words.begin(), words.end());
  return support::run(argv, {.input = input});
}

int rounds(int usual) {
  const char* given = std::getenv("REPLKIT_ROUNDS");
  return given != nullptr ? std::max(1, std::atoi(given)) : usual;
}

}  // namespace replkit::replserver_test
