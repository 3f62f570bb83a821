// A client that speaks LDAP byte by byte, right or wrong.
#pragma once

#include <openssl/ssl.h>

#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "tests/refserver/protocol/client.hpp"

namespace replkit::refserver::session::testing_ {

struct TlsClient {
  std::filesystem::path ca;
  std::filesystem::path certificate;  // empty: none
  std::filesystem::path key;
  int most_version = 0;  // TLS1_2_VERSION; 0: the newest
};

// Blocks; every wait ends after `patience`, which fails the test by an exception.
class WireClient {
 public:
  static constexpr std::chrono::seconds patience{20};

  // uri: ldap://ADDRESS:PORT or ldapi://PATH. `receive_buffer` is the kernel's, in bytes; 0: as it likes.
  explicit WireClient(const std::string& uri, int receive_buffer = 0);
  WireClient(WireClient&& other) noexcept;
  WireClient& operator=(WireClient&&) = delete;
  ~WireClient();

  // Does the TLS handshake. Returns whether that worked.
  bool begin_tls(const TlsClient& options);
  // Returns the serial number of the server's certificate.
  std::string server_serial() const;
  SSL* ssl() { return ssl_.get(); }

  void send_bytes(std::string_view bytes);
  // Sends as much as the connection takes now; returns how much.
  std::size_t send_some(std::string_view bytes);
  // Sends the request and returns its message id.
  std::int32_t send(protocol::Request request, std::vector<protocol::Control> controls = {});
  std::int32_t search(const std::string& base) { return send(search_request(base)); }
  static protocol::SearchRequest search_request(const std::string& base);
  std::int32_t extended(std::string_view oid, std::optional<std::string> value = std::nullopt);
  std::int32_t bind(const std::string& dn, const std::string& password);
  std::int32_t bind_sasl(const std::string& mechanism, std::optional<std::string> credentials = std::nullopt);

  // Returns the next message; nothing when the server has closed (or reset) the connection.
  std::optional<protocol::ResponseMessage> receive();
  // Returns the next message. Throws std::runtime_error when there is none.
  protocol::ResponseMessage expect();
  // Returns the result of this operation, skipping its entries; throws when a message is another's.
  protocol::ResponseMessage result(std::int32_t id);
  int code(std::int32_t id) { return static_cast<int>(result(id).result.code); }
  // Whether nothing is there to be read for a moment.
  bool is_quiet(std::chrono::milliseconds length);

  void end_writing();
  void reset();  // closes with RST
  void close();
  int fd() const { return fd_; }
  std::int32_t last_id() const { return last_id_; }

 private:
  long receive_bytes(char* to, std::size_t size);

  struct Free {
    void operator()(SSL* ssl) const { SSL_free(ssl); }
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  };
  int fd_ = -1;
  std::unique_ptr<SSL_CTX, Free> context_;
  std::unique_ptr<SSL, Free> ssl_;
  std::string received_;
  std::int32_t last_id_ = 0;
};

}  // namespace replkit::refserver::session::testing_
