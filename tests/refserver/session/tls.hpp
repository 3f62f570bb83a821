// OpenSSL behind a socket that does not block.
#pragma once

#include <openssl/ssl.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "tests/refserver/access/caller.hpp"
#include "tests/refserver/session/server.hpp"

namespace replkit::refserver::session {

using TlsContext = std::shared_ptr<SSL_CTX>;

// Reads the files. Throws LocalError naming the one at fault.
TlsContext make_tls_context(const TlsFiles& files);

// What a call that does not block came to.
enum class Progress : std::uint8_t {
  done,         // something was done
  wants_read,   // call it again when the socket can be read
  wants_write,  // ... written
  end,          // the peer sends no more
  failed,       // the connection is of no use any more
};

// The server's half of a TLS connection. Its calls must not overlap. They write with write(2): SIGPIPE must be blocked
// or ignored.
class Tls {
 public:
  Tls(const TlsContext& context, int socket);

  Progress accept();
  // Returns `end` for a closure alert only: an end without is a failure (somebody cut it).
  Progress read(std::span<char> room, std::size_t& count);
  Progress write(std::string_view bytes, std::size_t& count);
  // Sends the closure alert, if that is possible at once.
  void close();

  // Fills in what TLS says of the connection and the peer.
  void describe(access::Security& security) const;
  // Why the last call failed, in OpenSSL's words; empty: the peer is gone.
  const std::string& problem() const { return problem_; }

 private:
  Progress judge(int result);

  struct Free {
    void operator()(SSL* ssl) const { SSL_free(ssl); }
  };
  std::unique_ptr<SSL, Free> ssl_;
  std::string problem_;
  bool failed_ = false;
};

}  // namespace replkit::refserver::session
