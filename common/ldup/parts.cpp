#include "common/ldup/parts.hpp"

#include "common/base/error.hpp"
#include "common/base/text.hpp"
#include "common/base/time.hpp"
#include "common/ldup/names.hpp"
#include "common/ldup/oids.hpp"
#include "common/wire/error.hpp"

namespace replkit::ldup {

namespace {

using wire::ProtocolError;

Csn parsed_csn(std::string_view text) {
  try {
    return Csn::parse(text);
  } catch (const ParseError&) {
    throw ProtocolError::answer("a CSN is malformed");
  }
}

std::string checked_replica_id(std::string_view text) {
  auto id = replica_id(text);
  if (id.empty()) throw ProtocolError::answer("a replica ID is malformed");
  return id;
}

// ChangeSequenceNumber of draft-sermersheim-ldap-csn-02 3.1; its replica ID was an OCTET STRING before.
Csn read_csn_sequence(Reader csn) {
  constexpr Tag generalized_time = 0x18;
  constexpr Tag utf8_string = 0x0C;
  const auto time = parse_generalized_time(csn.content(generalized_time));
  if (!time) throw ProtocolError::answer("the time of a CSN is malformed");
  const auto count = csn.integer(0, wire::max_int);
  const auto id = checked_replica_id(csn.content(csn.next_is(utf8_string) ? utf8_string : tag::octet_string));
  const auto modification = csn.integer(0, wire::max_int);
  csn.expect_end();
  return {*time, static_cast<std::uint32_t>(count), id, static_cast<std::uint32_t>(modification)};
}

}  // namespace

Reader open_value(std::string_view value) {
  Reader whole(value, wire::Rules::value);
  auto content = whole.sequence();
  whole.expect_end();
  return content;
}

std::string read_string(Reader& reader, Tag tag) {
  const auto text = reader.content(tag);
  if (!is_utf8(text)) throw ProtocolError::answer("a string is not UTF-8");
  return std::string(text);
}

std::string read_replica_id(Reader& reader) {
  return checked_replica_id(reader.octets());
}

model::Uuid read_uuid(Reader& reader, Tag tag) {
  const auto uuid = model::Uuid::parse(reader.content(tag));
  if (!uuid) throw ProtocolError::answer("a UUID is malformed");
  return *uuid;
}

Csn read_csn(Reader& reader, Tag tag) {
  const bool is_sequence = tag == tag::octet_string && reader.next_is(tag::sequence);
  auto csn = is_sequence ? read_csn_sequence(reader.sequence()) : parsed_csn(reader.content(tag));
  // Nothing may be below the least one, which is what replicas know of where they know nothing.
  if (csn < Csn()) throw ProtocolError::answer("a CSN is too old");
  return csn;
}

void write_csn(Writer& writer, const Csn& csn, Tag tag) {
  writer.octets(csn.ldup_text(), tag);
}

std::optional<Csn> read_optional_csn(Reader& reader, Tag tag) {
  return reader.next_is(tag) ? std::optional(read_csn(reader, tag)) : std::nullopt;
}

std::optional<model::Uuid> read_optional_uuid(Reader& reader, Tag tag) {
  return reader.next_is(tag) ? std::optional(read_uuid(reader, tag)) : std::nullopt;
}

bool read_optional_boolean(Reader& reader, Tag tag) {
  return reader.next_is(tag) && reader.boolean(tag);
}

void write_optional_csn(Writer& writer, const std::optional<Csn>& csn, Tag tag) {
  if (csn) write_csn(writer, *csn, tag);
}

void write_optional_uuid(Writer& writer, const std::optional<model::Uuid>& uuid, Tag tag) {
  if (uuid) writer.octets(uuid->text(), tag);
}

void write_optional_boolean(Writer& writer, bool value, Tag tag) {
  if (value) writer.boolean(true, tag);
}

std::optional<UpdateVector> read_optional_vector(Reader& reader) {
  if (!reader.next_is(tag::sequence)) return std::nullopt;
  auto attribute = reader.sequence();
  const auto type = attribute.octets();
  if (!equals_ignore_case(type, "updateVector") && type != oid::update_vector) {
    throw ProtocolError::answer("an update vector is another attribute");
  }
  auto values = attribute.sequence(tag::set);
  attribute.skip_unknown({tag::octet_string, tag::set});
  if (values.count() > max_replicas) throw ProtocolError::answer("an update vector has too many values");
  UpdateVector out;
  while (!values.at_end()) {
    const auto csn = read_csn(values);
    const bool is_second = out.components().contains(csn.replica_id());
    if (is_second || csn == Csn()) throw ProtocolError::answer("an update vector is malformed");
    out.merge(csn);
  }
  return out;
}

void write_optional_vector(Writer& writer, const std::optional<UpdateVector>& vector) {
  if (!vector || vector->empty()) return;
  const auto values = [&] {
    for (const auto& [id, csn] : vector->components()) write_csn(writer, csn);
  };
  writer.sequence([&] {
    writer.octets("updateVector");
    writer.sequence(values, tag::set);
  });
}

}  // namespace replkit::ldup
