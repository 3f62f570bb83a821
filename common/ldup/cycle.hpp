// Values of TriggerReplication and TerminateReplication (draft-ietf-ldup-mrm-02 3.12, 3.13, whose encoding is this
// project's). For decode and encode see grouping.hpp. Unknown components that follow are ignored.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace replkit::ldup {

struct TriggerReplicationRequest {
  enum class Update : std::uint8_t { full = 0, incremental = 1 };
  enum class Mode : std::uint8_t { online = 0, offline_write = 1, offline_read = 2 };

  std::string target;  // DN of the replicaSubentry of the replica to exchange updates with
  std::string uri;     // one of its replicaURI or replicaSecondaryURI
  Update update = Update::full;
  Mode mode = Mode::online;
  std::optional<std::string> file;  // a name without a folder, on the server; iff the mode is not online

  bool operator==(const TriggerReplicationRequest&) const = default;
};
std::string encode(const TriggerReplicationRequest& value);
// Throws also when file and mode disagree.
TriggerReplicationRequest decode_trigger_replication_request(std::string_view bytes);

struct TriggerReplicationResponse {
  std::optional<std::string> agreement;   // DN
  std::optional<std::string> session_id;  // for people and logs

  bool operator==(const TriggerReplicationResponse&) const = default;
};
std::string encode(const TriggerReplicationResponse& value);
TriggerReplicationResponse decode_trigger_replication_response(std::string_view bytes);

struct TerminateReplicationRequest {
  std::string target;
  std::string uri;

  bool operator==(const TerminateReplicationRequest&) const = default;
};
std::string encode(const TerminateReplicationRequest& value);
TerminateReplicationRequest decode_terminate_replication_request(std::string_view bytes);

struct TerminateReplicationResponse {
  std::int32_t sessions = 0;  // how many it stopped

  bool operator==(const TerminateReplicationResponse&) const = default;
};
std::string encode(const TerminateReplicationResponse& value);
TerminateReplicationResponse decode_terminate_replication_response(std::string_view bytes);

}  // namespace replkit::ldup
