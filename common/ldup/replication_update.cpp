#include "common/ldup/replication_update.hpp"

#include "common/ldup/parts.hpp"
#include "common/wire/error.hpp"

namespace replkit::ldup {

namespace {

using wire::ProtocolError;
using Kind = Primitive::Kind;

// ReplicationPrimitive is a CHOICE of [APPLICATION n] SEQUENCEs.
constexpr Tag first_primitive = 0x60;
constexpr Tag last_primitive = first_primitive + static_cast<Tag>(Kind::remove_attribute);

struct Members {
  bool superior = false;
  bool rdn = false;
  bool type = false;
  bool value = false;
};

Members members_of(Kind kind) {
  switch (kind) {
    case Kind::add_entry:
      return {.superior = true, .rdn = true};
    case Kind::move_entry:
      return {.superior = true};
    case Kind::rename_entry:
      return {.rdn = true};
    case Kind::remove_entry:
      return {};
    case Kind::add_value:
    case Kind::remove_value:
      return {.type = true, .value = true};
    case Kind::remove_attribute:
      return {.type = true};
  }
  return {};
}

Primitive read_primitive(Reader& primitives) {
  const auto next = primitives.next_tag().value_or(0);
  if (next < first_primitive || next > last_primitive) primitives.malformed("this is no replication primitive");
  auto in = primitives.sequence(next);
  Primitive out;
  out.kind = static_cast<Kind>(next - first_primitive);
  const auto members = members_of(out.kind);
  out.csn = read_csn(in);
  if (members.superior) out.superior = read_uuid(in);
  if (members.rdn) out.rdn = read_string(in);
  if (members.type) out.type = read_string(in);
  if (members.value) out.value = in.octets();
  in.expect_end();
  return out;
}

void write_primitive(Writer& writer, const Primitive& primitive) {
  const auto members = members_of(primitive.kind);
  const auto body = [&] {
    write_csn(writer, primitive.csn);
    if (members.superior) writer.octets(primitive.superior.text());
    if (members.rdn) writer.octets(primitive.rdn);
    if (members.type) writer.octets(primitive.type);
    if (members.value) writer.octets(primitive.value);
  };
  writer.sequence(body, static_cast<Tag>(first_primitive + static_cast<Tag>(primitive.kind)));
}

}  // namespace

std::string encode(const EntryUpdate& update) {
  return write_value([&](Writer& writer) {
    writer.octets(update.entry.text());
    const auto primitives = [&] {
      for (const auto& primitive : update.primitives) write_primitive(writer, primitive);
    };
    writer.sequence(primitives, tag::set);
  });
}

EntryUpdate decode_entry_update(std::string_view bytes) {
  auto in = open_value(bytes);
  EntryUpdate out;
  out.entry = read_uuid(in);
  auto primitives = in.sequence(tag::set);
  in.expect_end();
  if (primitives.count() > max_primitives) {
    throw ProtocolError::answer("an update has too many primitives", wire::ResultCode::admin_limit_exceeded);
  }
  make_room(out.primitives, primitives, 25);
  while (!primitives.at_end()) out.primitives.push_back(read_primitive(primitives));
  return out;
}

}  // namespace replkit::ldup
