// Servers that are not there, say nothing, or vanish.
#include <sys/socket.h>

#include <chrono>
#include <thread>

#include "tests/integration/ldap/fake_server.hpp"
#include "tests/integration/ldap/fixture.hpp"

namespace replkit::ldap {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;

constexpr unsigned char bind_response = 0x61;
constexpr unsigned char search_entry = 0x64;
constexpr unsigned char search_done = 0x65;
constexpr unsigned char extended_response = 0x78;

ConnectionOptions hasty(const std::string& uri) {
  ConnectionOptions options = anonymous(uri);
  options.timeouts = {.connect = milliseconds{1000}, .operation = milliseconds{1000}};
  return options;
}

milliseconds time_of(const std::function<void()>& action) {
  const auto start = std::chrono::steady_clock::now();
  action();
  return std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - start);
}

// Opening ends after one second, not before and not much later, and names the step.
void expect_silence(const ConnectionOptions& options, const std::string& step) {
  const milliseconds taken = time_of([&] {
    const LdapError error = open_error(options);
    EXPECT_EQ(error.status(), ExitStatus::connection);
    EXPECT_THAT(error.what(), HasSubstr(step));
    EXPECT_THAT(error.what(), HasSubstr("no answer within 1 s"));
  });
  EXPECT_GE(taken.count(), 900);
  EXPECT_LE(taken.count(), 2000);
}

TEST(Faults, ADeadPortIsRefusedAtOnce) {
  const support::ReservedPort port;
  const LdapError error = open_error(hasty(fmt::format("ldap://127.0.0.1:{}", port.number())));
  EXPECT_EQ(error.code(), ResultCode::server_down);
  EXPECT_EQ(error.status(), ExitStatus::connection);
  EXPECT_THAT(error.what(), HasSubstr("connection refused"));
}

TEST(Faults, AnUnknownHostIsNamed) {
  EXPECT_THAT(open_error(hasty("ldap://no-such-host.invalid")).what(), HasSubstr("no-such-host.invalid"));
}

TEST(Faults, AMissingLocalSocketIsNamed) {
  EXPECT_THAT(open_error(hasty("ldapi://%2Fnonexistent%2Fldapi")).what(), HasSubstr("/nonexistent/ldapi"));
}

TEST(Faults, ASilentServerEndsTheBind) {
  const FakeServer server;
  expect_silence(hasty(server.uri()), "anonymous bind");
}

TEST(Faults, ASilentBindMayBeAWrongPassword) {
  const FakeServer server;
  ConnectionOptions options = hasty(server.uri());
  options.bind.method = BindMethod::simple;
  options.bind.dn = "cn=admin";
  options.bind.password = Secret("wrong");
  const LdapError error = open_error(options);
  EXPECT_EQ(error.status(), ExitStatus::connection);
  EXPECT_THAT(error.what(), HasSubstr("wrong password"));
}

TEST(Faults, ASilentServerEndsStartTls) {
  const FakeServer server;
  ConnectionOptions options = hasty(server.uri());
  options.tls.start_tls = StartTls::tried;
  expect_silence(options, "StartTLS");
}

TEST(Faults, ASilentServerEndsTheTlsHandshake) {
  const FakeServer server;
  expect_silence(hasty(server.uri("ldaps")), "TLS handshake");
  const FakeServer willing([](int fd) {
    if (const char id = read_request(fd)) say(fd, message(id, extended_response, result_content(0)));
  });
  ConnectionOptions options = hasty(willing.uri());
  options.tls.start_tls = StartTls::required;
  expect_silence(options, "TLS handshake");
}

