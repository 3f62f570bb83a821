#include "common/ldup/grouping.hpp"

#include "common/ldup/parts.hpp"

namespace replkit::ldup {

namespace {

constexpr Tag first_tag = tag::primitive(0);  // the type or the cookie
constexpr Tag value_tag = tag::primitive(1);

std::optional<std::string> read_optional_octets(Reader& reader, Tag tag) {
  const auto content = reader.optional_content(tag);
  return content ? std::optional<std::string>(*content) : std::nullopt;
}

void write_optional_octets(Writer& writer, const std::optional<std::string>& bytes, Tag tag) {
  if (bytes) writer.octets(*bytes, tag);
}

// Most of these values are a cookie and an optional inner value.
std::string encode_with_cookie(const std::string& cookie, const std::optional<std::string>& inner) {
  return write_value([&](Writer& writer) {
    writer.octets(cookie, first_tag);
    write_optional_octets(writer, inner, value_tag);
  });
}

template <typename Value>
Value decode_with_cookie(std::string_view bytes) {
  auto in = open_value(bytes);
  Value out;
  out.cookie = in.content(first_tag);
  out.value = read_optional_octets(in, value_tag);
  in.expect_end();
  return out;
}

}  // namespace

std::string encode(const CreateGroupingRequest& value) {
  return encode_with_cookie(value.type, value.value);
}

CreateGroupingRequest decode_create_grouping_request(std::string_view bytes) {
  auto in = open_value(bytes);
  CreateGroupingRequest out;
  out.type = read_string(in, first_tag);
  out.value = read_optional_octets(in, value_tag);
  in.expect_end();
  return out;
}

std::string encode(const CreateGroupingResponse& value) {
  return write_value([&](Writer& writer) {
    write_optional_octets(writer, value.cookie, first_tag);
    write_optional_octets(writer, value.value, value_tag);
  });
}

CreateGroupingResponse decode_create_grouping_response(std::string_view bytes) {
  auto in = open_value(bytes);
  CreateGroupingResponse out;
  out.cookie = read_optional_octets(in, first_tag);
  out.value = read_optional_octets(in, value_tag);
  in.expect_end();
  return out;
}

std::string encode(const EndGroupingRequest& value) {
  return encode_with_cookie(value.cookie, value.value);
}

EndGroupingRequest decode_end_grouping_request(std::string_view bytes) {
  return decode_with_cookie<EndGroupingRequest>(bytes);
}

std::string encode(const EndGroupingResponse& value) {
  return write_value([&](Writer& writer) { write_optional_octets(writer, value.value, value_tag); });
}

EndGroupingResponse decode_end_grouping_response(std::string_view bytes) {
  auto in = open_value(bytes);
  EndGroupingResponse out;
  out.value = read_optional_octets(in, value_tag);
  in.expect_end();
  return out;
}

std::string encode(const EndGroupingNotice& value) {
  return encode_with_cookie(value.cookie, value.value);
}

EndGroupingNotice decode_end_grouping_notice(std::string_view bytes) {
  return decode_with_cookie<EndGroupingNotice>(bytes);
}

std::string encode(const GroupingControl& value) {
  return encode_with_cookie(value.cookie, value.value);
}

GroupingControl decode_grouping_control(std::string_view bytes) {
  return decode_with_cookie<GroupingControl>(bytes);
}

}  // namespace replkit::ldup
