// What a replication session says when it begins, goes on and ends (draft-ietf-ldup-protocol-05 6): the inner values of
// the grouping operations, and the unsolicited notice. For decode and encode see grouping.hpp.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/ldup/csn.hpp"
#include "common/model/uuid.hpp"

namespace replkit::ldup {

enum class Initiator : std::uint8_t { supplier = 0, consumer = 1 };

// Which replicaSubentry a replica ID in CSNs stands for.
struct ReplicaId {
  std::string id;
  model::Uuid subentry;  // its entryUUID

  bool operator==(const ReplicaId&) const = default;
};

struct CreateReplGroupRequest {
  std::string area;          // DN of the context root, or of one of its replicaSubentries
  std::string replica_id;    // the initiator's
  std::string protocol_oid;  // oid::full_update_protocol or oid::incremental_update_protocol
  Initiator initiator = Initiator::supplier;
  std::optional<std::vector<ReplicaId>> replica_ids;  // at most max_replicas, no ID twice

  bool operator==(const CreateReplGroupRequest&) const = default;
};
std::string encode(const CreateReplGroupRequest& value);
CreateReplGroupRequest decode_create_repl_group_request(std::string_view bytes);

// Vectors below: an empty one is not written, so that none from the consumer is that of a replica that holds nothing.

struct CreateReplGroupResponse {
  std::optional<UpdateVector> vector;  // the consumer's

  bool operator==(const CreateReplGroupResponse&) const = default;
};
std::string encode(const CreateReplGroupResponse& value);
CreateReplGroupResponse decode_create_repl_group_response(std::string_view bytes);

// From the consumer, any time.
struct ReplicationUpdateNotice {
  std::optional<UpdateVector> vector;  // it has committed what this covers
  bool abort = false;                  // the supplier must stop, and close the connection

  bool operator==(const ReplicationUpdateNotice&) const = default;
};
std::string encode(const ReplicationUpdateNotice& value);
ReplicationUpdateNotice decode_replication_update_notice(std::string_view bytes);

struct EndReplGroupRequest {
  bool return_vector = false;          // whether the answer is to have the consumer's vector
  std::optional<UpdateVector> vector;  // of a full update: the one to take over

  bool operator==(const EndReplGroupRequest&) const = default;
};
std::string encode(const EndReplGroupRequest& value);
EndReplGroupRequest decode_end_repl_group_request(std::string_view bytes);

struct EndReplGroupResponse {
  std::optional<UpdateVector> vector;  // the consumer's

  bool operator==(const EndReplGroupResponse&) const = default;
};
std::string encode(const EndReplGroupResponse& value);
EndReplGroupResponse decode_end_repl_group_response(std::string_view bytes);

}  // namespace replkit::ldup
