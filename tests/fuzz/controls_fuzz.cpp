// Bytes as the value of a control or extended operation: refused with an answer, or read the same after it was written.
#include <cstdint>
#include <cstdlib>
#include <iterator>

#include "tests/refserver/protocol/client_controls.hpp"
#include "tests/refserver/protocol/result.hpp"

using namespace replkit::refserver::protocol;

namespace {

void check(bool holds) {
  if (!holds) std::abort();
}

Control control_of(std::string_view value) {
  return {"1.2", true, std::string(value)};
}

ExtendedRequest request_of(std::string_view value) {
  return {"1.2", std::string(value)};
}

void try_paged_results(std::string_view value) {
  const auto paged = decode_paged_results(control_of(value));
  check(paged.size >= 0 && decode_paged_results(encode_paged_results(paged)) == paged);
}

void try_subentries(std::string_view value) {
  const bool wanted = decode_subentries(control_of(value));
  check(decode_subentries(encode_subentries(wanted)) == wanted);
}

void try_assertion(std::string_view value) {
  const auto again = encode_assertion(decode_assertion(control_of(value)));
  check(encode_assertion(decode_assertion(again)) == again);
}

void try_read(std::string_view value) {
  const auto attributes = decode_read_request(control_of(value));
  check(decode_read_request(encode_read_request(oid::pre_read, attributes)) == attributes);
}

void try_read_response(std::string_view value) {
  const auto entry = decode_read_response(control_of(value));
  check(decode_read_response(encode_read_response(oid::pre_read, entry)) == entry);
}

void try_sort(std::string_view value) {
  const auto keys = decode_sort_request(control_of(value));
  check(decode_sort_request(encode_sort_request(keys)) == keys);
}

void try_matched_values(std::string_view value) {
  const auto filters = decode_matched_values(control_of(value));
  const auto again = encode_matched_values(filters);
  check(decode_matched_values(again).size() == filters.size());
  check(encode_matched_values(decode_matched_values(again)) == again);
}

void try_proxied_authorization(std::string_view value) {
  check(decode_proxied_authorization(control_of(value)) == value);
}

void try_password_modify(std::string_view value) {
  const auto again = encode_password_modify(decode_password_modify(request_of(value)));
  check(encode_password_modify(decode_password_modify(again)).value == again.value);
}

void try_cancel(std::string_view value) {
  const auto id = decode_cancel(request_of(value));
  check(id >= 0 && decode_cancel(encode_cancel(id)) == id);
}

}  // namespace

// The first byte chooses the codec.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr void (*codecs[])(std::string_view) = {
      try_paged_results,   try_subentries, try_assertion,      try_read,
      try_read_response,   try_sort,       try_matched_values, try_proxied_authorization,
      try_password_modify, try_cancel};
  if (size == 0) return 0;
  try {
    codecs[data[0] % std::size(codecs)]({reinterpret_cast<const char*>(data) + 1, size - 1});
  } catch (const ProtocolError& error) {
    check(error.action() == ProtocolError::Action::answer && error.code() != ResultCode::success);
  }
  return 0;
}
