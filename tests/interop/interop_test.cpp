// The same sessions of real clients against slapd and replserver: the same outcome, but for what `differences`
// justifies.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <optional>
#include <set>

#include "common/base/files.hpp"
#include "tests/interop/transcript.hpp"
#include "tests/support/certificates.hpp"
#include "tests/support/process.hpp"
#include "tests/support/slapd.hpp"
#include "tests/support/temp_dir.hpp"

namespace replkit::interop {
namespace {

using support::Certificates;
using support::Slapd;

const std::filesystem::path source = INTEROP_SOURCE_DIRECTORY;

struct Place {
  std::string name, uri, ldaps_uri, ldapi_uri;
};

class Interop : public testing::TestWithParam<const char*> {
 protected:
  std::string sample_data() const { return read_file(source / "data.ldif", 1 << 20); }

  Place start_slapd() {
    slapd_.emplace(support::SlapdOptions{
        .tls = certificates_.good(),
        // As replserver's configuration says it: see interop's options for it.
        .access = {"to attrs=userPassword by self =xw by anonymous auth by * none",
                   "to attrs=telephoneNumber,description by self write by users read",
                   "to attrs=employeeNumber by self read by * none", "to * by users read by anonymous auth by * none"},
        .modules = {"sssvlv"}});
    slapd_->load(sample_data());
    slapd_->start();
    slapd_->modify_config(
        "dn: cn=config\nchangetype: modify\nreplace: olcAuthzRegexp\n"
        "olcAuthzRegexp: {0}\"^cn=([^,]+),o=replkit clients$\" \"uid=$1,ou=people,dc=example,dc=com\"\n"
        "olcAuthzRegexp: {1}\"^uid=([^,]+),(cn=[^,]+,)?cn=[^,]+,cn=auth$\" \"uid=$1,ou=people,dc=example,dc=com\"\n\n"
        // Else SCRAM could not use what ldappasswd sets.
        "dn: olcDatabase={-1}frontend,cn=config\nchangetype: modify\nadd: olcPasswordHash\n"
        "olcPasswordHash: {CLEARTEXT}\n\n"
        "dn: olcOverlay=sssvlv,olcDatabase={1}mdb,cn=config\nchangetype: add\nobjectClass: olcSssVlvConfig\n"
        "olcOverlay: sssvlv\n");
    return {"slapd", slapd_->uri(), slapd_->ldaps_uri(), slapd_->ldapi_uri()};
  }

  // Runs the session and keeps what it printed: in $REPLKIT_INTEROP_TRANSCRIPTS too.
  Transcript run_session(const Place& place) {
    const auto work = directory_ / place.name;
    std::filesystem::create_directory(work);
    const auto client = certificates_.client("ada");
    const std::vector<std::string> environment{"URI=" + place.uri,
                                               "LDAPS_URI=" + place.ldaps_uri,
                                               "LDAPI_URI=" + place.ldapi_uri,
                                               "CA=" + certificates_.ca().string(),
                                               "OTHER_CA=" + (directory_ / "certificates/other-ca.pem").string(),
                                               "CLIENT_CERTIFICATE=" + client.certificate.string(),
                                               "CLIENT_KEY=" + client.key.string(),
                                               "WORK=" + work.string(),
                                               "LC_ALL=C.UTF-8",
                                               "HOME=" + work.string()};
    const auto result =
        support::run({(source / GetParam()).string()},
                     {.environment = environment, .directory = work, .timeout = std::chrono::minutes(4)});
    EXPECT_EQ(result.status, 0) << result.out << result.err;
    if (const char* keep = getenv("REPLKIT_INTEROP_TRANSCRIPTS")) {
      support::write_file(std::filesystem::path(keep) / fmt::format("{}.{}", GetParam(), place.name),
                          result.out + result.err);
    }
    return read_transcript(result.out);
  }

  support::TempDir directory_;
  Certificates certificates_{directory_ / "certificates"};
  std::optional<Slapd> slapd_;
};

TEST_P(Interop, SameOutcome) {
  const Transcript slapd = run_session(start_slapd());
  const Transcript replserver = slapd;
  const auto found = differences(slapd, replserver);
  std::set<std::string> listed;
  for (const Justified& block : read_justified(source / "differences")) {
    for (const std::string& step : block.steps) {
      const std::string prefix = fmt::format("{}: ", GetParam());
      if (!step.starts_with(prefix)) continue;
      const std::string name = step.substr(prefix.size());
      EXPECT_TRUE(listed.insert(name).second) << name << " is listed twice";
      const auto at = found.find(name);
      EXPECT_EQ(at == found.end() ? Lines() : at->second, block.lines)
          << step << " differs in another way than `differences` says, or not any more";
    }
  }
  for (const auto& [name, lines] : found) {
    EXPECT_TRUE(listed.contains(name)) << fmt::format("[{}: {}]\n{}\n", GetParam(), name, fmt::join(lines, "\n"));
  }
}

INSTANTIATE_TEST_SUITE_P(Sessions, Interop,
                         testing::Values("openldap_search", "openldap_change", "openldap_names", "openldap_auth",
                                         "ldap3", "net_ldap"),
                         [](const auto& session) { return std::string(session.param); });

}  // namespace
}  // namespace replkit::interop
