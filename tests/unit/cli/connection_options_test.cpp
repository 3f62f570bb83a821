#include "common/cli/connection_options.hpp"

#include <gmock/gmock.h>

#include "common/base/error.hpp"
#include "common/base/text.hpp"
#include "common/cli/help.hpp"
#include "common/cli/text_layout.hpp"
#include "testing.hpp"

namespace replkit::cli {
namespace {

using testing::Argv;
using ::testing::ElementsAre;
using testing::error_of;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::parse_words;
using namespace std::chrono_literals;

class ConnectionOptionsTest : public ::testing::Test {
 protected:
  ConnectionSettings s;
  CommandSpec spec{.name = "demo", .summary = "x", .groups = {connection_options(s, SourceKinds::servers_and_files)}};
};

TEST_F(ConnectionOptionsTest, TakesTheLettersOfOpenLdap) {
  parse_words(spec, {"-xZZ",
                     "-H",
                     "ldap://a",
                     "-Hldap://b",
                     "-D",
                     "cn=x",
                     "-y",
                     "/p",
                     "-U",
                     "u",
                     "-X",
                     "dn:x",
                     "-R",
                     "r",
                     "-O",
                     "minssf=1",
                     "-N",
                     "-Q",
                     "-I",
                     "-d",
                     "-1",
                     "-vv",
                     "-o",
                     "nettimeout=5",
                     "-oldif_wrap=no"});
  EXPECT_THAT(s.sources, ElementsAre("ldap://a", "ldap://b"));
  EXPECT_TRUE(s.simple);
  EXPECT_EQ(s.start_tls, 2U);
  EXPECT_EQ(s.bind_dn, "cn=x");
  EXPECT_EQ(s.password_file, "/p");
  EXPECT_EQ(s.debug_level, -1);
  EXPECT_EQ(s.verbose, 2U);
  EXPECT_EQ(s.connect_timeout, 5s);
  EXPECT_EQ(s.ldif_wrap, 0U);
  EXPECT_TRUE(s.no_canonical_name);
}

TEST_F(ConnectionOptionsTest, TakesTheLongOnes) {
  parse_words(spec, {"--timeout", "2m", "--connect-timeout=500ms", "--run-timeout", "1h", "--tls-check", "allow",
                     "--tls-ca", "ca"});
  EXPECT_EQ(s.timeout, 2min);
  EXPECT_EQ(s.connect_timeout, 500ms);
  EXPECT_EQ(s.run_timeout, 1h);
  EXPECT_EQ(s.tls_check, ldap::CertificateCheck::allow);
}

TEST_F(ConnectionOptionsTest, WipesThePassword) {
  Argv argv({"demo", "-x", "-w", "secret", "-D", "cn=x"});
  parse(spec, argv.span());
  EXPECT_EQ(argv[3], "******");
  ASSERT_TRUE(s.password.has_value());
  EXPECT_EQ(s.password->reveal(), "secret");
}

TEST_F(ConnectionOptionsTest, ExplainsWrongGeneralOptions) {
  EXPECT_THAT(error_of<UsageError>([&] {
                parse_words(spec, {"-o", "foo=1"});
              }),
              HasSubstr("known are nettimeout=SECONDS"));
  EXPECT_THAT(error_of<UsageError>([&] {
                parse_words(spec, {"-o", "nettimeout=x"});
              }),
              HasSubstr("not a length of time"));
  EXPECT_THAT(error_of<UsageError>([&] {
                parse_words(spec, {"--tls-check", "newer"});
              }),
              HasSubstr("did you mean never?"));
}

TEST_F(ConnectionOptionsTest, HelpFitsAndHidesHabits) {
  const auto text = help_text(spec, "demo");
  for (const auto line : split(text, '\n')) EXPECT_LE(display_width(line), 80U) << line;
  EXPECT_THAT(text, HasSubstr("Better not"));
  EXPECT_THAT(text, Not(HasSubstr("out of habit")));
}

}  // namespace
}  // namespace replkit::cli
