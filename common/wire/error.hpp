// What is wrong with a message, and what the peer is to be told.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "common/base/error.hpp"
#include "common/wire/result_code.hpp"

namespace replkit::wire {

// A message or value of the protocol that cannot be used. what() is the diagnostic message for the peer: it never
// repeats the peer's bytes.
class ProtocolError : public Error {
 public:
  // RFC 4511 4.1.1: a message whose structure is wrong ends the session with a Notice of Disconnection; one whose
  // values are wrong is answered.
  enum class Action : std::uint8_t { disconnect, answer };

  ProtocolError(Action action, ResultCode code, const std::string& diagnostic)
      : Error(ExitStatus::refused, diagnostic), action_(action), code_(code) {}

  static ProtocolError disconnect(const std::string& diagnostic) {
    return {Action::disconnect, ResultCode::protocol_error, diagnostic};
  }
  static ProtocolError answer(const std::string& diagnostic, ResultCode code = ResultCode::protocol_error) {
    return {Action::answer, code, diagnostic};
  }

  Action action() const { return action_; }
  // The result code of the answer or the notice.
  ResultCode code() const { return code_; }

  // Which request it is about. decode_request() fills it in as far as it came; values of controls and extended
  // operations are decoded without knowing. A request that has no response turns an answer into a disconnection.
  std::optional<std::int32_t> message_id() const { return message_id_; }
  std::optional<Operation> operation() const { return operation_; }
  void set_request(std::int32_t message_id, Operation operation);

 private:
  Action action_;
  ResultCode code_;
  std::optional<std::int32_t> message_id_;
  std::optional<Operation> operation_;
};

}  // namespace replkit::wire
