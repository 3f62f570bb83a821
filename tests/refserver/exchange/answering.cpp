#include "tests/refserver/exchange/answering.hpp"

#include "tests/refserver/directory/answer.hpp"
#include "tests/refserver/protocol/encode.hpp"

namespace replkit::refserver::exchange {

namespace {

class Waiting : public directory::Operation {
 public:
  explicit Waiting(std::shared_ptr<Answer> answer) : answer_(std::move(answer)) {}

  State step(std::string& out, std::size_t /*limit*/) override {
    const auto bytes = answer_->take();
    if (!bytes) return State::waiting;
    out += *bytes;
    return State::done;
  }
  bool stop() override { return false; }

 private:
  const std::shared_ptr<Answer> answer_;
};

}  // namespace

void Answer::give(const protocol::Result& result, const std::optional<std::string>& value, std::string before) {
  std::string bytes = std::move(before);
  protocol::encode_extended_response(bytes, id_, result, oid_,
                                     value ? std::optional<std::string_view>(*value) : std::nullopt);
  {
    const std::lock_guard lock(mutex_);
    if (bytes_) return;
    bytes_ = std::move(bytes);
  }
  wake_();
}

void Answer::fail(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (...) {
    give(directory::current_exception_result());
  }
}

std::optional<std::string> Answer::take() {
  const std::lock_guard lock(mutex_);
  return bytes_;
}

const protocol::ExtendedRequest& extended(const directory::Call& call) {
  return std::get<protocol::ExtendedRequest>(call.message.request);
}

std::shared_ptr<Answer> answer_to(const directory::Call& call, directory::Wake wake) {
  return std::make_shared<Answer>(call.message.id, extended(call).oid, std::move(wake));
}

std::unique_ptr<directory::Operation> waiting_for(std::shared_ptr<Answer> answer) {
  return std::make_unique<Waiting>(std::move(answer));
}

}  // namespace replkit::refserver::exchange
