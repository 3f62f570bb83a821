// Certificates for tests, made on the spot: elliptic curve keys, PEM files.
#pragma once

#include <filesystem>
#include <string>

namespace replkit::support {

struct CertificateFiles {
  std::filesystem::path ca;  // the authority the *peer* is to be checked against
  std::filesystem::path certificate;
  std::filesystem::path key;
};

// An own certificate authority in a directory of the caller's, and what it signs. Server certificates name 127.0.0.1,
// ::1, localhost and `uname -n` (libldap puts the machine's own name in the place of localhost before it checks).
class Certificates {
 public:
  explicit Certificates(const std::filesystem::path& directory);

  const std::filesystem::path& ca() const { return ca_.certificate; }

  CertificateFiles good();
  CertificateFiles expired();     // ended an hour ago
  CertificateFiles wrong_name();  // names wrong.example.org only
  CertificateFiles other_ca();    // right in everything, but signed by an authority nobody trusts; `ca` is still ours

  // Returns a client certificate with the subject CN=`name`,O=replkit clients (slapd.hpp maps it to
  // uid=NAME,cn=service).
  CertificateFiles client(const std::string& name);
  CertificateFiles expired_client(const std::string& name);  // ended an hour ago

 private:
  struct Authority {
    std::filesystem::path certificate, key;
  };

  std::filesystem::path directory_;
  Authority ca_, other_;
};

}  // namespace replkit::support
