#include "common/ldup/cycle.hpp"

#include "common/ldup/parts.hpp"
#include "common/wire/error.hpp"

namespace replkit::ldup {

namespace {

using Update = TriggerReplicationRequest::Update;
using Mode = TriggerReplicationRequest::Mode;

constexpr Tag file_tag = tag::primitive(0);
constexpr Tag agreement_tag = tag::primitive(0);
constexpr Tag session_tag = tag::primitive(1);

std::optional<std::string> read_optional_string(Reader& reader, Tag tag) {
  return reader.next_is(tag) ? std::optional(read_string(reader, tag)) : std::nullopt;
}

}  // namespace

std::string encode(const TriggerReplicationRequest& value) {
  return write_value([&](Writer& writer) {
    writer.octets(value.target);
    writer.octets(value.uri);
    writer.integer(static_cast<int>(value.update), tag::enumerated);
    writer.integer(static_cast<int>(value.mode), tag::enumerated);
    if (value.file) writer.octets(*value.file, file_tag);
  });
}

TriggerReplicationRequest decode_trigger_replication_request(std::string_view bytes) {
  auto in = open_value(bytes);
  TriggerReplicationRequest out;
  out.target = read_string(in);
  out.uri = read_string(in);
  out.update = static_cast<Update>(in.enumerated(static_cast<int>(Update::incremental)));
  out.mode = static_cast<Mode>(in.enumerated(static_cast<int>(Mode::offline_read)));
  out.file = read_optional_string(in, file_tag);
  in.skip_unknown({tag::octet_string, tag::enumerated, file_tag});
  if (out.file.has_value() != (out.mode != Mode::online)) {
    throw wire::ProtocolError::answer("there is a file name if and only if the mode is not online");
  }
  return out;
}

std::string encode(const TriggerReplicationResponse& value) {
  return write_value([&](Writer& writer) {
    if (value.agreement) writer.octets(*value.agreement, agreement_tag);
    if (value.session_id) writer.octets(*value.session_id, session_tag);
  });
}

TriggerReplicationResponse decode_trigger_replication_response(std::string_view bytes) {
  auto in = open_value(bytes);
  TriggerReplicationResponse out;
  out.agreement = read_optional_string(in, agreement_tag);
  out.session_id = read_optional_string(in, session_tag);
  in.skip_unknown({agreement_tag, session_tag});
  return out;
}

std::string encode(const TerminateReplicationRequest& value) {
  return write_value([&](Writer& writer) {
    writer.octets(value.target);
    writer.octets(value.uri);
  });
}

TerminateReplicationRequest decode_terminate_replication_request(std::string_view bytes) {
  auto in = open_value(bytes);
  TerminateReplicationRequest out;
  out.target = read_string(in);
  out.uri = read_string(in);
  in.skip_unknown({tag::octet_string});
  return out;
}

std::string encode(const TerminateReplicationResponse& value) {
  return write_value([&](Writer& writer) { writer.integer(value.sessions); });
}

TerminateReplicationResponse decode_terminate_replication_response(std::string_view bytes) {
  auto in = open_value(bytes);
  TerminateReplicationResponse out;
  out.sessions = static_cast<std::int32_t>(in.integer(0, wire::max_int));
  in.skip_unknown({tag::integer});
  return out;
}

}  // namespace replkit::ldup
