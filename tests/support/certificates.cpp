#include "tests/support/certificates.hpp"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <sys/utsname.h>

#include <cstdio>
#include <memory>

#include "common/base/error.hpp"

namespace replkit::support {

namespace {

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
using File = std::unique_ptr<std::FILE, Deleter<std::fclose>>;

void check(bool good, const char* what) {
  if (!good) throw LocalError(fmt::format("{}: {}", what, ERR_error_string(ERR_get_error(), nullptr)));
}

struct Subject {
  std::string common_name;
  std::string organization = "replkit";
  std::string alternative_names = {};  // as in openssl's configuration; empty: none
  const char* extended_use = nullptr;
  bool is_authority = false;
  long valid_from = -86400;  // seconds from now
  long valid_to = 30L * 86400;
};

File open_file(const std::filesystem::path& path, const char* mode) {
  File file(std::fopen(path.c_str(), mode));
  check(file != nullptr, path.c_str());
  return file;
}

void add_extension(X509* certificate, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const Extension extension(X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str()));
  check(extension != nullptr, "X509V3_EXT_conf_nid");
  check(X509_add_ext(certificate, extension.get(), -1) == 1, "X509_add_ext");
}

void add_name(X509_NAME* name, const char* type, const std::string& value) {
  check(X509_NAME_add_entry_by_txt(name, type, MBSTRING_UTF8, reinterpret_cast<const unsigned char*>(value.c_str()), -1,
                                   -1, 0) == 1,
        "X509_NAME_add_entry_by_txt");
}

// Signs `subject` with the issuer, or with itself when there is none.
Certificate sign(const Subject& subject, EVP_PKEY* key, X509* issuer, EVP_PKEY* issuer_key) {
  Certificate certificate(X509_new());
  X509* x = certificate.get();
  check(x != nullptr && X509_set_version(x, X509_VERSION_3) == 1, "X509_new");
  std::uint64_t serial = 0;
  check(RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial) == 1, "RAND_bytes");
  check(ASN1_INTEGER_set_uint64(X509_get_serialNumber(x), serial >> 1) == 1, "serial number");
  X509_gmtime_adj(X509_getm_notBefore(x), subject.valid_from);
  X509_gmtime_adj(X509_getm_notAfter(x), subject.valid_to);
  X509_NAME* name = X509_get_subject_name(x);
  add_name(name, "O", subject.organization);
  add_name(name, "CN", subject.common_name);
  X509* signer = issuer != nullptr ? issuer : x;
  check(X509_set_issuer_name(x, X509_get_subject_name(signer)) == 1, "X509_set_issuer_name");
  check(X509_set_pubkey(x, key) == 1, "X509_set_pubkey");
  add_extension(x, signer, NID_basic_constraints, subject.is_authority ? "critical,CA:TRUE" : "critical,CA:FALSE");
  add_extension(x, signer, NID_key_usage,
                subject.is_authority ? "critical,keyCertSign,cRLSign" : "critical,digitalSignature");
  if (subject.extended_use != nullptr) add_extension(x, signer, NID_ext_key_usage, subject.extended_use);
  if (!subject.alternative_names.empty()) add_extension(x, signer, NID_subject_alt_name, subject.alternative_names);
  check(X509_sign(x, issuer_key != nullptr ? issuer_key : key, EVP_sha256()) > 0, "X509_sign");
  return certificate;
}

// Makes NAME.pem and NAME.key in the directory; signed by the given authority's files, or by itself when they are
// empty.
CertificateFiles make(const std::filesystem::path& directory, const std::string& file, const Subject& subject,
                      const std::filesystem::path& ca, const std::filesystem::path& ca_key) {
  const CertificateFiles files{ca, directory / (file + ".pem"), directory / (file + ".key")};
  const Key key(EVP_EC_gen("P-256"));
  check(key != nullptr, "EVP_EC_gen");
  Certificate issuer;
  Key issuer_key;
  if (!ca.empty()) {
    issuer.reset(PEM_read_X509(open_file(ca, "r").get(), nullptr, nullptr, nullptr));
    issuer_key.reset(PEM_read_PrivateKey(open_file(ca_key, "r").get(), nullptr, nullptr, nullptr));
    check(issuer != nullptr && issuer_key != nullptr, ca.c_str());
  }
  const Certificate certificate = sign(subject, key.get(), issuer.get(), issuer_key.get());
  open_file(files.key, "w");
  std::filesystem::permissions(files.key, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  check(PEM_write_X509(open_file(files.certificate, "w").get(), certificate.get()) == 1, "PEM_write_X509");
  check(PEM_write_PrivateKey(open_file(files.key, "w").get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) == 1,
        "PEM_write_PrivateKey");
  return files;
}

Subject server_subject() {
  utsname machine = {};
  uname(&machine);
  return {.common_name = "replkit test server",
          .alternative_names = fmt::format("IP:127.0.0.1,IP:::1,DNS:localhost,DNS:{}", machine.nodename),
          .extended_use = "serverAuth"};
}

}  // namespace

Certificates::Certificates(const std::filesystem::path& directory) : directory_(directory) {
  std::filesystem::create_directories(directory);
  const CertificateFiles own =
      make(directory, "ca", {.common_name = "replkit test authority", .is_authority = true}, {}, {});
  const CertificateFiles other =
      make(directory, "other-ca", {.common_name = "another authority", .is_authority = true}, {}, {});
  ca_ = {own.certificate, own.key};
  other_ = {other.certificate, other.key};
}

CertificateFiles Certificates::good() {
  return make(directory_, "good", server_subject(), ca_.certificate, ca_.key);
}

CertificateFiles Certificates::expired() {
  Subject subject = server_subject();
  subject.valid_from = -2L * 86400;
  subject.valid_to = -3600;
  return make(directory_, "expired", subject, ca_.certificate, ca_.key);
}

CertificateFiles Certificates::wrong_name() {
  Subject subject = server_subject();
  subject.common_name = "wrong.example.org";
  subject.alternative_names = "DNS:wrong.example.org";
  return make(directory_, "wrong-name", subject, ca_.certificate, ca_.key);
}

CertificateFiles Certificates::other_ca() {
  CertificateFiles files = make(directory_, "other", server_subject(), other_.certificate, other_.key);
  files.ca = ca_.certificate;
  return files;
}

CertificateFiles Certificates::client(const std::string& name) {
  const Subject subject{.common_name = name, .organization = "replkit clients", .extended_use = "clientAuth"};
  return make(directory_, "client-" + name, subject, ca_.certificate, ca_.key);
}

CertificateFiles Certificates::expired_client(const std::string& name) {
  const Subject subject{.common_name = name,
                        .organization = "replkit clients",
                        .extended_use = "clientAuth",
                        .valid_from = -2L * 86400,
                        .valid_to = -3600};
  return make(directory_, "expired-client-" + name, subject, ca_.certificate, ca_.key);
}

}  // namespace replkit::support
