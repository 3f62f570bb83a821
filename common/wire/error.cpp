#include "common/wire/error.hpp"

namespace replkit::wire {

std::optional<unsigned> response_number(Operation operation) {
  switch (operation) {
    case Operation::unbind:
    case Operation::abandon:
      return std::nullopt;
    case Operation::search:
      return 5;  // SearchResultDone: 4 are the entries
    default:
      return static_cast<unsigned>(operation) + 1;
  }
}

void ProtocolError::set_request(std::int32_t message_id, Operation operation) {
  message_id_ = message_id;
  operation_ = operation;
  if (!response_number(operation)) {
    action_ = Action::disconnect;
    code_ = ResultCode::protocol_error;
  }
}

}  // namespace replkit::wire
