// What the tests of the running replserver share: connections by hand, entries, memory, its command line.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/replserver.hpp"
#include "tests/support/slapd.hpp"
#include "tests/unit/refserver/session/wire_client.hpp"

namespace replkit::replserver_test {

namespace protocol = refserver::protocol;
using refserver::session::testing_::TlsClient;
using refserver::session::testing_::WireClient;
using support::Replserver;
using support::ReplserverOptions;

// Adds lines to a table that the fixture has in its configuration, before the server starts or reloads.
void configure(const Replserver& server, std::string_view table, std::string_view lines);
// Replaces `from`, which must be there, in the configuration.
void reconfigure(const Replserver& server, std::string_view from, std::string_view to);

// dc=example,dc=com, ou=people and so many uid=userN below it, the first few with the password "secretN".
std::string people(int count, int with_password = 20);
std::string person_dn(int number);

// A connection that is bound, simple, with "secret" unless told otherwise. Throws std::runtime_error when the bind
// fails.
WireClient connect_as(const Replserver& server, const std::string& dn, const std::string& password = "secret");
inline WireClient connect_as_administrator(const Replserver& server) {
  return connect_as(server, server.root_dn());
}

// A request's result and the entries before it.
struct Answer {
  int code = -1;
  std::string diagnostic;
  std::vector<model::Entry> entries;
  std::vector<protocol::Control> controls;

  // Returns the DNs, sorted, one a line.
  std::string names() const;
};
Answer ask(WireClient& client, protocol::Request request, std::vector<protocol::Control> controls = {});
protocol::SearchRequest search(const std::string& base, protocol::Scope scope, const std::string& filter,
                               std::vector<std::string> attributes = {});

// Whether a new connection gets the root DSE within a few seconds.
bool serves(const Replserver& server);

// The most memory that the process ever had resident, in MiB.
std::uint64_t peak_memory(pid_t pid);

// Runs `replserver VERB -f CONFIG WORDS`.
support::RunResult run_verb(const Replserver& server, const std::string& verb, std::vector<std::string> words = {},
                            std::string_view input = {});

// Waits until the condition holds. Returns false after ten seconds.
template <typename Condition>
bool soon(const Condition& condition) {
  return support::eventually(std::chrono::seconds(10), condition);
}

// REPLKIT_ROUNDS of the environment, or this many.
int rounds(int usual);

}  // namespace replkit::replserver_test
