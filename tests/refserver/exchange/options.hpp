// What the configuration says about replication: the table [replication].
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace replkit::refserver::exchange {

// What to do about an update that names an entry which the replica no longer has and cannot know any more.
enum class Consistency : std::uint8_t {
  strict,  // stop the session and report it
  loose,   // ask the supplier for the whole entry
};

// The suffix of what is this server's own and never replicated: credentials.
inline constexpr std::string_view local_suffix = "cn=replkit";

struct Options {
  bool enabled = false;  // there is a table [replication]
  Consistency consistency = Consistency::loose;

  std::filesystem::path history;            // JSON lines, one a session; empty: none
  std::filesystem::path offline_directory;  // of the files of full updates; empty: there are none

  // Who to be where an agreement names no credentials, or there are no agreements.
  std::string bind_dn;
  std::filesystem::path bind_password_file;
  std::string bind_mechanism = "simple";  // or EXTERNAL, SCRAM-SHA-256
  bool start_tls = false;
  std::filesystem::path ca;  // whom the certificates of other replicas are checked against; empty: the system's
  std::filesystem::path certificate;  // of this server as a client; for EXTERNAL
  std::filesystem::path key;

  // As a supplier.
  std::size_t sessions = 8;              // at once
  std::size_t window = 256;              // updates sent ahead of their answers
  std::size_t session_entries = 10'000;  // that one incremental session brings, before the next begins
  std::chrono::milliseconds connect_time = std::chrono::seconds(10);
  std::chrono::milliseconds answer_time = std::chrono::minutes(1);  // silence of a consumer
  std::chrono::milliseconds retry = std::chrono::seconds(1);        // after a failure, doubled up to retry_most
  std::chrono::milliseconds retry_most = std::chrono::minutes(5);
  // What ordinary changes wait before the first partner is told, and then from each partner to the next.
  std::chrono::seconds notify_first{0};
  std::chrono::seconds notify_next{0};
  // Before a change from a replica that supplies a partner itself is passed on to that partner.
  std::chrono::milliseconds relay_wait = std::chrono::seconds(5);
  // How old a new update vector may get before it alone starts sessions: what others know of it bounds their purging.
  std::chrono::seconds vector_interval = std::chrono::hours(1);

  // As a consumer.
  std::chrono::milliseconds clock_skew = std::chrono::minutes(10);  // that is suffered from suppliers
  std::chrono::milliseconds idle = std::chrono::minutes(2);         // silence of a supplier
  std::chrono::milliseconds busy_wait = std::chrono::seconds(2);    // for another session to end, before `busy`

  // Meta-data that no replica needs any more is kept for this long.
  std::chrono::seconds purge_age = std::chrono::hours(24 * 7);
  std::chrono::milliseconds purge_interval = std::chrono::minutes(10);
};

}  // namespace replkit::refserver::exchange
