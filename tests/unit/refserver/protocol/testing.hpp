// Messages by hand, for the tests of the protocol.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tests/refserver/protocol/error.hpp"

namespace replkit::refserver::protocol::testing_ {

// Returns the bytes that `text` spells: hexadecimal pairs, and text between single quotes as it is.
std::string bytes(std::string_view text);

struct Golden {
  const char* name;
  std::string pdu;
};

// One message of every kind of request, derived by hand from RFC 4511; in the form that 5.1 wants.
const std::vector<Golden>& golden_requests();

// Returns the error that `act` throws. Fails the test when it throws none.
template <typename Act>
ProtocolError error_of(Act act) {
  try {
    act();
  } catch (const ProtocolError& error) {
    return error;
  }
  throw std::logic_error("no ProtocolError was thrown");
}

}  // namespace replkit::refserver::protocol::testing_
