#include "tests/refserver/protocol/extended.hpp"

#include "tests/refserver/protocol/decode.hpp"
#include "tests/refserver/protocol/encode.hpp"

namespace replkit::refserver::protocol {

namespace {

std::optional<Secret> optional_secret(Reader& reader, Tag tag) {
  const auto value = reader.optional_content(tag);
  return value ? std::optional<Secret>(*value) : std::nullopt;
}

}  // namespace

void expect_no_value(const ExtendedRequest& request) {
  if (request.value) throw ProtocolError::answer("this extended request has no value");
}

PasswordModify decode_password_modify(const ExtendedRequest& request) {
  constexpr Tag identity = tag::primitive(0);
  constexpr Tag old_password = tag::primitive(1);
  constexpr Tag new_password = tag::primitive(2);
  PasswordModify out;
  if (!request.value) return out;
  Reader reader(*request.value, Rules::value);
  auto value = reader.sequence();
  reader.expect_end();
  if (const auto found = value.optional_content(identity)) out.identity = *found;
  out.old_password = optional_secret(value, old_password);
  out.new_password = optional_secret(value, new_password);
  value.skip_unknown({identity, old_password, new_password});
  return out;
}

std::string encode_generated_password(const Secret& password) {
  std::string out;
  Writer writer(out);
  writer.sequence([&] { writer.octets(password.reveal(), tag::primitive(0)); });
  return out;
}

std::int32_t decode_cancel(const ExtendedRequest& request) {
  if (!request.value) throw ProtocolError::answer("a cancel request has a value");
  Reader reader(*request.value, Rules::value);
  auto value = reader.sequence();
  reader.expect_end();
  const auto id = static_cast<std::int32_t>(value.integer(0, max_int));
  value.skip_unknown({tag::integer});
  return id;
}

}  // namespace replkit::refserver::protocol
