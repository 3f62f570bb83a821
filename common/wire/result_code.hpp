// Operations and their result codes (RFC 4511 4.1.9), as numbers of a message.
#pragma once

#include <cstdint>
#include <optional>

namespace replkit::wire {

// Requests, by their tag number.
enum class Operation : std::uint8_t {
  bind = 0,
  unbind = 2,
  search = 3,
  modify = 6,
  add = 8,
  remove = 10,
  modify_dn = 12,
  compare = 14,
  abandon = 16,
  extended = 23,
};

// Returns the tag number of the response that ends the operation; nothing for unbind and abandon.
std::optional<unsigned> response_number(Operation operation);

// RFC 4511 appendix A; 60 and 61 of RFC 2891, 72 of draft-ietf-ldup-model-09, 118 to 121 of RFC 3909,
// 122 of RFC 4528, 123 of RFC 4370, 200 of draft-ietf-ldup-protocol-04.
enum class ResultCode : std::int32_t {
  success = 0,
  operations_error = 1,
  protocol_error = 2,
  time_limit_exceeded = 3,
  size_limit_exceeded = 4,
  compare_false = 5,
  compare_true = 6,
  auth_method_not_supported = 7,
  stronger_auth_required = 8,
  referral = 10,
  admin_limit_exceeded = 11,
  unavailable_critical_extension = 12,
  confidentiality_required = 13,
  sasl_bind_in_progress = 14,
  no_such_attribute = 16,
  undefined_attribute_type = 17,
  inappropriate_matching = 18,
  constraint_violation = 19,
  attribute_or_value_exists = 20,
  invalid_attribute_syntax = 21,
  no_such_object = 32,
  alias_problem = 33,
  invalid_dn_syntax = 34,
  alias_dereferencing_problem = 36,
  inappropriate_authentication = 48,
  invalid_credentials = 49,
  insufficient_access_rights = 50,
  busy = 51,
  unavailable = 52,
  unwilling_to_perform = 53,
  loop_detect = 54,
  sort_control_missing = 60,
  offset_range_error = 61,
  naming_violation = 64,
  object_class_violation = 65,
  not_allowed_on_non_leaf = 66,
  not_allowed_on_rdn = 67,
  entry_already_exists = 68,
  object_class_mods_prohibited = 69,
  affects_multiple_dsas = 71,
  server_clocks_out_of_sync = 72,
  other = 80,
  canceled = 118,
  no_such_operation = 119,
  too_late = 120,
  cannot_cancel = 121,
  assertion_failed = 122,
  authorization_denied = 123,
  excessive_csn_skew = 200,
};

}  // namespace replkit::wire
