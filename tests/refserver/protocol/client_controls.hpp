// The other side of controls and extended operations, as tests need it: request values to bytes, bytes to responses.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "common/model/filter.hpp"
#include "tests/refserver/protocol/controls.hpp"
#include "tests/refserver/protocol/extended.hpp"

namespace replkit::refserver::protocol {

// Each returns a critical control; paged results go by encode_paged_results().
Control encode_subentries(bool subentries);
Control encode_assertion(const model::Filter& filter);
Control encode_read_request(std::string_view oid, std::span<const std::string> attributes);
Control encode_sort_request(std::span<const SortKey> keys);
Control encode_matched_values(std::span<const model::Filter> filters);
Control encode_proxied_authorization(std::string_view identity);

// Return what response controls and values hold. Throw ProtocolError.
model::Entry decode_read_response(const Control& control);
struct SortResult {
  ResultCode code = ResultCode::success;
  std::string description;
};
SortResult decode_sort_response(const Control& control);
Secret decode_generated_password(std::string_view value);

ExtendedRequest encode_password_modify(const PasswordModify& request);
ExtendedRequest encode_cancel(std::int32_t message_id);

}  // namespace replkit::refserver::protocol
