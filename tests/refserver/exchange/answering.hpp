// Operations that are answered from another thread.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "tests/refserver/directory/call.hpp"
#include "tests/refserver/directory/operation.hpp"
#include "tests/refserver/protocol/result.hpp"

namespace replkit::refserver::exchange {

// The answer to one extended request, given once.
class Answer {
 public:
  Answer(std::int32_t id, std::string oid, directory::Wake wake)
      : id_(id), oid_(std::move(oid)), wake_(std::move(wake)) {}

  // `before`: bytes of a message that goes out before it.
  void give(const protocol::Result& result, const std::optional<std::string>& value = {}, std::string before = {});
  // Gives the result that the exception stands for.
  void fail(const std::exception_ptr& error);

  // Returns the bytes when it was given.
  std::optional<std::string> take();

 private:
  const std::int32_t id_;
  const std::string oid_;
  const directory::Wake wake_;
  std::mutex mutex_;
  std::optional<std::string> bytes_;
};

// The request of a call that is an extended operation.
const protocol::ExtendedRequest& extended(const directory::Call& call);

std::shared_ptr<Answer> answer_to(const directory::Call& call, directory::Wake wake);

// Returns the operation that waits for the answer. It cannot be stopped.
std::unique_ptr<directory::Operation> waiting_for(std::shared_ptr<Answer> answer);

}  // namespace replkit::refserver::exchange