TEST(Faults, ACancelledRunEndsTheWaitsOfOpen) {
  const FakeServer server;
  for (const char* scheme : {"ldap", "ldaps"}) {
    ConnectionOptions options = anonymous(server.uri(scheme));
    options.timeouts.connect = milliseconds{60'000};
    CancelToken cancel;
    cancel.set_deadline(std::chrono::steady_clock::now() + milliseconds{300});
    const milliseconds taken = time_of([&] { EXPECT_THROW(Connection::open(options, cancel), Cancelled); });
    EXPECT_LE(taken.count(), 1500) << scheme;
  }
}

TEST(Faults, AServerThatClosesIsToldFromOneThatIsSilent) {
  const FakeServer server([](int fd) {
    read_request(fd);
    ::shutdown(fd, SHUT_RDWR);
  });
  EXPECT_THAT(open_error(hasty(server.uri())).what(), HasSubstr("closed the connection"));
}

TEST(Faults, GarbageEndsTheConnection) {
  const FakeServer server([](int fd) {
    read_request(fd);
    say(fd, "HTTP/1.1 400 Bad Request\r\n\r\n");
  });
  EXPECT_EQ(open_error(hasty(server.uri())).status(), ExitStatus::connection);
}

// Serves a bind, then three entries and `rest` to the search that follows.
std::function<void(int)> three_entries_then(const std::string& rest) {
  return [rest](int fd) {
    if (const char id = read_request(fd)) say(fd, message(id, bind_response, result_content(0)));
    const char id = read_request(fd);
    std::string all;
    for (const char* dn : {"cn=1", "cn=2", "cn=3"}) all += message(id, search_entry, entry_content(dn));
    say(fd, all + rest);
  };
}

SearchOutcome search_all(Connection& connection) {
  SearchRequest request;
  request.base = "dc=x";
  return connection.search(request, [](const EntryView&) {});
}

TEST(Faults, SilenceInMidSearchIsATimeout) {
  // Also when the silence falls into the middle of a message.
  for (const std::string& rest : {std::string(), message(2, search_entry, entry_content("cn=4")).substr(0, 9)}) {
    const FakeServer server(three_entries_then(rest));
    const CancelToken cancel;
    Connection connection = Connection::open(hasty(server.uri()), cancel);
    SearchOutcome outcome;
    const milliseconds taken = time_of([&] { outcome = search_all(connection); });
    EXPECT_EQ(outcome.code, ResultCode::timeout);
    EXPECT_EQ(outcome.entries, 3U);
    EXPECT_FALSE(outcome.complete());
    EXPECT_GE(taken.count(), 900);
    EXPECT_LE(taken.count(), 2500);
  }
}

TEST(Faults, CancelInTheMiddleOfASilentSearch) {
  const FakeServer server(three_entries_then(""));
  CancelToken cancel;
  ConnectionOptions options = anonymous(server.uri());
  Connection connection = Connection::open(options, cancel);
  std::uint64_t visited = 0;
  SearchRequest request;
  request.base = "dc=x";
  cancel.set_deadline(std::chrono::steady_clock::now() + milliseconds{300});
  const milliseconds taken =
      time_of([&] { EXPECT_THROW(connection.search(request, [&](const EntryView&) { ++visited; }), Cancelled); });
  EXPECT_EQ(visited, 3U);
  EXPECT_LE(taken.count(), 1500);
}

TEST(Faults, AnEntryWithMalformedBerIsAnError) {
  const std::string content = std::string("\x04\x01x\x30\x04\x30\x7f\x04\x01", 9);
  const FakeServer server([&](int fd) {
    if (const char id = read_request(fd)) say(fd, message(id, bind_response, result_content(0)));
    const char id = read_request(fd);
    say(fd, message(id, search_entry, content) + message(id, search_done, result_content(0)));
  });
  const CancelToken cancel;
  Connection connection = Connection::open(hasty(server.uri()), cancel);
  SearchRequest request;
  EXPECT_THROW(connection.search(request, [](const EntryView& entry) { entry.copy(); }), LdapError);
}

TEST(Faults, AServerKilledInMidSearchIsAnOutcomeAndTheConnectionStaysLost) {
  support::Slapd slapd;
  slapd.load(people(slapd.suffix(), 20000, 500));
  slapd.start();
  const CancelToken cancel;
  Connection connection = Connection::open(simple(slapd.uri(), support::reader_dn), cancel);
  SearchRequest request;
  request.base = slapd.suffix();
  std::uint64_t visited = 0;
  const SearchOutcome outcome = connection.search(request, [&](const EntryView&) {
    if (++visited == 100) slapd.kill9();
  });
  EXPECT_EQ(outcome.code, ResultCode::server_down);
  EXPECT_EQ(outcome.entries, visited);
  EXPECT_GE(visited, 100U);
  EXPECT_LT(visited, 20001U);

  // The server is back, but this connection must not become a new, anonymous one.
  slapd.start();
  EXPECT_EQ(connection.search(request, [](const EntryView&) {}).code, ResultCode::server_down);
  EXPECT_THROW(connection.who_am_i(), LdapError);
  EXPECT_THROW(connection.read(slapd.suffix(), {}), LdapError);
  EXPECT_THROW(connection.read_many({slapd.suffix()}, {}, [](std::size_t, const EntryView*) {}), LdapError);
  EXPECT_TRUE(Connection::open(simple(slapd.uri(), support::reader_dn), cancel).read(slapd.suffix(), {}).has_value());
}

TEST(Faults, AResetConnectionDoesNotEndTheProgram) {
  support::Slapd slapd;
  slapd.load(people(slapd.suffix(), 1));
  slapd.start();
  const CancelToken cancel;
  Connection connection = Connection::open(simple(slapd.uri(), support::reader_dn), cancel);
  slapd.kill9();
  SearchRequest request;
  request.base = slapd.suffix();
  for (int i = 0; i < 3; ++i) {  // the first write is answered by a reset, the next would raise SIGPIPE
    EXPECT_EQ(connection.search(request, [](const EntryView&) {}).code, ResultCode::server_down);
  }
}

}  // namespace
}  // namespace replkit::ldap
