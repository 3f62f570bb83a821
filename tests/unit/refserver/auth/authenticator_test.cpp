#include "tests/refserver/auth/authenticator.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "common/base/error.hpp"
#include "tests/refserver/protocol/refusal.hpp"
#include "tests/unit/refserver/auth/fake_secrets.hpp"

namespace replkit::refserver::auth {
namespace {

using protocol::ResultCode;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class AuthenticatorTest : public ::testing::Test {
 protected:
  BindOutcome simple(const std::string& dn, std::string_view password) const {
    return authenticator_.simple(dn, Secret(password), over_tls());
  }

  const Authenticator authenticator_{people_options(), model::Schema::standard(), people()};
};

TEST_F(AuthenticatorTest, SimpleBind) {
  const auto outcome = simple("UID=alice, ou=people,DC=example,dc=com", "wonderland");
  ASSERT_EQ(outcome.result.code, ResultCode::success);
  ASSERT_TRUE(outcome.caller);
  EXPECT_EQ(outcome.caller->dn, "uid=Alice,ou=People,dc=example,dc=com");
  EXPECT_EQ(outcome.caller->key, "uid=alice,ou=people,dc=example,dc=com");
  EXPECT_EQ(outcome.caller->mechanism, "simple");
  EXPECT_FALSE(outcome.caller->administrator);
  EXPECT_TRUE(outcome.caller->security.tls);
  EXPECT_FALSE(outcome.server_credentials);
}

TEST_F(AuthenticatorTest, ImportedHashesDo) {
  EXPECT_EQ(simple("uid=bob,ou=people,dc=example,dc=com", "builder").result.code, ResultCode::success);
}

TEST_F(AuthenticatorTest, AdministratorsNeedNoEntry) {
  const auto outcome = simple("CN=Admin", "administrator");
  ASSERT_EQ(outcome.result.code, ResultCode::success);
  EXPECT_EQ(outcome.caller->dn, "cn=admin");
  EXPECT_TRUE(outcome.caller->administrator);
  EXPECT_EQ(simple("cn=robot", "pencil").result.code, ResultCode::success);
  EXPECT_EQ(simple("cn=nopassword", "x").result.code, ResultCode::invalid_credentials);
}

TEST(Authenticator, AnAdministratorsEntryHasNoSay) {
  auto secrets = people();
  secrets->with({"cn=admin", {hash_password(Secret("entry"), cheap).user_password}, {}});
  const Authenticator authenticator(people_options(), model::Schema::standard(), std::move(secrets));
  EXPECT_EQ(authenticator.simple("cn=admin", Secret("entry"), over_tls()).result.code, ResultCode::invalid_credentials);
  EXPECT_EQ(authenticator.simple("cn=admin", Secret("administrator"), over_tls()).result.code, ResultCode::success);
}

TEST_F(AuthenticatorTest, FailuresLookTheSame) {
  const auto wrong = simple("uid=alice,ou=people,dc=example,dc=com", "Wonderland").result;
  EXPECT_EQ(wrong.code, ResultCode::invalid_credentials);
  EXPECT_EQ(wrong.matched_dn, "");
  for (const auto* dn : {"uid=bob,ou=people,dc=example,dc=com", "uid=carol,ou=people,dc=example,dc=com",
                         "uid=nobody,ou=people,dc=example,dc=com", "dc=elsewhere", "cn=admin", "cn=nopassword", ""}) {
    const auto outcome = simple(dn, "wrong");
    EXPECT_EQ(outcome.result, wrong) << dn;
    EXPECT_FALSE(outcome.caller) << dn;
  }
}

TEST_F(AuthenticatorTest, AnonymousAndUnauthenticated) {
  const auto anonymous = authenticator_.simple("", Secret(""), access::Security());
  ASSERT_EQ(anonymous.result.code, ResultCode::success);
  ASSERT_TRUE(anonymous.caller);
  EXPECT_TRUE(anonymous.caller->anonymous());
  EXPECT_EQ(anonymous.caller->mechanism, "");
  // RFC 4513 5.1.2, whether there is such an entry or not, and over TLS or not.
  for (const auto* dn : {"uid=alice,ou=people,dc=example,dc=com", "uid=nobody", "cn=admin", "cn=nopassword"}) {
    EXPECT_EQ(simple(dn, "").result.code, ResultCode::unwilling_to_perform) << dn;
    EXPECT_EQ(authenticator_.simple(dn, Secret(""), access::Security()).result.code, ResultCode::unwilling_to_perform);
  }
}

TEST_F(AuthenticatorTest, MalformedNamesAreRefused) {
  for (const std::string& dn : {std::string("alice"), std::string("uid=alice,"), std::string("=x"),
                                std::string("uid=\xff"), std::string(100'000, ',')}) {
    const auto code = simple(dn, "wonderland").result.code;
    EXPECT_TRUE(code == ResultCode::invalid_dn_syntax || code == ResultCode::invalid_credentials) << dn.substr(0, 80);
    EXPECT_FALSE(simple(dn, "wonderland").caller);
  }
  EXPECT_EQ(simple("alice", "wonderland").result.code, ResultCode::invalid_dn_syntax);
}

TEST_F(AuthenticatorTest, PasswordsNeedTls) {
  constexpr const char* dn = "uid=alice,ou=people,dc=example,dc=com";
  EXPECT_EQ(authenticator_.simple(dn, Secret("wonderland"), access::Security()).result.code,
            ResultCode::confidentiality_required);
  access::Security loopback;
  loopback.loopback = true;
  EXPECT_EQ(authenticator_.simple(dn, Secret("wonderland"), loopback).result.code, ResultCode::success);
  access::Security ldapi;
  ldapi.local = true;
  EXPECT_EQ(authenticator_.simple(dn, Secret("wonderland"), ldapi).result.code, ResultCode::success);
  auto options = people_options();
  options.simple_needs_tls = false;
  const Authenticator lenient(options, model::Schema::standard(), people());
  EXPECT_EQ(lenient.simple(dn, Secret("wonderland"), access::Security()).result.code, ResultCode::success);
}

TEST_F(AuthenticatorTest, HostilePasswords) {
  constexpr const char* dn = "uid=alice,ou=people,dc=example,dc=com";
  EXPECT_EQ(simple(dn, std::string(16 << 20, 'x')).result.code, ResultCode::invalid_credentials);
  EXPECT_EQ(simple(dn, std::string_view("wonderland\0", 11)).result.code, ResultCode::invalid_credentials);
  EXPECT_EQ(simple(dn, std::string_view("\0", 1)).result.code, ResultCode::invalid_credentials);
}

TEST(Authenticator, UnknownNamesCostAHash) {
  std::vector<std::string> compared;
  const auto check = [&](const Secret& password, std::string_view stored) {
    compared.emplace_back(stored.substr(0, stored.find('}') + 1));
    return password_fits(password, stored);
  };
  const Authenticator authenticator(people_options(), model::Schema::standard(), people(), {}, check);
  const auto hashes_of = [&](const char* dn) {
    compared.clear();
    EXPECT_EQ(authenticator.simple(dn, Secret("wrong"), over_tls()).result.code, ResultCode::invalid_credentials);
    return compared;
  };
  EXPECT_THAT(hashes_of("uid=alice,ou=people,dc=example,dc=com"), ElementsAre("{ARGON2}"));
  EXPECT_THAT(hashes_of("uid=nobody,ou=people,dc=example,dc=com"), ElementsAre("{ARGON2}"));
  EXPECT_THAT(hashes_of("uid=carol,ou=people,dc=example,dc=com"), ElementsAre("{ARGON2}"));
  EXPECT_THAT(hashes_of("uid=bob,ou=people,dc=example,dc=com"), ElementsAre("{SSHA}", "{ARGON2}"));
  EXPECT_THAT(hashes_of("cn=nopassword"), ElementsAre("{ARGON2}"));
  EXPECT_THAT(hashes_of(""), ElementsAre("{ARGON2}"));
}

TEST(Authenticator, ARepeatedBindIsCheapUntilThePasswordChanges) {
  int checks = 0;
  const auto check = [&](const Secret& password, std::string_view stored) {
    ++checks;
    return password_fits(password, stored);
  };
  auto owned = people();
  auto& secrets = *owned;
  const Authenticator authenticator(people_options(), model::Schema::standard(), std::move(owned), {}, check);
  const auto bind = [&](const char* password) {
    return authenticator.simple("uid=alice,ou=people,dc=example,dc=com", Secret(password), over_tls()).result.code;
  };
  EXPECT_EQ(bind("wonderland"), ResultCode::success);
  EXPECT_EQ(bind("wonderland"), ResultCode::success);
  EXPECT_EQ(checks, 1);
  EXPECT_EQ(bind("wrong"), ResultCode::invalid_credentials);
  EXPECT_EQ(bind("wrong"), ResultCode::invalid_credentials);
  EXPECT_EQ(checks, 3);
  secrets.with({"uid=alice,ou=people,dc=example,dc=com", {hash_password(Secret("new"), cheap).user_password}, {}});
  EXPECT_EQ(bind("wonderland"), ResultCode::invalid_credentials);
  EXPECT_EQ(bind("new"), ResultCode::success);
  secrets.with({"uid=alice,ou=people,dc=example,dc=com", {}, {}});
  EXPECT_EQ(bind("new"), ResultCode::invalid_credentials);
}

TEST(Authenticator, TooManyValuesAreNotTried) {
  int checks = 0;
  const auto check = [&](const Secret& password, std::string_view stored) {
    ++checks;
    return password_fits(password, stored);
  };
  auto secrets = people();
  secrets->with({"cn=many", std::vector<std::string>(1000, hash_password(Secret("x"), cheap).user_password), {}});
  const Authenticator authenticator(people_options(), model::Schema::standard(), std::move(secrets), {}, check);
  EXPECT_EQ(authenticator.simple("cn=many", Secret("y"), over_tls()).result.code, ResultCode::invalid_credentials);
  EXPECT_EQ(checks, 8);
}

TEST(Authenticator, MemoryShortageIsSaidAsSuch) {
  const auto check = [](const Secret&, std::string_view) -> bool {
    throw protocol::Refusal(ResultCode::busy, "not enough memory");
  };
  const Authenticator authenticator(people_options(), model::Schema::standard(), people(), {}, check);
  EXPECT_EQ(authenticator.simple("uid=alice,ou=people,dc=example,dc=com", Secret("wonderland"), over_tls()).result.code,
            ResultCode::busy);
}

TEST_F(AuthenticatorTest, MechanismsFollowTheConnection) {
  EXPECT_THAT(authenticator_.mechanisms(access::Security()), ElementsAre("SCRAM-SHA-256", "DIGEST-MD5"));
  EXPECT_THAT(authenticator_.mechanisms(over_tls()), ElementsAre("SCRAM-SHA-256", "DIGEST-MD5", "PLAIN"));
  auto with_certificate = over_tls();
  with_certificate.certificate_subject = "CN=app,O=Example";
  EXPECT_THAT(authenticator_.mechanisms(with_certificate),
              ElementsAre("EXTERNAL", "SCRAM-SHA-256", "DIGEST-MD5", "PLAIN"));
  access::Security ldapi;
  ldapi.local = true;
  ldapi.peer_uid = 0;
  ldapi.peer_gid = 0;
  EXPECT_THAT(authenticator_.mechanisms(ldapi), ElementsAre("EXTERNAL", "SCRAM-SHA-256", "DIGEST-MD5", "PLAIN"));
}

TEST(Authenticator, OnlyConfiguredMechanismsAreOffered) {
  AuthOptions options = people_options();
  options.mechanisms = {"SCRAM-SHA-256"};
  const Authenticator authenticator(options, model::Schema::standard(), people());
  EXPECT_THAT(authenticator.mechanisms(over_tls()), ElementsAre("SCRAM-SHA-256"));
  for (const auto* name : {"PLAIN", "EXTERNAL", "DIGEST-MD5", "ANONYMOUS", "CRAM-MD5", "LOGIN", "NTLM", "GSSAPI",
                           "SCRAM-SHA-1", "SCRAM-SHA-256-PLUS", "SCRAM-SHA-512", "", "SCRAM", "SCRAM-SHA-256 "}) {
    EXPECT_EQ(authenticator.begin(name, over_tls()), nullptr) << name;
  }
  EXPECT_NE(authenticator.begin("scram-sha-256", over_tls()), nullptr);
}

TEST_F(AuthenticatorTest, AuthorizationIdentities) {
  const auto dn_of = [&](const std::string& authzid) {
    const auto caller = authenticator_.authorization_identity(authzid);
    return caller ? caller->dn : "nobody";
  };
  EXPECT_EQ(dn_of("dn:UID=alice,OU=people,dc=example,dc=com"), "uid=Alice,ou=People,dc=example,dc=com");
  EXPECT_EQ(dn_of("u:alice"), "uid=Alice,ou=People,dc=example,dc=com");
  EXPECT_EQ(dn_of("U:ALICE"), "uid=Alice,ou=People,dc=example,dc=com");
  EXPECT_EQ(dn_of("dn:CN=ADMIN"), "cn=admin");
  EXPECT_TRUE(authenticator_.authorization_identity("dn:cn=admin")->administrator);
  EXPECT_EQ(dn_of(""), "");
  EXPECT_EQ(dn_of("dn:"), "");
  for (const std::string& authzid :
       {std::string("dn:uid=nobody,dc=example,dc=com"), std::string("u:nobody"), std::string("u:"),
        std::string("alice"), std::string("dn:alice"), std::string("x:alice"), "u:" + std::string(100'000, 'a'),
        std::string("u:alice\0", 8), std::string("u:\xff"), std::string("u:alice,ou=people,dc=example,dc=com"),
        std::string(":"), std::string("dn")}) {
    EXPECT_EQ(dn_of(authzid), "nobody") << authzid.substr(0, 80);
  }
}

TEST_F(AuthenticatorTest, LongNamesDoNotExhaustTheStack) {
  for (const char c : {'a', ',', '\\', '\x01'}) {
    for (const std::size_t size : {256U, 257U, 1024U, 60'000U}) {
      EXPECT_FALSE(authenticator_.authorization_identity("u:" + std::string(size, c)));
    }
  }
}

template <typename Change>
std::string complaint(Change change) {
  AuthOptions options = people_options();
  change(options);
  try {
    const Authenticator authenticator(options, model::Schema::standard(), people());
  } catch (const UsageError& error) {
    return error.what();
  }
  return "accepted";
}

TEST(Authenticator, WrongOptionsAreNamed) {
  EXPECT_THAT(complaint([](auto& o) { o.administrators[0].dn = "admin"; }), HasSubstr("\"admin\" is not a DN"));
  EXPECT_THAT(complaint([](auto& o) { o.administrators[0].dn = ""; }), HasSubstr("not a DN"));
  EXPECT_THAT(complaint([](auto& o) { o.administrators[0].password = "secret"; }), HasSubstr("not hashed"));
  EXPECT_THAT(complaint([](auto& o) { o.administrators[0].password = "secret"; }), Not(HasSubstr("secret")));
  EXPECT_THAT(complaint([](auto& o) { o.maps[0].pattern = "("; }), HasSubstr("not a regular expression"));
  EXPECT_THAT(complaint([](auto& o) { o.mechanisms = {"ANONYMOUS"}; }), HasSubstr("ANONYMOUS"));
  EXPECT_THAT(complaint([](auto& o) { o.realm = ""; }), HasSubstr("realm"));
  EXPECT_THAT(complaint([](auto& o) { o.argon2_memory_kib = 0; }), HasSubstr("Argon2"));
  EXPECT_THAT(complaint([](auto& o) { o.argon2_passes = 0; }), HasSubstr("Argon2"));
  EXPECT_THAT(complaint([](auto& o) { o.argon2_memory_kib = 8 << 20; }), HasSubstr("Argon2"));
  EXPECT_THAT(complaint([](auto& o) { o.argon2_passes = 1U << 31; }), HasSubstr("Argon2"));
  EXPECT_EQ(complaint([](auto&) {}), "accepted");
}

TEST(VerificationCache, ForgetsAfterItsTimeAndWhenFull) {
  VerificationCache cache;
  const VerificationCache::Time start{};
  const Secret password("secret");
  cache.add("{X}1", password, start);
  EXPECT_TRUE(cache.contains("{X}1", password, start + VerificationCache::life - std::chrono::seconds(1)));
  EXPECT_FALSE(cache.contains("{X}1", password, start + VerificationCache::life));
  EXPECT_FALSE(cache.contains("{X}2", password, start));
  EXPECT_FALSE(cache.contains("{X}1", Secret("secre"), start));
  EXPECT_FALSE(cache.contains("{X}", Secret("1secret"), start));
  for (std::size_t i = 0; i < VerificationCache::capacity; ++i) cache.add(std::to_string(i), password, start);
  EXPECT_FALSE(cache.contains("{X}1", password, start));
  EXPECT_TRUE(cache.contains(std::to_string(VerificationCache::capacity - 1), password, start));
}

}  // namespace
}  // namespace replkit::refserver::auth
