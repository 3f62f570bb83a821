#include "tests/refserver/protocol/error.hpp"

namespace replkit::refserver::protocol {

void ProtocolError::set_request(std::int32_t message_id, Operation operation) {
  message_id_ = message_id;
  operation_ = operation;
  if (!response_number(operation)) {
    action_ = Action::disconnect;
    code_ = ResultCode::protocol_error;
  }
}

}  // namespace replkit::refserver::protocol
