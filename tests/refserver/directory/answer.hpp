// Operations that are answered at once, or are refused.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "tests/refserver/directory/operation.hpp"
#include "tests/refserver/protocol/messages.hpp"
#include "tests/refserver/protocol/result.hpp"

namespace replkit::refserver::directory {

// Returns an operation whose only step appends `response`.
std::unique_ptr<Operation> answered(std::string response);

// Calls `work`, and returns what it returns; an exception becomes the result that the client is told: Refusal and
// ProtocolError as they say, all others `other` without details.
protocol::Result result_of(const std::function<protocol::Result()>& work);

// Returns the result that the exception in flight stands for; called in a catch block.
protocol::Result current_exception_result() noexcept;

}  // namespace replkit::refserver::directory
