#include "tools/lab/certificates.hpp"

#include <fmt/format.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <sys/utsname.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "common/base/error.hpp"
#include "common/base/files.hpp"

namespace replkit::tools::lab {

namespace {

constexpr std::size_t largest_file = 1 << 20;
constexpr long day = 86400;

template <auto Free>
struct Deleter {
  template <typename T>
  void operator()(T* p) const {
    Free(p);
  }
};
using Key = std::unique_ptr<EVP_PKEY, Deleter<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Deleter<X509_free>>;
using Extension = std::unique_ptr<X509_EXTENSION, Deleter<X509_EXTENSION_free>>;
using Bio = std::unique_ptr<BIO, Deleter<BIO_free>>;

void check(bool good, const char* what) {
  if (!good) throw LocalError(fmt::format("{}: {}", what, ERR_error_string(ERR_get_error(), nullptr)));
}

void write(const std::filesystem::path& path, FileMode mode, const std::function<int(BIO*)>& content) {
  const Bio bio(BIO_new(BIO_s_mem()));
  check(bio != nullptr && content(bio.get()) == 1, "writing PEM");
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  AtomicFile file(path, mode);
  file.write({data, static_cast<std::size_t>(size)});
  file.commit();
}

void add_extension(X509* certificate, X509* issuer, int kind, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const Extension extension(X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str()));
  check(extension != nullptr && X509_add_ext(certificate, extension.get(), -1) == 1, "a certificate's extension");
}

// Returns a certificate of version 3 without extensions, not yet signed.
Certificate blank(const char* common_name, EVP_PKEY* key, const X509* issuer) {
  Certificate made(X509_new());
  X509* x = made.get();
  std::uint64_t serial = 0;
  check(x != nullptr && RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial) == 1 &&
            X509_set_version(x, X509_VERSION_3) == 1 &&
            ASN1_INTEGER_set_uint64(X509_get_serialNumber(x), serial >> 1) == 1 && X509_set_pubkey(x, key) == 1,
        "a certificate");
  X509_gmtime_adj(X509_getm_notBefore(x), -day);
  X509_gmtime_adj(X509_getm_notAfter(x), 3650 * day);
  X509_NAME* name = X509_get_subject_name(x);
  for (const auto& [type, value] : {std::pair{"O", "replkit lab"}, std::pair{"CN", common_name}}) {
    check(X509_NAME_add_entry_by_txt(name, type, MBSTRING_UTF8, reinterpret_cast<const unsigned char*>(value), -1, -1,
                                     0) == 1,
          "a certificate's subject");
  }
  check(X509_set_issuer_name(x, issuer != nullptr ? X509_get_subject_name(issuer) : name) == 1,
        "a certificate's issuer");
  return made;
}

void save(const CertificateFiles& files, X509* certificate, EVP_PKEY* key) {
  write(files.key, FileMode::private_file,
        [&](BIO* out) { return PEM_write_bio_PrivateKey(out, key, nullptr, nullptr, 0, nullptr, nullptr); });
  write(files.certificate, FileMode::public_file, [&](BIO* out) { return PEM_write_bio_X509(out, certificate); });
}

Bio open_pem(const std::string& text) {
  return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

}  // namespace

void make_authority(const CertificateFiles& files) {
  const Key key(EVP_EC_gen("P-256"));
  check(key != nullptr, "a key");
  const Certificate made = blank("replkit lab authority", key.get(), nullptr);
  add_extension(made.get(), made.get(), NID_basic_constraints, "critical,CA:TRUE");
  add_extension(made.get(), made.get(), NID_key_usage, "critical,keyCertSign,cRLSign");
  check(X509_sign(made.get(), key.get(), EVP_sha256()) > 0, "signing");
  save(files, made.get(), key.get());
}

void make_server_certificate(const CertificateFiles& files, const CertificateFiles& authority) {
  const std::string certificate_pem = read_file(authority.certificate, largest_file);
  const std::string key_pem = read_file(authority.key, largest_file);
  const Certificate issuer(PEM_read_bio_X509(open_pem(certificate_pem).get(), nullptr, nullptr, nullptr));
  const Key issuer_key(PEM_read_bio_PrivateKey(open_pem(key_pem).get(), nullptr, nullptr, nullptr));
  check(issuer != nullptr && issuer_key != nullptr, "the lab's authority");
  const Key key(EVP_EC_gen("P-256"));
  check(key != nullptr, "a key");
  const Certificate made = blank("replkit lab server", key.get(), issuer.get());
  utsname machine = {};
  uname(&machine);
  add_extension(made.get(), issuer.get(), NID_basic_constraints, "critical,CA:FALSE");
  add_extension(made.get(), issuer.get(), NID_key_usage, "critical,digitalSignature");
  add_extension(made.get(), issuer.get(), NID_ext_key_usage, "serverAuth");
  add_extension(made.get(), issuer.get(), NID_subject_alt_name,
                fmt::format("IP:127.0.0.1,IP:::1,DNS:localhost,DNS:{}", machine.nodename));
  check(X509_sign(made.get(), issuer_key.get(), EVP_sha256()) > 0, "signing");
  save(files, made.get(), key.get());
}

}  // namespace replkit::tools::lab
