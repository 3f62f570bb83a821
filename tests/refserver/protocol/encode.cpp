#include "tests/refserver/protocol/encode.hpp"

#include "common/base/text.hpp"
#include "tests/refserver/protocol/decode.hpp"
#include "tests/refserver/protocol/oids.hpp"

namespace replkit::refserver::protocol {

namespace {

constexpr Tag response_tag(unsigned number) {
  return static_cast<Tag>(0x60U | number);
}

constexpr Tag bind_response = response_tag(1);
constexpr Tag entry_response = response_tag(4);
constexpr Tag reference_response = response_tag(19);
constexpr Tag extended_response = response_tag(24);
constexpr Tag intermediate_response = response_tag(25);

// Writes the envelope around what `body` writes as the content of the operation.
template <typename Body>
void encode_message(std::string& out, std::int32_t id, Tag operation, Controls controls, Body body) {
  Writer writer(out);
  writer.sequence([&] {
    writer.integer(id);
    writer.sequence([&] { body(writer); }, operation);
    encode_controls(out, controls);
  });
}

void encode_components(Writer& writer, std::string& out, const Result& result) {
  writer.integer(static_cast<std::int32_t>(result.code), tag::enumerated);
  writer.octets(result.matched_dn);
  writer.octets(printable(result.diagnostic));
  constexpr Tag referral = tag::constructed(3);
  if (!result.referrals.empty()) encode_strings(out, result.referrals, referral);
}

void encode_optional(Writer& writer, std::optional<std::string_view> value, unsigned number) {
  if (value) writer.octets(*value, tag::primitive(number));
}

// --- Entries ---

template <typename Values>
std::size_t values_size(const Values& values) {
  std::size_t size = 0;
  for (const auto& value : values) size += wire::element_size(value.size());
  return size;
}

template <typename Attribute>
std::size_t attribute_size(const Attribute& attribute) {
  return wire::element_size(attribute.description.size()) + wire::element_size(values_size(attribute.values));
}

template <typename Attributes>
std::size_t attributes_size(const Attributes& attributes) {
  std::size_t size = 0;
  for (const auto& attribute : attributes) size += wire::element_size(attribute_size(attribute));
  return size;
}

template <typename Attributes>
void write_bare_entry(Writer& writer, std::string_view dn, const Attributes& attributes, std::size_t size) {
  writer.header(entry_response, wire::element_size(dn.size()) + wire::element_size(size));
  writer.octets(dn);
  writer.header(tag::sequence, size);
  for (const auto& attribute : attributes) {
    writer.header(tag::sequence, attribute_size(attribute));
    writer.octets(attribute.description);
    writer.header(tag::set, values_size(attribute.values));
    for (const auto& value : attribute.values) writer.octets(value);
  }
}

template <typename Attributes>
void write_entry(std::string& out, std::int32_t id, std::string_view dn, const Attributes& attributes,
                 Controls controls) {
  std::string ends;  // what stands before and after the entry: small
  Writer(ends).integer(id);
  const auto id_size = ends.size();
  encode_controls(ends, controls);
  const auto size = attributes_size(attributes);
  const auto total = ends.size() + wire::element_size(wire::element_size(dn.size()) + wire::element_size(size));
  out.reserve(out.size() + wire::element_size(total));
  Writer writer(out);
  writer.header(tag::sequence, total);
  out.append(ends, 0, id_size);
  write_bare_entry(writer, dn, attributes, size);
  out.append(ends, id_size);
}

}  // namespace

void encode_result(std::string& out, std::int32_t id, Operation operation, const Result& result, Controls controls) {
  const auto tag = response_tag(response_number(operation).value());
  encode_message(out, id, tag, controls, [&](Writer& writer) { encode_components(writer, out, result); });
}

void encode_bind_response(std::string& out, std::int32_t id, const Result& result,
                          std::optional<std::string_view> server_credentials, Controls controls) {
  encode_message(out, id, bind_response, controls, [&](Writer& writer) {
    encode_components(writer, out, result);
    encode_optional(writer, server_credentials, 7);
  });
}

void encode_extended_response(std::string& out, std::int32_t id, const Result& result,
                              std::optional<std::string_view> name, std::optional<std::string_view> value,
                              Controls controls) {
  encode_message(out, id, extended_response, controls, [&](Writer& writer) {
    encode_components(writer, out, result);
    encode_optional(writer, name, 10);
    encode_optional(writer, value, 11);
  });
}

void encode_intermediate_response(std::string& out, std::int32_t id, std::optional<std::string_view> name,
                                  std::optional<std::string_view> value, Controls controls) {
  encode_message(out, id, intermediate_response, controls, [&](Writer& writer) {
    encode_optional(writer, name, 0);
    encode_optional(writer, value, 1);
  });
}

void encode_entry(std::string& out, std::int32_t id, std::string_view dn, std::span<const AttributeView> attributes,
                  Controls controls) {
  write_entry(out, id, dn, attributes, controls);
}

void encode_entry(std::string& out, std::int32_t id, const model::Entry& entry, Controls controls) {
  write_entry(out, id, entry.dn, entry.attributes, controls);
}

void encode_bare_entry(std::string& out, std::string_view dn, std::span<const AttributeView> attributes) {
  Writer writer(out);
  write_bare_entry(writer, dn, attributes, attributes_size(attributes));
}

void encode_bare_entry(std::string& out, const model::Entry& entry) {
  Writer writer(out);
  write_bare_entry(writer, entry.dn, entry.attributes, attributes_size(entry.attributes));
}

void encode_reference(std::string& out, std::int32_t id, std::span<const std::string> uris, Controls controls) {
  encode_message(out, id, reference_response, controls, [&](Writer& writer) {
    for (const auto& uri : uris) writer.octets(uri);
  });
}

void encode_notice_of_disconnection(std::string& out, ResultCode code, std::string_view diagnostic) {
  encode_extended_response(out, 0, {code, {}, std::string(diagnostic), {}}, oid::notice_of_disconnection, std::nullopt);
}

void encode_error(std::string& out, const ProtocolError& error) {
  if (error.action() == ProtocolError::Action::disconnect) {
    encode_notice_of_disconnection(out, error.code(), error.what());
  } else {
    encode_result(out, error.message_id().value(), error.operation().value(), {error.code(), {}, error.what(), {}});
  }
}

void encode_controls(std::string& out, Controls controls) {
  if (controls.empty()) return;
  Writer writer(out);
  const auto encode_control = [&](const Control& control) {
    writer.octets(control.oid);
    if (control.critical) writer.boolean(true);
    if (control.value) writer.octets(*control.value);
  };
  writer.sequence(
      [&] {
        for (const auto& control : controls) writer.sequence([&] { encode_control(control); });
      },
      controls_tag);
}

void encode_strings(std::string& out, std::span<const std::string> strings, Tag tag) {
  Writer writer(out);
  writer.sequence(
      [&] {
        for (const auto& string : strings) writer.octets(string);
      },
      tag);
}

void encode_attribute(std::string& out, std::string_view description, std::span<const std::string> values) {
  Writer writer(out);
  writer.sequence([&] {
    writer.octets(description);
    encode_strings(out, values, tag::set);
  });
}

}  // namespace replkit::refserver::protocol
