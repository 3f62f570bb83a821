// The certificates of a lab: an authority of its own and what it signs.
#pragma once

#include <filesystem>

namespace replkit::tools::lab {

struct CertificateFiles {
  std::filesystem::path certificate, key;
};

// Makes an authority that is valid for ten years, its key readable by the owner only. Throws LocalError.
void make_authority(const CertificateFiles& files);

// Makes a server's certificate for 127.0.0.1, ::1, localhost and this machine's name (libldap puts it in the place of
// localhost), signed by the authority, and its key. Throws LocalError.
void make_server_certificate(const CertificateFiles& files, const CertificateFiles& authority);

}  // namespace replkit::tools::lab
