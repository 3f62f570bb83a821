#include "tests/refserver/session/tls.hpp"

#include <openssl/err.h>
#include <openssl/x509.h>

#include <utility>

#include "common/base/error.hpp"

namespace replkit::refserver::session {

namespace {

template <auto Function>
struct Deleter {
  template <typename T>
  void operator()(T* object) const {
    Function(object);
  }
};

// Returns the first error that OpenSSL noted, and forgets them all.
std::string openssl_problem() {
  const auto code = ERR_get_error();
  ERR_clear_error();
  if (code == 0) return {};
  const char* reason = ERR_reason_error_string(code);
  return reason != nullptr ? reason : "OpenSSL error " + std::to_string(code);
}

[[noreturn]] void fail(const std::filesystem::path& file, const char* what) {
  throw LocalError(file.string() + ": " + what + ": " + openssl_problem());
}

void ask_for_certificates(SSL_CTX* context, const TlsFiles& files) {
  if (SSL_CTX_load_verify_file(context, files.client_ca.c_str()) != 1) {
    fail(files.client_ca, "cannot use it as the authority of client certificates");
  }
  SSL_CTX_set_client_CA_list(context, SSL_load_client_CA_file(files.client_ca.c_str()));
  const bool required = files.client_certificates == ClientCertificates::required;
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | (required ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0), nullptr);
}

// RFC 4514. Bytes outside ASCII are escaped.
std::string subject_of(const X509* certificate) {
  const std::unique_ptr<BIO, Deleter<BIO_free>> out(BIO_new(BIO_s_mem()));
  if (!out || X509_NAME_print_ex(out.get(), X509_get_subject_name(certificate), 0, XN_FLAG_RFC2253) < 0) return {};
  char* text = nullptr;
  const auto size = BIO_get_mem_data(out.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

// The hash of our certificate by the algorithm of its signature, SHA-256 in place of older ones (RFC 5929 4.1). Empty:
// it has none, as with EdDSA.
std::string end_point_binding(const SSL* ssl) {
  const auto* certificate = SSL_get_certificate(ssl);
  int hash = NID_undef;
  if (certificate == nullptr ||
      X509_get_signature_info(const_cast<X509*>(certificate), &hash, nullptr, nullptr, nullptr) != 1) {
    return {};
  }
  if (hash == NID_md5 || hash == NID_sha1) hash = NID_sha256;
  const auto* algorithm = EVP_get_digestbynid(hash);
  std::string out(EVP_MAX_MD_SIZE, '\0');
  unsigned size = 0;
  if (algorithm == nullptr ||
      X509_digest(certificate, algorithm, reinterpret_cast<unsigned char*>(out.data()), &size) != 1) {
    return {};
  }
  out.resize(size);
  return out;
}

// RFC 9266 for TLS 1.3; before it the client's first message of the handshake's end (RFC 5929 3): nothing is resumed.
std::pair<std::string, std::string> unique_binding(SSL* ssl) {
  constexpr std::string_view label = "EXPORTER-Channel-Binding";
  if (SSL_version(ssl) >= TLS1_3_VERSION) {
    std::string out(32, '\0');
    const bool made = SSL_export_keying_material(ssl, reinterpret_cast<unsigned char*>(out.data()), out.size(),
                                                 label.data(), label.size(), nullptr, 0, 1) == 1;
    return {"tls-exporter", made ? out : std::string()};
  }
  std::string out(EVP_MAX_MD_SIZE, '\0');
  out.resize(SSL_get_peer_finished(ssl, out.data(), out.size()));
  return {"tls-unique", out};
}

}  // namespace

TlsContext make_tls_context(const TlsFiles& files) {
  ERR_clear_error();
  TlsContext context(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
  if (!context) throw LocalError("cannot set up TLS: " + openssl_problem());
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  // Without sessions to resume, every connection meets the certificate and the authority of its day.
  SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET | SSL_OP_NO_COMPRESSION |
                                         SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(context.get(), 0);
  SSL_CTX_set_mode(context.get(),
                   SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
  if (SSL_CTX_use_certificate_chain_file(context.get(), files.certificate.c_str()) != 1) {
    fail(files.certificate, "cannot use it as our certificate");
  }
  if (SSL_CTX_use_PrivateKey_file(context.get(), files.key.c_str(), SSL_FILETYPE_PEM) != 1) {
    fail(files.key, "cannot use it as our private key");
  }
  if (SSL_CTX_check_private_key(context.get()) != 1) fail(files.key, "it is not the key of the certificate");
  if (!files.client_ca.empty()) ask_for_certificates(context.get(), files);
  return context;
}

Tls::Tls(const TlsContext& context, int socket) : ssl_(SSL_new(context.get())) {
  if (!ssl_ || SSL_set_fd(ssl_.get(), socket) != 1) throw LocalError("cannot set up TLS: " + openssl_problem());
  SSL_set_accept_state(ssl_.get());
}

Progress Tls::judge(int result) {
  if (result > 0) return Progress::done;
  switch (SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_WANT_READ:
      return Progress::wants_read;
    case SSL_ERROR_WANT_WRITE:
      return Progress::wants_write;
    case SSL_ERROR_ZERO_RETURN:
      return Progress::end;
    default:
      problem_ = openssl_problem();
      failed_ = true;
      return Progress::failed;
  }
}

Progress Tls::accept() {
  ERR_clear_error();
  return judge(SSL_do_handshake(ssl_.get()));
}

Progress Tls::read(std::span<char> room, std::size_t& count) {
  ERR_clear_error();
  return judge(SSL_read_ex(ssl_.get(), room.data(), room.size(), &count));
}

Progress Tls::write(std::string_view bytes, std::size_t& count) {
  ERR_clear_error();
  return judge(SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &count));
}

void Tls::close() {
  ERR_clear_error();
  if (!failed_ && SSL_is_init_finished(ssl_.get()) == 1) SSL_shutdown(ssl_.get());
  ERR_clear_error();
}

void Tls::describe(access::Security& security) const {
  security.tls = true;
  security.strength = static_cast<unsigned>(SSL_get_cipher_bits(ssl_.get(), nullptr));
  security.channel_bindings.clear();
  const auto end_point = end_point_binding(ssl_.get());
  security.channel_bindings.emplace("tls-server-end-point", end_point);
  security.channel_bindings.insert(unique_binding(ssl_.get()));
  // What OpenLDAP's clients call it when they are set to "tls-endpoint".
  if (!end_point.empty()) security.channel_bindings.emplace("ldap", "tls-server-end-point:" + end_point);
  std::erase_if(security.channel_bindings, [](const auto& each) { return each.second.empty(); });
  const auto* certificate = SSL_get0_peer_certificate(ssl_.get());
  if (certificate != nullptr && SSL_get_verify_result(ssl_.get()) == X509_V_OK) {
    security.certificate_subject = subject_of(certificate);
  }
}

}  // namespace replkit::refserver::session
