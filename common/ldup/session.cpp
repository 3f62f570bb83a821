#include "common/ldup/session.hpp"

#include <set>

#include "common/ldup/parts.hpp"
#include "common/wire/error.hpp"

namespace replkit::ldup {

namespace {

using wire::ProtocolError;

std::vector<ReplicaId> read_replica_ids(Reader table) {
  const auto length = table.integer(0, wire::max_int);
  auto rows = table.sequence();
  table.expect_end();
  const auto count = rows.count();
  if (count > max_replicas) throw ProtocolError::answer("the table of replica IDs is too long");
  if (static_cast<std::size_t>(length) != count) {
    throw ProtocolError::answer("the table of replica IDs has another length than it says");
  }
  std::vector<ReplicaId> out;
  make_room(out, rows, 43);
  std::set<std::string> seen;
  while (!rows.at_end()) {
    auto row = rows.sequence();
    auto id = read_replica_id(row);
    const auto subentry = read_uuid(row);
    row.expect_end();
    if (!seen.insert(id).second) throw ProtocolError::answer("the table of replica IDs has one twice");
    out.push_back({.id = std::move(id), .subentry = subentry});
  }
  return out;
}

void write_replica_ids(Writer& writer, const std::vector<ReplicaId>& ids) {
  const auto rows = [&] {
    for (const auto& row : ids) {
      writer.sequence([&] {
        writer.octets(row.id);
        writer.octets(row.subentry.text());
      });
    }
  };
  writer.sequence([&] {
    writer.integer(static_cast<std::int64_t>(ids.size()));
    writer.sequence(rows);
  });
}

// The responses are nothing but a vector.
std::string encode_vector(const std::optional<UpdateVector>& vector) {
  return write_value([&](Writer& writer) { write_optional_vector(writer, vector); });
}

std::optional<UpdateVector> decode_vector(std::string_view bytes) {
  auto in = open_value(bytes);
  auto vector = read_optional_vector(in);
  in.expect_end();
  return vector;
}

}  // namespace

std::string encode(const CreateReplGroupRequest& value) {
  return write_value([&](Writer& writer) {
    writer.octets(value.area);
    writer.octets(value.replica_id);
    writer.octets(value.protocol_oid);
    writer.integer(static_cast<int>(value.initiator), tag::enumerated);
    if (value.replica_ids) write_replica_ids(writer, *value.replica_ids);
  });
}

CreateReplGroupRequest decode_create_repl_group_request(std::string_view bytes) {
  auto in = open_value(bytes);
  CreateReplGroupRequest out;
  out.area = read_string(in);
  out.replica_id = read_replica_id(in);
  out.protocol_oid = read_string(in);
  out.initiator = static_cast<Initiator>(in.enumerated(static_cast<int>(Initiator::consumer)));
  if (in.next_is(tag::sequence)) out.replica_ids = read_replica_ids(in.sequence());
  in.expect_end();
  return out;
}

std::string encode(const CreateReplGroupResponse& value) {
  return encode_vector(value.vector);
}

CreateReplGroupResponse decode_create_repl_group_response(std::string_view bytes) {
  return {decode_vector(bytes)};
}

std::string encode(const ReplicationUpdateNotice& value) {
  return write_value([&](Writer& writer) {
    write_optional_vector(writer, value.vector);
    write_optional_boolean(writer, value.abort, tag::boolean);
  });
}

ReplicationUpdateNotice decode_replication_update_notice(std::string_view bytes) {
  auto in = open_value(bytes);
  ReplicationUpdateNotice out;
  out.vector = read_optional_vector(in);
  out.abort = read_optional_boolean(in, tag::boolean);
  in.expect_end();
  return out;
}

std::string encode(const EndReplGroupRequest& value) {
  return write_value([&](Writer& writer) {
    writer.boolean(value.return_vector);
    write_optional_vector(writer, value.vector);
  });
}

EndReplGroupRequest decode_end_repl_group_request(std::string_view bytes) {
  auto in = open_value(bytes);
  EndReplGroupRequest out;
  out.return_vector = in.boolean();
  out.vector = read_optional_vector(in);
  in.expect_end();
  return out;
}

std::string encode(const EndReplGroupResponse& value) {
  return encode_vector(value.vector);
}

EndReplGroupResponse decode_end_repl_group_response(std::string_view bytes) {
  return {decode_vector(bytes)};
}

}  // namespace replkit::ldup
