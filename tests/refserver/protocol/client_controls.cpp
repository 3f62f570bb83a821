#include "tests/refserver/protocol/client_controls.hpp"

#include "common/wire/filter_codec.hpp"
#include "tests/refserver/protocol/decode.hpp"

namespace replkit::refserver::protocol {

namespace {

Control critical_control(std::string_view oid, std::string value) {
  return {std::string(oid), true, std::move(value)};
}

}  // namespace

Control encode_subentries(bool subentries) {
  std::string value;
  Writer(value).boolean(subentries);
  return critical_control(oid::subentries, std::move(value));
}

Control encode_assertion(const model::Filter& filter) {
  std::string value;
  wire::encode_filter(value, filter);
  return critical_control(oid::assertion, std::move(value));
}

Control encode_read_request(std::string_view oid, std::span<const std::string> attributes) {
  std::string value;
  encode_strings(value, attributes);
  return critical_control(oid, std::move(value));
}

Control encode_sort_request(std::span<const SortKey> keys) {
  std::string value;
  Writer writer(value);
  const auto encode_key = [&](const SortKey& key) {
    writer.octets(key.description);
    if (!key.rule.empty()) writer.octets(key.rule, tag::primitive(0));
    if (key.reverse) writer.boolean(true, tag::primitive(1));
  };
  writer.sequence([&] {
    for (const auto& key : keys) writer.sequence([&] { encode_key(key); });
  });
  return critical_control(oid::sort_request, std::move(value));
}

Control encode_matched_values(std::span<const model::Filter> filters) {
  std::string value;
  Writer(value).sequence([&] {
    for (const auto& filter : filters) wire::encode_filter(value, filter);
  });
  return critical_control(oid::matched_values, std::move(value));
}

Control encode_proxied_authorization(std::string_view identity) {
  return critical_control(oid::proxied_authorization, std::string(identity));
}

model::Entry decode_read_response(const Control& control) {
  Reader reader(control.value.value(), Rules::value);
  constexpr Tag entry_tag = 0x64;
  auto content = reader.sequence(entry_tag);
  reader.expect_end();
  model::Entry out;
  out.dn = content.octets();
  auto attributes = content.sequence();
  content.expect_end();
  while (!attributes.at_end()) out.attributes.push_back(decode_attribute(attributes));
  return out;
}

SortResult decode_sort_response(const Control& control) {
  Reader reader(control.value.value(), Rules::value);
  auto value = reader.sequence();
  reader.expect_end();
  SortResult out;
  out.code = static_cast<ResultCode>(value.enumerated(max_int));
  out.description = value.optional_content(tag::primitive(0)).value_or("");
  value.expect_end();
  return out;
}

Secret decode_generated_password(std::string_view value) {
  Reader reader(value, Rules::value);
  auto sequence = reader.sequence();
  reader.expect_end();
  Secret out(sequence.content(tag::primitive(0)));
  sequence.expect_end();
  return out;
}

ExtendedRequest encode_password_modify(const PasswordModify& request) {
  std::string value;
  Writer writer(value);
  writer.sequence([&] {
    if (request.identity) writer.octets(*request.identity, tag::primitive(0));
    if (request.old_password) writer.octets(request.old_password->reveal(), tag::primitive(1));
    if (request.new_password) writer.octets(request.new_password->reveal(), tag::primitive(2));
  });
  return {std::string(oid::password_modify), std::move(value)};
}

ExtendedRequest encode_cancel(std::int32_t message_id) {
  std::string value;
  Writer writer(value);
  writer.sequence([&] { writer.integer(message_id); });
  return {std::string(oid::cancel), std::move(value)};
}

}  // namespace replkit::refserver::protocol
