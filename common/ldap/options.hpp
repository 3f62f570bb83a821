// How to reach a server and who to be there. What is not set here is left to libldap: ldap.conf, ldaprc and LDAP*
// variables.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "common/base/secret.hpp"

namespace replkit::ldap {

enum class StartTls { no, tried /* -Z: goes on without when refused */, required /* -ZZ */ };
enum class CertificateCheck { by_default /* libldap's: demand */, demand, allow, never };

struct TlsOptions {
  StartTls start_tls = StartTls::no;
  CertificateCheck check = CertificateCheck::by_default;
  std::string ca_file;
  std::string ca_directory;
  std::string certificate_file;
  std::string key_file;
};

enum class BindMethod { anonymous, simple, sasl };

struct BindOptions {
  BindMethod method = BindMethod::anonymous;
  std::string dn;                   // -D
  Secret password;                  // -w, -W, -y
  std::string mechanism;            // -Y; empty: the strongest that the server and Cyrus share
  std::string authentication_id;    // -U
  std::string authorization_id;     // -X
  std::string realm;                // -R
  std::string security_properties;  // -O
  bool canonicalize_host = true;    // -N: no
};

struct Timeouts {
  std::chrono::milliseconds connect{10'000};  // TCP, TLS and bind, each
  std::chrono::milliseconds operation{
      60'000};  // silence of the server within an operation, or an operation without data
};

struct ConnectionOptions {
  std::string uri;  // ldap://, ldaps://, ldapi://; never empty here
  BindOptions bind;
  TlsOptions tls;
  Timeouts timeouts;
  int debug_level = 0;  // -d, libldap's own
};

}  // namespace replkit::ldap
