// The same sessions of real clients against slapd and replserver: the same outcome, but for what `differences`
// justifies.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <optional>
#include <set>
#include <stdexcept>

#include "common/base/files.hpp"
#include "tests/interop/transcript.hpp"
#include "tests/support/certificates.hpp"
#include "tests/support/process.hpp"
#include "tests/support/replserver.hpp"
#include "tests/support/slapd.hpp"
#include "tests/support/temp_dir.hpp"

namespace replkit::interop {
namespace {

using support::Certificates;
using support::Slapd;

const std::filesystem::path source = INTEROP_SOURCE_DIRECTORY;

// What replserver is told of who may do what and who is who; slapd is told the same.
constexpr const char* rules = R"(
[[access]]
who = ["self"]
attributes = ["userPassword"]
rights = ["write"]

[[access]]
who = ["self"]
attributes = ["telephoneNumber", "description"]
rights = ["read", "write"]

[[access]]
who = ["self"]
attributes = ["employeeNumber"]
rights = ["read"]

[[access]]
attributes = ["employeeNumber"]
rights = []

[[access]]
who = ["users"]
rights = ["read"]

[[map]]
pattern = "cn=([^,]+),o=replkit clients"
dn = "uid=$1,ou=people,dc=example,dc=com"

[[map]]
pattern = "uid=([^,]+)(,cn=[^,]+)*,cn=auth"
dn = "uid=$1,ou=people,dc=example,dc=com"
)";

struct Place {
  std::string name, uri, ldaps_uri, ldapi_uri;
};

class Interop : public testing::TestWithParam<const char*> {
 protected:
  std::string sample_data() const { return read_file(source / "data.ldif", 1 << 20); }

  Place start_slapd() {
    slapd_.emplace(support::SlapdOptions{
        .tls = certificates_.good(),
        // As `rules` says it to replserver.
        .access = {"to attrs=userPassword by self =xw by anonymous auth by * none",
                   "to attrs=telephoneNumber,description by self write by users read",
                   "to attrs=employeeNumber by self read by * none", "to * by users read by anonymous auth by * none"},
        .modules = {"sssvlv"}});
    slapd_->load(sample_data());
    slapd_->start();
    slapd_->modify_config(
        "dn: cn=config\nchangetype: modify\nreplace: olcAuthzRegexp\n"
        "olcAuthzRegexp: {0}\"^cn=([^,]+),o=replkit clients$\" \"uid=$1,ou=people,dc=example,dc=com\"\n"
        "olcAuthzRegexp: {1}\"^uid=([^,]+)(,cn=[^,]+)*,cn=auth$\" \"uid=$1,ou=people,dc=example,dc=com\"\n\n"
        // Else SCRAM could not use what ldappasswd sets.
        "dn: olcDatabase={-1}frontend,cn=config\nchangetype: modify\nadd: olcPasswordHash\n"
        "olcPasswordHash: {CLEARTEXT}\n\n"
        "dn: cn=config\nchangetype: modify\nadd: olcSaslCBinding\nolcSaslCBinding: tls-endpoint\n\n"
        "dn: olcOverlay=sssvlv,olcDatabase={1}mdb,cn=config\nchangetype: add\nobjectClass: olcSssVlvConfig\n"
        "olcOverlay: sssvlv\n");
    return {"slapd", slapd_->uri(), slapd_->ldaps_uri(), slapd_->ldapi_uri()};
  }

  Place start_replserver() {
    replserver_.emplace(support::ReplserverOptions{.tls = certificates_.good(), .tables = rules});
    replserver_->load(sample_data());
    replserver_->start();
    return {"replserver", replserver_->uri(), replserver_->ldaps_uri(), replserver_->ldapi_uri()};
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
  std::optional<support::Replserver> replserver_;
};

TEST_P(Interop, SameOutcome) {
  const Transcript slapd = run_session(start_slapd());
  const Transcript replserver = run_session(start_replserver());
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

constexpr const char* sessions[] = {"openldap_search", "openldap_change", "openldap_names",
                                    "openldap_auth",   "ldap3",           "net_ldap"};

INSTANTIATE_TEST_SUITE_P(Sessions, Interop, testing::ValuesIn(sessions),
                         [](const auto& session) { return std::string(session.param); });

TEST(Differences, AreOfSessionsThatRun) {
  for (const Justified& block : read_justified(source / "differences")) {
    for (const std::string& step : block.steps) {
      const std::string session = step.substr(0, step.find(": "));
      EXPECT_NE(std::find(std::begin(sessions), std::end(sessions), session), std::end(sessions)) << step;
    }
  }
}

TEST(Transcripts, DifferByStep) {
  const Transcript a = read_transcript("### one\nstatus 0\nx\ny\n### two\nstatus 1 (should be 2)\n### three\nz\n");
  const Transcript b = read_transcript("### one\nstatus 0\ny\nw\n### two\nstatus 1 (should be 2)\n");
  const auto found = differences(a, b);
  EXPECT_EQ(found.at("one"), (Lines{"< x", "> w"}));
  EXPECT_EQ(found.at("two"), (Lines{"= status 1 (should be 2)"}));
  EXPECT_EQ(found.at("three"), (Lines{"< z", "> (no such step)"}));
  EXPECT_THROW(read_transcript("### one\n### one\n"), std::runtime_error);
  const auto order = differences(read_transcript("### s\na\nb\n"), read_transcript("### s\nb\na\n"));
  EXPECT_EQ(order.at("s"), (Lines{"< a", "< b", "> b", "> a"}));
}

TEST(Transcripts, WantAReasonForADifference) {
  const support::TempDir directory;
  support::write_file(directory / "good", "# c\n\n[s: a]\n[s: b]\n< x\nbecause\nof it\n");
  const auto blocks = read_justified(directory / "good");
  ASSERT_EQ(blocks.size(), 1U);
  EXPECT_EQ(blocks[0].steps, (Lines{"s: a", "s: b"}));
  EXPECT_EQ(blocks[0].reason, "because of it");
  for (const char* bad : {"[s: a]\n< x\n", "[s: a]\nreason\n", "< x\nreason\n"}) {
    support::write_file(directory / "bad", bad);
    EXPECT_THROW(read_justified(directory / "bad"), std::runtime_error) << bad;
  }
}

}  // namespace
}  // namespace replkit::interop
