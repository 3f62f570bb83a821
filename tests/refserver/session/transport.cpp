#include "tests/refserver/session/transport.hpp"

#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <system_error>

namespace replkit::refserver::session {

namespace {

bool would_block(int error) {
  return error == EAGAIN || error == EWOULDBLOCK || error == EINTR;
}

}  // namespace

Progress Transport::read(std::span<char> room, std::size_t& count) {
  if (tls_) return tls_->read(room, count);
  const auto got = ::recv(socket_.native_handle(), room.data(), room.size(), 0);
  if (got > 0) {
    count = static_cast<std::size_t>(got);
    return Progress::done;
  }
  if (got == 0) return Progress::end;
  if (would_block(errno)) return Progress::wants_read;
  error_ = errno;
  return Progress::failed;
}

Progress Transport::write(std::string_view bytes, std::size_t& count) {
  if (tls_) return tls_->write(bytes, count);
  const auto sent = ::send(socket_.native_handle(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
  if (sent >= 0) {
    count = static_cast<std::size_t>(sent);
    return Progress::done;
  }
  if (would_block(errno)) return Progress::wants_write;
  error_ = errno;
  return Progress::failed;
}

Progress Transport::discard() {
  std::array<char, 4096> bytes;
  constexpr int most = 64;  // a turn; who sends more than this gets no farewell
  for (int i = 0; i < most; ++i) {
    const auto got = ::recv(socket_.native_handle(), bytes.data(), bytes.size(), 0);
    if (got == 0) return Progress::end;
    if (got < 0) return would_block(errno) ? Progress::wants_read : Progress::failed;
  }
  return Progress::wants_read;
}

asio::awaitable<void> Transport::wait(Progress wanted) {
  if (!socket_.is_open()) co_return;
  asio::error_code ignored;
  co_await socket_.async_wait(
      wanted == Progress::wants_write ? asio::socket_base::wait_write : asio::socket_base::wait_read,
      asio::redirect_error(asio::use_awaitable, ignored));
}

void Transport::cancel() {
  asio::error_code ignored;
  socket_.cancel(ignored);
}

void Transport::end_writing() {
  if (tls_) tls_->close();
  asio::error_code ignored;
  socket_.shutdown(asio::socket_base::shutdown_send, ignored);
}

void Transport::close() {
  asio::error_code ignored;
  socket_.close(ignored);
}

std::string Transport::problem() const {
  if (tls_ && !tls_->problem().empty()) return "TLS: " + tls_->problem();
  return error_ != 0 ? std::generic_category().message(error_) : "connection lost";
}

}  // namespace replkit::refserver::session
