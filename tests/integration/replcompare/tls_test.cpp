// replcompare over TLS: certificates and StartTLS.
#include <memory>
#include <optional>

#include "tests/integration/replcompare/harness.hpp"
#include "tests/support/certificates.hpp"
#include "tests/support/slapd.hpp"
#include "tests/support/temp_dir.hpp"

namespace replkit::support {
namespace {

using testing::HasSubstr;

class Tls : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    directory_ = std::make_unique<TempDir>();
    certificates_ = std::make_unique<Certificates>(directory_->path());
    plain_ = make(std::nullopt);
    good_ = make(certificates_->good());
  }
  static void TearDownTestSuite() {
    plain_.reset();
    good_.reset();
    certificates_.reset();
    directory_.reset();
  }
  static std::unique_ptr<Slapd> make(const std::optional<CertificateFiles>& tls) {
    SlapdOptions options;
    options.tls = tls;
    auto server = std::make_unique<Slapd>(options);
    server->load(Tree().ldif());
    server->start();
    return server;
  }
  static Words on(const std::vector<std::string>& names) {
    return sources(names) + bind_as(reader_dn) +
           Words{"-b", std::string(suffix), "--tls-ca", certificates_->ca().string()};
  }

  static inline std::unique_ptr<TempDir> directory_;
  static inline std::unique_ptr<Certificates> certificates_;
  static inline std::unique_ptr<Slapd> plain_, good_;
};

TEST_F(Tls, AGoodCertificate) {
  EXPECT_EQ(replcompare(on({good_->uri(), good_->ldaps_uri()}) + Words{}).status, 0);
  EXPECT_EQ(replcompare(on({good_->uri(), good_->uri()}) + Words{"-ZZ"}).status, 0);
}

TEST_F(Tls, StartTlsRefused) {
  const auto tried = replcompare(on({good_->uri(), plain_->uri()}) + Words{"-Z"});
  TRACE_OUTPUT(tried);
  EXPECT_EQ(tried.status, 0);
  EXPECT_THAT(tried.out, HasSubstr("going on without TLS"));
  const auto demanded = replcompare(on({good_->uri(), plain_->uri()}) + Words{"-ZZ"});
  TRACE_OUTPUT(demanded);
  EXPECT_EQ(demanded.status, 4);
  EXPECT_THAT(demanded.out, HasSubstr("StartTLS refused"));
}

TEST_F(Tls, BadCertificates) {
  const std::pair<CertificateFiles, const char*> cases[] = {{certificates_->expired(), "expired"},
                                                            {certificates_->wrong_name(), "127.0.0.1"},
                                                            {certificates_->other_ca(), "issued by"}};
  for (const auto& [files, word] : cases) {
    const auto bad = make(files);
    for (const auto& words :
         {on({good_->uri(), bad->uri()}) + Words{"-ZZ"}, on({good_->uri(), bad->uri()}) + Words{"-Z"},
          on({good_->ldaps_uri(), bad->ldaps_uri()})}) {
      const auto found = replcompare(words);
      TRACE_OUTPUT(found);
      EXPECT_EQ(found.status, 4);
      EXPECT_THAT(found.out, HasSubstr(word));
    }
    EXPECT_EQ(replcompare(on({good_->uri(), bad->uri()}) + Words{"-ZZ", "--tls-check", "never"}).status, 0);
  }
}

}  // namespace
}  // namespace replkit::support
