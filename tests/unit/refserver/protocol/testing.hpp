// Messages by hand, for the tests of the protocol.
#pragma once

#include <string>
#include <vector>

#include "tests/refserver/protocol/result.hpp"
#include "tests/unit/wire/testing.hpp"

namespace replkit::refserver::protocol::testing_ {

using wire::testing_::bytes;
using wire::testing_::error_of;

struct Golden {
  const char* name;
  std::string pdu;
};

// One message of every kind of request, derived by hand from RFC 4511; in the form that 5.1 wants.
const std::vector<Golden>& golden_requests();

}  // namespace replkit::refserver::protocol::testing_
