// Add, delete, modify, modifyDN and Password Modify.
#pragma once

#include <memory>

#include "tests/refserver/directory/call.hpp"
#include "tests/refserver/directory/operation.hpp"

namespace replkit::refserver::directory {

// Returns the operation for a request that changes the directory; `wake` is called once it is on disk. Throws
// protocol::Refusal and protocol::ProtocolError, which the caller makes responses of.
std::unique_ptr<Operation> start_update(Call call, Wake wake);

}  // namespace replkit::refserver::directory
