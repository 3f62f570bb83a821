// Any bytes as every value of LDUP's wire: refused with an answer, or written so that they are read as the same.
#include <concepts>
#include <cstdint>
#include <cstdlib>

#include "common/ldup/cycle.hpp"
#include "common/ldup/grouping.hpp"
#include "common/ldup/metadata.hpp"
#include "common/ldup/replication_update.hpp"
#include "common/ldup/session.hpp"
#include "common/wire/error.hpp"

using namespace replkit;
using namespace replkit::ldup;

namespace {

void check(bool holds) {
  if (!holds) std::abort();
}

template <typename Value>
void try_as(Value (*decode)(std::string_view), std::string_view bytes) {
  try {
    const auto value = decode(bytes);
    const auto written = encode(value);
    const auto again = decode(written);
    check(encode(again) == written);
    // Filters are not compared; an empty vector is written as none.
    if constexpr (std::equality_comparable<Value> && !requires { value.vector; }) check(again == value);
  } catch (const wire::ProtocolError& error) {
    check(error.action() == wire::ProtocolError::Action::answer && error.code() != wire::ResultCode::success);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  try_as(decode_create_grouping_request, bytes);
  try_as(decode_create_grouping_response, bytes);
  try_as(decode_end_grouping_request, bytes);
  try_as(decode_end_grouping_response, bytes);
  try_as(decode_end_grouping_notice, bytes);
  try_as(decode_grouping_control, bytes);
  try_as(decode_create_repl_group_request, bytes);
  try_as(decode_create_repl_group_response, bytes);
  try_as(decode_replication_update_notice, bytes);
  try_as(decode_end_repl_group_request, bytes);
  try_as(decode_end_repl_group_response, bytes);
  try_as(decode_entry_update, bytes);
  try_as(decode_trigger_replication_request, bytes);
  try_as(decode_trigger_replication_response, bytes);
  try_as(decode_terminate_replication_request, bytes);
  try_as(decode_terminate_replication_response, bytes);
  try_as(decode_search_with_meta_data_request, bytes);
  try_as(decode_search_meta_data_entry, bytes);
  try_as(decode_search_meta_data_reference, bytes);
  try_as(decode_add_with_meta_data_request, bytes);
  try_as(decode_delete_with_meta_data_request, bytes);
  try_as(decode_modify_with_meta_data_request, bytes);
  try_as(decode_meta_data_update_response, bytes);
  return 0;
}
