#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include <algorithm>
#include <ctime>
#include <memory>

#include "common/base/text.hpp"
#include "common/base/time.hpp"
#include "common/ldap/tls.hpp"

namespace replkit::ldap {

namespace {

struct FreeCertificate {
  void operator()(X509* certificate) const noexcept { X509_free(certificate); }
};
using Certificate = std::unique_ptr<X509, FreeCertificate>;

Certificate peer_certificate(const Session& session) {
  berval der{};
  if (ldap_get_option(session.handle(), LDAP_OPT_X_TLS_PEERCERT, &der) != LDAP_OPT_SUCCESS || !der.bv_val)
    return nullptr;
  const CString owned(der.bv_val);
  const auto* bytes = reinterpret_cast<const unsigned char*>(der.bv_val);
  return Certificate(d2i_X509(nullptr, &bytes, static_cast<long>(der.bv_len)));
}

std::string name_text(const X509_NAME* name) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> out(BIO_new(BIO_s_mem()), &BIO_free);
  X509_NAME_print_ex(out.get(), name, 0, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB);
  char* text = nullptr;
  const long size = BIO_get_mem_data(out.get(), &text);
  return printable(std::string_view(text, static_cast<std::size_t>(size)));
}

std::string date_text(const ASN1_TIME* time) {
  tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return "an unreadable date";
  return format_utc(Instant(std::chrono::seconds(timegm(&parts))));
}

// Returns the DNS names and addresses the certificate is for, at most ten.
std::string certificate_names(X509* certificate) {
  std::string names;
  auto* list = static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr));
  for (int i = 0; i < std::min(sk_GENERAL_NAME_num(list), 10); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(list, i);
    if (name->type != GEN_DNS) continue;
    const std::string_view text(reinterpret_cast<const char*>(ASN1_STRING_get0_data(name->d.dNSName)),
                                static_cast<std::size_t>(ASN1_STRING_length(name->d.dNSName)));
    names += (names.empty() ? "" : ", ") + printable(text);
  }
  GENERAL_NAMES_free(list);
  return names.empty() ? name_text(X509_get_subject_name(certificate)) : names;
}

// The name libldap looks for: it puts this machine's own name in the place of "localhost".
std::string checked_name(const std::string& host) {
  char own[256] = "";
  if (!equals_ignore_case(host, "localhost") || ::gethostname(own, sizeof own - 1) != 0) return host;
  return own;
}

bool is_for(X509* certificate, const std::string& name) {
  return X509_check_ip_asc(certificate, name.c_str(), 0) == 1 ||
         X509_check_host(certificate, name.c_str(), name.size(), 0, nullptr) == 1;
}

std::string explain(X509* certificate, const std::string& host) {
  const ASN1_TIME* until = X509_get0_notAfter(certificate);
  const ASN1_TIME* from = X509_get0_notBefore(certificate);
  if (X509_cmp_current_time(until) < 0) {
    return fmt::format("the server's certificate expired on {}; it needs a new one", date_text(until));
  }
  if (X509_cmp_current_time(from) > 0) {
    return fmt::format("the server's certificate is valid only from {}; are the clocks right?", date_text(from));
  }
  if (const std::string name = checked_name(host); !is_for(certificate, name)) {
    return fmt::format("the server's certificate is for {}, not for {}{}; connect under a name it has",
                       certificate_names(certificate), printable(name),
                       name == host ? "" : " (this machine's own name, looked for in place of localhost)");
  }
  const std::string issuer = name_text(X509_get_issuer_name(certificate));
  const bool self_signed = X509_NAME_cmp(X509_get_issuer_name(certificate), X509_get_subject_name(certificate)) == 0;
  return fmt::format(
      "the server's certificate (for {}) is {} \"{}\", which is not a trusted CA here; to trust its CA set TLS_CACERT "
      "in ldap.conf",
      certificate_names(certificate), self_signed ? "self-signed by" : "issued by", issuer);
}

}  // namespace

std::string explain_certificate(const Session& failed) {
  try {
    ConnectionOptions options = failed.options();
    options.timeouts.connect = std::min(options.timeouts.connect, std::chrono::milliseconds{5000});
    options.bind = {};
    Session session(options, failed.cancel());
    if (!session.is_ldaps() && request_start_tls(session).code != LDAP_SUCCESS) return {};
    if (!shake_hands(session, CertificateCheck::never).empty()) return {};
    const Certificate certificate = peer_certificate(session);
    if (!certificate) return {};
    return explain(certificate.get(), failed.host());
  } catch (const Cancelled&) {
    throw;
  } catch (const Error&) {
    return {};  // the first failure is reported as it is
  }
}

std::string explain_own_certificate(const Session& session) {
  char* path = nullptr;
  ldap_get_option(session.handle(), LDAP_OPT_X_TLS_CERTFILE, &path);
  const CString file(path);
  if (!file) return {};
  const std::unique_ptr<BIO, decltype(&BIO_free)> in(BIO_new_file(file.get(), "r"), &BIO_free);
  const Certificate certificate(in ? PEM_read_bio_X509(in.get(), nullptr, nullptr, nullptr) : nullptr);
  ERR_clear_error();
  if (!certificate) return {};
  const ASN1_TIME* until = X509_get0_notAfter(certificate.get());
  const ASN1_TIME* from = X509_get0_notBefore(certificate.get());
  const std::string ours = "our certificate " + printable(file.get());
  if (X509_cmp_current_time(until) < 0) {
    return fmt::format("{} expired on {}; it needs a new one", ours, date_text(until));
  }
  if (X509_cmp_current_time(from) > 0) {
    return fmt::format("{} is valid only from {}; are the clocks right?", ours, date_text(from));
  }
  return fmt::format("the server may not accept {} (of \"{}\", issued by \"{}\")", ours,
                     name_text(X509_get_subject_name(certificate.get())),
                     name_text(X509_get_issuer_name(certificate.get())));
}

}  // namespace replkit::ldap
