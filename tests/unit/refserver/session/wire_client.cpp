#include "tests/unit/refserver/session/wire_client.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/x509.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <stdexcept>
#include <utility>

#include "tests/refserver/protocol/decode.hpp"
#include "tests/refserver/session/endpoint.hpp"

namespace replkit::refserver::session::testing_ {

namespace {

void check(bool good, const char* what) {
  if (!good) throw std::runtime_error(std::string(what) + ": " + std::strerror(errno));
}

template <typename Address>
int connect_to(int family, const Address& address, int receive_buffer) {
  const int fd = ::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  check(fd >= 0, "socket");
  const timeval patience{WireClient::patience.count(), 0};
  ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  ::setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  if (receive_buffer > 0) ::setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
  check(::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0, "connect");
  return fd;
}

int connect_to(const Endpoint& endpoint, int receive_buffer) {
  if (endpoint.kind == Endpoint::Kind::ldapi) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, endpoint.path.c_str(), endpoint.path.size());
    return connect_to(AF_UNIX, address, receive_buffer);
  }
  if (endpoint.host.find(':') != std::string::npos) {
    sockaddr_in6 address{};
    address.sin6_family = AF_INET6;
    address.sin6_port = htons(endpoint.port);
    ::inet_pton(AF_INET6, endpoint.host.c_str(), &address.sin6_addr);
    return connect_to(AF_INET6, address, receive_buffer);
  }
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(endpoint.port);
  ::inet_pton(AF_INET, endpoint.host.c_str(), &address.sin_addr);
  return connect_to(AF_INET, address, receive_buffer);
}

}  // namespace

WireClient::WireClient(const std::string& uri, int receive_buffer)
    : fd_(connect_to(Endpoint::parse(uri), receive_buffer)) {
  std::signal(SIGPIPE, SIG_IGN);  // OpenSSL writes with write(2)
}

WireClient::WireClient(WireClient&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      context_(std::move(other.context_)),
      ssl_(std::move(other.ssl_)),
      received_(std::move(other.received_)),
      last_id_(other.last_id_) {}

WireClient::~WireClient() {
  close();
}

bool WireClient::begin_tls(const TlsClient& options) {
  ERR_clear_error();
  context_.reset(SSL_CTX_new(TLS_client_method()));
  if (options.most_version != 0) SSL_CTX_set_max_proto_version(context_.get(), options.most_version);
  SSL_CTX_load_verify_file(context_.get(), options.ca.c_str());
  SSL_CTX_set_verify(context_.get(), SSL_VERIFY_PEER, nullptr);
  if (!options.certificate.empty()) {
    SSL_CTX_use_certificate_chain_file(context_.get(), options.certificate.c_str());
    SSL_CTX_use_PrivateKey_file(context_.get(), options.key.c_str(), SSL_FILETYPE_PEM);
  }
  ssl_.reset(SSL_new(context_.get()));
  SSL_set_fd(ssl_.get(), fd_);
  return SSL_connect(ssl_.get()) == 1;
}

std::string WireClient::server_serial() const {
  const auto* certificate = SSL_get0_peer_certificate(ssl_.get());
  const auto* serial = X509_get0_serialNumber(certificate);
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(serial)),
          static_cast<std::size_t>(ASN1_STRING_length(serial))};
}

void WireClient::send_bytes(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto sent = ssl_ ? SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size()))
                           : ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    check(sent > 0, "send");
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

std::size_t WireClient::send_some(std::string_view bytes) {
  std::size_t all = 0;
  while (all < bytes.size()) {
    const auto sent = ::send(fd_, bytes.data() + all, bytes.size() - all, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent <= 0) break;
    all += static_cast<std::size_t>(sent);
  }
  return all;
}

std::int32_t WireClient::send(protocol::Request request, std::vector<protocol::Control> controls) {
  send_bytes(protocol::encode_request({++last_id_, std::move(request), std::move(controls)}));
  return last_id_;
}

protocol::SearchRequest WireClient::search_request(const std::string& base) {
  protocol::SearchRequest search;
  search.base = base;
  search.filter = model::Filter::parse("(objectClass=*)");
  return search;
}

std::int32_t WireClient::extended(std::string_view oid, std::optional<std::string> value) {
  return send(protocol::ExtendedRequest{std::string(oid), std::move(value)});
}

std::int32_t WireClient::bind(const std::string& dn, const std::string& password) {
  return send(protocol::BindRequest{3, dn, Secret(password)});
}

std::int32_t WireClient::bind_sasl(const std::string& mechanism, std::optional<std::string> credentials) {
  protocol::SaslCredentials sasl;
  sasl.mechanism = mechanism;
  if (credentials) sasl.credentials = Secret(*credentials);
  return send(protocol::BindRequest{3, {}, std::move(sasl)});
}

long WireClient::receive_bytes(char* to, std::size_t size) {
  if (ssl_) return SSL_read(ssl_.get(), to, static_cast<int>(size));
  const auto got = ::recv(fd_, to, size, 0);
  if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) throw std::runtime_error("the server says nothing");
  return got;
}

std::optional<protocol::ResponseMessage> WireClient::receive() {
  constexpr std::size_t most = std::size_t{64} << 20;
  while (true) {
    const auto length = protocol::frame_length(received_, most);
    if (length && received_.size() >= *length) {
      auto message = protocol::decode_response(std::string_view(received_).substr(0, *length));
      received_.erase(0, *length);
      return message;
    }
    std::array<char, 16384> bytes;
    const auto got = receive_bytes(bytes.data(), bytes.size());
    if (got <= 0) return std::nullopt;
    received_.append(bytes.data(), static_cast<std::size_t>(got));
  }
}

protocol::ResponseMessage WireClient::expect() {
  auto message = receive();
  if (!message) throw std::runtime_error("the server has closed the connection");
  return *message;
}

protocol::ResponseMessage WireClient::result(std::int32_t id) {
  while (true) {
    auto message = expect();
    if (message.id != id) {
      throw std::runtime_error("a message of " + std::to_string(message.id) + " instead of " + std::to_string(id) +
                               ": " + message.result.diagnostic);
    }
    if (message.kind != protocol::ResponseKind::entry) return message;
  }
}

bool WireClient::is_quiet(std::chrono::milliseconds length) {
  if (!received_.empty()) return false;
  pollfd wanted{fd_, POLLIN, 0};
  return ::poll(&wanted, 1, static_cast<int>(length.count())) == 0;
}

void WireClient::end_writing() {
  ::shutdown(fd_, SHUT_WR);
}

void WireClient::reset() {
  const linger hard{1, 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
  close();
}

void WireClient::close() {
  ssl_.reset();
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

}  // namespace replkit::refserver::session::testing_
