#include "tests/refserver/directory/answer.hpp"

#include <exception>

#include "common/base/error.hpp"
#include "common/model/filter_matcher.hpp"
#include "tests/refserver/protocol/refusal.hpp"
#include "tests/refserver/protocol/result.hpp"

namespace replkit::refserver::directory {

namespace {

class Answered : public Operation {
 public:
  explicit Answered(std::string response) : response_(std::move(response)) {}

  State step(std::string& out, std::size_t) override {
    out += response_;
    return State::done;
  }
  bool stop() override { return true; }

 private:
  std::string response_;
};

}  // namespace

std::unique_ptr<Operation> answered(std::string response) {
  return std::make_unique<Answered>(std::move(response));
}

protocol::Result result_of(const std::function<protocol::Result()>& work) {
  try {
    return work();
  } catch (...) {
    return current_exception_result();
  }
}

protocol::Result current_exception_result() noexcept {
  protocol::Result result;
  result.code = protocol::ResultCode::other;
  try {
    throw;
  } catch (const protocol::Refusal& refusal) {
    result = refusal.result();
  } catch (const protocol::ProtocolError& error) {
    result.code = error.code();
    result.diagnostic = error.what();
  } catch (const model::FilterTooCostly& error) {
    result.code = protocol::ResultCode::admin_limit_exceeded;
    result.diagnostic = error.what();
  } catch (const LocalError&) {
    result.diagnostic = "the server could not read or write its store";
  } catch (...) {
    result.diagnostic = "internal error";
  }
  return result;
}

}  // namespace replkit::refserver::directory
