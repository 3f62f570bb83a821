// Parts that several values of replication share. Readers throw wire::ProtocolError (answer: protocolError).
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/ldup/csn.hpp"
#include "common/model/uuid.hpp"
#include "common/wire/ber.hpp"

namespace replkit::ldup {

using wire::Reader;
using wire::Tag;
using wire::Writer;
namespace tag = wire::tag;

// Returns the content of the SEQUENCE that `value` is, nothing behind it.
Reader open_value(std::string_view value);

// Returns an LDAPString or what is made of it (LDAPDN, URI, LDAPOID, AttributeDescription): UTF-8.
std::string read_string(Reader& reader, Tag tag = tag::octet_string);

// Returns a replica ID in lower case.
std::string read_replica_id(Reader& reader);

model::Uuid read_uuid(Reader& reader, Tag tag = tag::octet_string);

// Returns a CSN not before 1970, of which the least CSN is made; an untagged one also from the SEQUENCE of
// draft-sermersheim-ldap-csn-02.
Csn read_csn(Reader& reader, Tag tag = tag::octet_string);
void write_csn(Writer& writer, const Csn& csn, Tag tag = tag::octet_string);

// Return or write a component if it is there.
std::optional<Csn> read_optional_csn(Reader& reader, Tag tag);
std::optional<model::Uuid> read_optional_uuid(Reader& reader, Tag tag);
bool read_optional_boolean(Reader& reader, Tag tag);  // DEFAULT FALSE
void write_optional_csn(Writer& writer, const std::optional<Csn>& csn, Tag tag);
void write_optional_uuid(Writer& writer, const std::optional<model::Uuid>& uuid, Tag tag);
void write_optional_boolean(Writer& writer, bool value, Tag tag);

// Reads the optional attribute updateVector (infomod 7.1.1). An Attribute has values: an empty vector, as that of a
// replica that holds nothing, is written as none.
std::optional<UpdateVector> read_optional_vector(Reader& reader);
void write_optional_vector(Writer& writer, const std::optional<UpdateVector>& vector);

// Makes room for the elements of a SEQUENCE OF or SET OF, no more than well-formed ones, which have `least` bytes,
// could fill: hostile ones are smaller.
template <typename Value>
void make_room(std::vector<Value>& values, const Reader& elements, std::size_t least) {
  values.reserve(std::min(elements.count(), elements.size() / least));
}

// Returns the SEQUENCE that `body` writes with the writer it is given.
template <typename Body>
std::string write_value(Body body) {
  std::string out;
  Writer writer(out);
  writer.sequence([&] { body(writer); });
  return out;
}

}  // namespace replkit::ldup
