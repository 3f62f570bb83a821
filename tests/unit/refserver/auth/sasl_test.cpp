// SASL binds by the client half of Cyrus SASL.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "tests/refserver/auth/authenticator.hpp"
#include "tests/unit/refserver/auth/fake_secrets.hpp"
#include "tests/unit/refserver/auth/sasl_client.hpp"

namespace replkit::refserver::auth {
namespace {

using protocol::ResultCode;

constexpr const char* alice = "uid=Alice,ou=People,dc=example,dc=com";
constexpr const char* dave = "uid=dave,ou=People,dc=example,dc=com";

bool app_may_act_as_people(const access::Caller& caller, const std::string& target_key) {
  return caller.key == "cn=app,dc=example,dc=com" && target_key.ends_with(",ou=people,dc=example,dc=com");
}

class SaslTest : public ::testing::Test {
 protected:
  BindOutcome run(const char* mechanism, SaslClient::Identity identity, bool* mutual = nullptr) const {
    const auto exchange = authenticator_.begin(mechanism, over_tls());
    SaslClient client(mechanism, std::move(identity));
    return bind(*exchange, client, mutual);
  }

  const Authenticator authenticator_{people_options(), model::Schema::standard(), people(), app_may_act_as_people};
};

TEST_F(SaslTest, EveryPasswordMechanismSucceeds) {
  for (const auto* mechanism : {"SCRAM-SHA-256", "PLAIN", "DIGEST-MD5"}) {
    bool mutual = false;
    const auto outcome = run(mechanism, {"dave", "davidson", "", ""}, &mutual);
    ASSERT_EQ(outcome.result.code, ResultCode::success) << mechanism;
    ASSERT_TRUE(outcome.caller) << mechanism;
    EXPECT_EQ(outcome.caller->dn, dave) << mechanism;
    EXPECT_EQ(outcome.caller->mechanism, mechanism);
    EXPECT_TRUE(outcome.caller->security.tls) << mechanism;
    EXPECT_FALSE(outcome.caller->administrator) << mechanism;
    EXPECT_TRUE(mutual) << mechanism;
  }
}

TEST_F(SaslTest, FinalDataComesWithTheSuccess) {
  EXPECT_THAT(run("SCRAM-SHA-256", {"alice", "wonderland", "", ""}).server_credentials.value_or(""),
              ::testing::StartsWith("v="));
  EXPECT_THAT(run("DIGEST-MD5", {"dave", "davidson", "", ""}).server_credentials.value_or(""),
              ::testing::StartsWith("rspauth="));
  EXPECT_FALSE(run("PLAIN", {"alice", "wonderland", "", ""}).server_credentials);
}

TEST_F(SaslTest, FailuresLookTheSame) {
  for (const auto* mechanism : {"SCRAM-SHA-256", "PLAIN", "DIGEST-MD5"}) {
    const auto wrong = run(mechanism, {"dave", "Davidson", "", ""});
    EXPECT_EQ(wrong.result.code, ResultCode::invalid_credentials) << mechanism;
    for (const auto* user : {"nobody", "carol", "nopassword", "dn:cn=nopassword", "dn:dc=nowhere", " ", "a@b"}) {
      const auto outcome = run(mechanism, {user, "davidson", "", ""});
      EXPECT_EQ(outcome.result, wrong.result) << mechanism << user;
      EXPECT_FALSE(outcome.caller);
      EXPECT_FALSE(outcome.server_credentials);
    }
  }
}

TEST_F(SaslTest, ScramGivesUnknownUsersAChallengeThatStays) {
  const auto challenge = [&](const char* user) {
    const auto exchange = authenticator_.begin("SCRAM-SHA-256", over_tls());
    SaslClient client("SCRAM-SHA-256", {user, "x", "", ""});
    const auto outcome = exchange->step(client.start());
    EXPECT_EQ(outcome.result.code, ResultCode::sasl_bind_in_progress) << user;
    const auto text = outcome.server_credentials.value_or("");
    return text.substr(text.find(",s="));
  };
  EXPECT_EQ(challenge("nobody"), challenge("nobody"));
  EXPECT_EQ(challenge("nobody"), challenge("NoBody"));
  EXPECT_NE(challenge("nobody"), challenge("nobody else"));
  EXPECT_EQ(challenge("nobody").size(), challenge("alice").size());
}

TEST_F(SaslTest, ScramBindsToTheChannel) {
  auto security = over_tls();
  security.channel_bindings = {{"tls-server-end-point", "hash"}, {"tls-exporter", "material"}};
  EXPECT_THAT(authenticator_.mechanisms(security), ::testing::Contains("SCRAM-SHA-256-PLUS"));
  EXPECT_EQ(authenticator_.begin("SCRAM-SHA-256-PLUS", over_tls()), nullptr) << "there is nothing to bind to";
  const auto bind_with = [&](const char* mechanism, const char* type, const char* bytes) {
    SaslClient client("SCRAM-SHA-256-PLUS", {"alice", "wonderland", "", ""}, {type, bytes});
    return bind(*authenticator_.begin(mechanism, security), client);
  };
  for (const auto* mechanism : {"SCRAM-SHA-256-PLUS", "SCRAM-SHA-256"}) {
    const auto outcome = bind_with(mechanism, "tls-server-end-point", "hash");
    ASSERT_EQ(outcome.result.code, ResultCode::success) << mechanism;
    EXPECT_EQ(outcome.caller->dn, "uid=Alice,ou=People,dc=example,dc=com") << "mapped as without the binding";
    EXPECT_EQ(outcome.caller->mechanism, mechanism);
    EXPECT_EQ(bind_with(mechanism, "tls-exporter", "material").result.code, ResultCode::success);
    EXPECT_EQ(bind_with(mechanism, "tls-exporter", "hash").result.code, ResultCode::invalid_credentials);
    EXPECT_EQ(bind_with(mechanism, "tls-unique", "hash").result.code, ResultCode::invalid_credentials);
  }
  // Without a binding: SCRAM-SHA-256 only, and not when the client was made to believe that there is none.
  const auto first = [&](const char* mechanism, const char* message) {
    return authenticator_.begin(mechanism, security)->step(Secret(message)).result.code;
  };
  EXPECT_EQ(first("SCRAM-SHA-256", "n,,n=alice,r=abcdefghijkl"), ResultCode::sasl_bind_in_progress);
  EXPECT_EQ(first("SCRAM-SHA-256", "y,,n=alice,r=abcdefghijkl"), ResultCode::invalid_credentials);
  EXPECT_EQ(first("SCRAM-SHA-256-PLUS", "n,,n=alice,r=abcdefghijkl"), ResultCode::invalid_credentials);
  EXPECT_EQ(first("SCRAM-SHA-256-PLUS", "y,,n=alice,r=abcdefghijkl"), ResultCode::invalid_credentials);
  EXPECT_EQ(authenticator_.begin("SCRAM-SHA-256", over_tls())->step(Secret("y,,n=alice,r=abcdefghijkl")).result.code,
            ResultCode::sasl_bind_in_progress);
}

TEST_F(SaslTest, ImportedHashesServePlainOnly) {
  EXPECT_EQ(run("PLAIN", {"bob", "builder", "", ""}).result.code, ResultCode::success);
  EXPECT_EQ(run("SCRAM-SHA-256", {"bob", "builder", "", ""}).result.code, ResultCode::invalid_credentials);
}

TEST_F(SaslTest, AdministratorsByMapAndByDn) {
  const auto outcome = run("SCRAM-SHA-256", {"robot", "pencil", "", ""});
  ASSERT_EQ(outcome.result.code, ResultCode::success);
  EXPECT_EQ(outcome.caller->dn, "cn=robot");
  EXPECT_TRUE(outcome.caller->administrator);
  EXPECT_EQ(run("SCRAM-SHA-256", {"dn:cn=robot", "pencil", "", ""}).caller.value().dn, "cn=robot");
  EXPECT_EQ(run("PLAIN", {"dn:cn=admin", "administrator", "", ""}).caller.value().dn, "cn=admin");
  // A password that was hashed by Argon2 cannot serve SCRAM.
  EXPECT_EQ(run("SCRAM-SHA-256", {"dn:cn=admin", "administrator", "", ""}).result.code,
            ResultCode::invalid_credentials);
}

TEST_F(SaslTest, NamesCannotPoseAsAnotherMechanism) {
  // Unescaped, this would be the DN of a local superuser, whom a map makes the administrator.
  for (const auto* mechanism : {"PLAIN", "SCRAM-SHA-256"}) {
    const auto outcome = run(mechanism, {"x,cn=peercred,cn=external,cn=auth", "administrator", "", ""});
    EXPECT_EQ(outcome.result.code, ResultCode::invalid_credentials);
  }
}

TEST_F(SaslTest, SpellingsOfOnePassword) {
  auto secrets = people();
  const auto stored = hash_password(Secret("p\u00e4ss\u00a0w\u00f6rd"), cheap);
  secrets->with({"uid=eve,ou=people,dc=example,dc=com",
                 {stored.user_password},
                 {stored.auth_password, digest_md5_secret("eve", "example.com", Secret("p\u00e4ss\u00a0w\u00f6rd"))}});
  const Authenticator authenticator(people_options(), model::Schema::standard(), std::move(secrets));
  for (const auto* mechanism : {"SCRAM-SHA-256", "PLAIN", "DIGEST-MD5"}) {
    SaslClient client(mechanism, {"eve", "p\u00e4ss w\u00f6rd", "", ""});
    EXPECT_EQ(bind(*authenticator.begin(mechanism, over_tls()), client).result.code, ResultCode::success) << mechanism;
  }
}

TEST_F(SaslTest, DigestNeedsItsRealm) {
  EXPECT_EQ(run("DIGEST-MD5", {"dave", "davidson", "", "example.com"}).result.code, ResultCode::success);
  auto secrets = people();
  secrets->with({"uid=erin,ou=people,dc=example,dc=com", {}, {digest_md5_secret("erin", "elsewhere", Secret("x"))}})
      .with({"uid=finn,ou=people,dc=example,dc=com", {}, {digest_md5_secret("dave", "example.com", Secret("x"))}});
  const Authenticator authenticator(people_options(), model::Schema::standard(), std::move(secrets));
  for (const auto* user : {"erin", "finn"}) {
    SaslClient client("DIGEST-MD5", {user, "x", "", ""});
    EXPECT_EQ(bind(*authenticator.begin("DIGEST-MD5", over_tls()), client).result.code,
              ResultCode::invalid_credentials);
  }
  const auto challenge = authenticator_.begin("DIGEST-MD5", over_tls())->step(std::nullopt);
  ASSERT_EQ(challenge.result.code, ResultCode::sasl_bind_in_progress);
  EXPECT_THAT(*challenge.server_credentials, ::testing::HasSubstr("realm=\"example.com\""));
  EXPECT_THAT(*challenge.server_credentials, ::testing::HasSubstr("qop=\"auth\""));
}

TEST_F(SaslTest, AuthorizationIdentities) {
  const struct {
    const char* authzid;
    ResultCode code;
  } cases[] = {
      {"dn:uid=dave,OU=people,dc=example,dc=com", ResultCode::success},  // oneself
      {"u:dave", ResultCode::success},
      {"dave", ResultCode::success},  // not RFC 4513's form, but some clients send it
      {"dn:uid=alice,ou=people,dc=example,dc=com", ResultCode::insufficient_access_rights},
      {"u:alice", ResultCode::insufficient_access_rights},
      {"u:nobody", ResultCode::insufficient_access_rights},
      {"dn:", ResultCode::insufficient_access_rights},
      {"dn:alice", ResultCode::insufficient_access_rights},
      {"alice", ResultCode::insufficient_access_rights},
      {"dn:cn=admin", ResultCode::insufficient_access_rights},
  };
  for (const auto* mechanism : {"SCRAM-SHA-256", "PLAIN", "DIGEST-MD5"}) {
    for (const auto& [authzid, code] : cases) {
      const auto outcome = run(mechanism, {"dave", "davidson", authzid, ""});
      EXPECT_EQ(outcome.result.code, code) << mechanism << " " << authzid;
      if (code == ResultCode::success) {
        EXPECT_EQ(outcome.caller.value().dn, dave);
      } else {
        EXPECT_FALSE(outcome.caller);
        EXPECT_FALSE(outcome.server_credentials);
      }
      // Without the password nothing is said of who may act as whom.
      EXPECT_EQ(run(mechanism, {"dave", "wrong", authzid, ""}).result.code, ResultCode::invalid_credentials);
    }
  }
}

TEST(Sasl, WhoMayActAsOthersDoes) {
  auto secrets = people();
  const auto stored = hash_password(Secret("application"), cheap);
  secrets->with({"cn=App,dc=example,dc=com", {stored.user_password}, {stored.auth_password}});
  const Authenticator authenticator(people_options(), model::Schema::standard(), std::move(secrets),
                                    app_may_act_as_people);
  for (const auto* mechanism : {"SCRAM-SHA-256", "PLAIN"}) {
    for (const auto* authzid : {"u:alice", "dn:uid=alice,ou=people,dc=example,dc=com"}) {
      SaslClient client(mechanism, {"dn:cn=app,dc=example,dc=com", "application", authzid, ""});
      const auto outcome = bind(*authenticator.begin(mechanism, over_tls()), client);
      ASSERT_EQ(outcome.result.code, ResultCode::success) << mechanism << authzid;
      EXPECT_EQ(outcome.caller.value().dn, alice);
    }
    for (const auto* authzid : {"u:nobody", "dn:cn=admin", "dn:"}) {
      SaslClient client(mechanism, {"dn:cn=app,dc=example,dc=com", "application", authzid, ""});
      EXPECT_EQ(bind(*authenticator.begin(mechanism, over_tls()), client).result.code,
                ResultCode::insufficient_access_rights);
    }
  }
}

TEST_F(SaslTest, PlainNeedsTls) {
  const auto exchange = authenticator_.begin("PLAIN", access::Security());
  ASSERT_TRUE(exchange);
  EXPECT_EQ(exchange->step(Secret(std::string_view("\0dave\0davidson", 14))).result.code,
            ResultCode::confidentiality_required);
  access::Security ldapi;
  ldapi.local = true;
  EXPECT_EQ(authenticator_.begin("PLAIN", ldapi)->step(Secret(std::string_view("\0dave\0davidson", 14))).result.code,
            ResultCode::success);
}

TEST_F(SaslTest, WithoutAnInitialResponseTheServerAsks) {
  for (const auto* mechanism : {"SCRAM-SHA-256", "PLAIN"}) {
    const auto exchange = authenticator_.begin(mechanism, over_tls());
    const auto asked = exchange->step(std::nullopt);
    ASSERT_EQ(asked.result.code, ResultCode::sasl_bind_in_progress) << mechanism;
    EXPECT_EQ(asked.server_credentials, "");
    SaslClient client(mechanism, {"dave", "davidson", "", ""});
    EXPECT_EQ(bind(*exchange, client).result.code, ResultCode::success) << mechanism;
  }
  // An empty one is an answer, and a wrong one.
  EXPECT_EQ(authenticator_.begin("PLAIN", over_tls())->step(Secret("")).result.code, ResultCode::invalid_credentials);
}

TEST_F(SaslTest, AfterItsEndAnExchangeOnlyFails) {
  const auto exchange = authenticator_.begin("PLAIN", over_tls());
  EXPECT_EQ(exchange->step(Secret(std::string_view("\0dave\0wrong", 11))).result.code, ResultCode::invalid_credentials);
  EXPECT_EQ(exchange->step(Secret(std::string_view("\0dave\0davidson", 14))).result.code,
            ResultCode::invalid_credentials);
  const auto good = authenticator_.begin("PLAIN", over_tls());
  EXPECT_EQ(good->step(Secret(std::string_view("\0dave\0davidson", 14))).result.code, ResultCode::success);
  EXPECT_EQ(good->step(std::nullopt).result.code, ResultCode::invalid_credentials);
}

TEST_F(SaslTest, AbortedExchangesLeaveNothing) {
  for (const auto* mechanism : {"SCRAM-SHA-256", "DIGEST-MD5", "PLAIN"}) {
    authenticator_.begin(mechanism, over_tls());
    const auto exchange = authenticator_.begin(mechanism, over_tls());
    SaslClient client(mechanism, {"dave", "davidson", "", ""});
    exchange->step(client.start());
  }
  EXPECT_EQ(run("SCRAM-SHA-256", {"dave", "davidson", "", ""}).result.code, ResultCode::success);
}

TEST_F(SaslTest, HostilePlain) {
  for (const std::string& message :
       {std::string("\0", 1), std::string("\0\0", 2), std::string("\0\0x", 3), std::string("\0dave\0", 6),
        std::string("\0dave\0davidson\0", 15), std::string("\0dave\0davidson\0\0", 16), std::string("dave"),
        std::string(65536, 'x'), std::string(65536, '\0'), "\0" + std::string(65536, 'x'),
        std::string("\0", 1) + std::string(2000, 'x') + std::string("\0y", 2),
        std::string("\0", 1) + std::string(300, 'x') + std::string("\0y", 2),
        std::string("\0dave\0", 6) + std::string(10000, 'x'), std::string("\0\xff\xfe\0davidson", 12)}) {
    const auto outcome = authenticator_.begin("PLAIN", over_tls())->step(Secret(message));
    EXPECT_EQ(outcome.result.code, ResultCode::invalid_credentials) << message.size();
    EXPECT_FALSE(outcome.caller);
  }
}

// The messages of a good exchange, up to the one at `at`, which is replaced.
BindOutcome interfere(const Authenticator& authenticator, const char* mechanism, int at, const std::string& message) {
  const auto exchange = authenticator.begin(mechanism, over_tls());
  SaslClient client(mechanism, {"dave", "davidson", "", ""});
  auto own = client.start();
  for (int i = 0;; ++i) {
    const auto outcome = i == at ? exchange->step(Secret(message)) : exchange->step(own);
    if (i == at || outcome.result.code != ResultCode::sasl_bind_in_progress) return outcome;
    own = client.answer(*outcome.server_credentials);
  }
}

TEST_F(SaslTest, HostileMessagesAnywhere) {
  std::mt19937 random(4711);  // fixed: a failure can be repeated
  for (const auto* mechanism : {"SCRAM-SHA-256", "DIGEST-MD5"}) {
    std::vector<std::string> messages = {"",
                                         std::string(65536, 'x'),
                                         std::string(65536, '\0'),
                                         std::string(2048, ','),
                                         "n,,n=dave,r=",
                                         "n,,n=dave",
                                         "p=tls-unique,,n=dave,r=abc",
                                         "y,,n=,r=abcdef",
                                         "n,a=dn:cn=admin,n=dave,r=abc",
                                         std::string("n,,n=da\0ve,r=abc", 16),
                                         "n,,n=" + std::string(1500, 'd') + ",r=abc",
                                         "n,,n=dave,r=" + std::string(1900, 'r'),
                                         "c=biws,r=x,p=",
                                         "c=,r=,p=",
                                         "username=\"dave\",realm=\"example.com\"",
                                         "username=\"" + std::string(4000, 'u') + "\"",
                                         "nc=zzzzzzzz,nonce=\"x\"",
                                         "=,=,=\"",
                                         "username=\"dave\",username=\"alice\""};
    for (int i = 0; i < 300; ++i) {
      std::string bytes(random() % 400, '\0');
      for (char& c : bytes) c = static_cast<char>(random());
      messages.push_back(std::move(bytes));
    }
    for (const auto& message : messages) {
      for (const int at : {0, 1}) {
        const auto outcome = interfere(authenticator_, mechanism, at, message);
        EXPECT_FALSE(outcome.caller) << mechanism << at << message;
        EXPECT_TRUE(outcome.result.code == ResultCode::invalid_credentials ||
                    outcome.result.code == ResultCode::sasl_bind_in_progress)
            << mechanism << at << message;
      }
    }
  }
}

TEST_F(SaslTest, AChangedByteNeverLogsIn) {
  // What the client sends after the first challenge, with each byte changed in turn.
  const auto exchange = authenticator_.begin("SCRAM-SHA-256", over_tls());
  SaslClient probe("SCRAM-SHA-256", {"dave", "davidson", "", ""});
  const auto size = probe.answer(*exchange->step(probe.start()).server_credentials).reveal().size();
  for (std::size_t i = 0; i < size; ++i) {
    const auto again = authenticator_.begin("SCRAM-SHA-256", over_tls());
    SaslClient client("SCRAM-SHA-256", {"dave", "davidson", "", ""});
    std::string answer(client.answer(*again->step(client.start()).server_credentials).reveal());
    answer[i] = answer[i] == 'A' ? 'Q' : 'A';  // not 'B': the last digit of base64 has bits that do not count
    const auto outcome = again->step(Secret(answer));
    EXPECT_EQ(outcome.result.code, ResultCode::invalid_credentials) << i;
  }
}

TEST_F(SaslTest, ManyAtOnce) {
  std::atomic<int> good = 0;
  std::atomic<int> bad = 0;
  std::vector<std::jthread> threads;
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&, thread] {
      for (int i = 0; i < 30; ++i) {
        const char* mechanism = i % 3 == 0 ? "SCRAM-SHA-256" : i % 3 == 1 ? "PLAIN" : "DIGEST-MD5";
        const bool right = (i + thread) % 2 == 0;
        const auto code = run(mechanism, {"dave", right ? "davidson" : "wrong", "", ""}).result.code;
        if (right && code == ResultCode::success) ++good;
        if (!right && code == ResultCode::invalid_credentials) ++bad;
      }
    });
  }
  threads.clear();
  EXPECT_EQ(good, 60);
  EXPECT_EQ(bad, 60);
}

class ExternalTest : public SaslTest {
 protected:
  static access::Security certificate(const char* subject) {
    auto security = over_tls();
    security.certificate_subject = subject;
    return security;
  }
  static access::Security peer(std::uint32_t uid, std::uint32_t gid) {
    access::Security security;
    security.local = true;
    security.peer_uid = uid;
    security.peer_gid = gid;
    return security;
  }
  BindOutcome external(const access::Security& security, const std::optional<Secret>& credentials) const {
    return authenticator_.begin("EXTERNAL", security)->step(credentials);
  }
};

TEST_F(ExternalTest, TheCertificateNamesTheCaller) {
  const auto as_is = external(certificate("CN=other,O=Elsewhere"), Secret(""));
  ASSERT_EQ(as_is.result.code, ResultCode::success);
  EXPECT_EQ(as_is.caller.value().dn, "CN=other,O=Elsewhere");
  EXPECT_EQ(as_is.caller->key, "cn=other,o=elsewhere");
  EXPECT_EQ(as_is.caller->mechanism, "EXTERNAL");
  EXPECT_FALSE(as_is.server_credentials);
  EXPECT_EQ(external(certificate("CN=app,O=Example"), Secret("")).caller.value().dn, "cn=App,dc=example,dc=com");
  // The map is for the whole of it.
  EXPECT_EQ(external(certificate("CN=app,O=Example,C=XX"), Secret("")).caller.value().dn, "CN=app,O=Example,C=XX");
}

TEST_F(ExternalTest, TheLocalPeerIsTheCaller) {
  const auto root = external(peer(0, 0), Secret(""));
  ASSERT_EQ(root.result.code, ResultCode::success);
  EXPECT_EQ(root.caller.value().dn, "cn=admin");
  EXPECT_TRUE(root.caller->administrator);
  const auto user = external(peer(1000, 100), Secret(""));
  EXPECT_EQ(user.caller.value().dn, "gidNumber=100+uidNumber=1000,cn=peercred,cn=external,cn=auth");
  EXPECT_FALSE(user.caller->administrator);
  EXPECT_EQ(external(peer(0, 00), Secret("")).result.code, ResultCode::success);
  EXPECT_FALSE(external(peer(10, 0), Secret("")).caller.value().administrator);
}

TEST_F(ExternalTest, AbsentIsNotEmpty) {
  const auto exchange = authenticator_.begin("EXTERNAL", peer(0, 0));
  const auto asked = exchange->step(std::nullopt);
  EXPECT_EQ(asked.result.code, ResultCode::sasl_bind_in_progress);
  EXPECT_EQ(asked.server_credentials, "");
  EXPECT_FALSE(asked.caller);
  EXPECT_EQ(exchange->step(std::nullopt).result.code, ResultCode::success);
}

TEST_F(ExternalTest, WithoutAnIdentityItIsInappropriate) {
  EXPECT_EQ(external(over_tls(), Secret("")).result.code, ResultCode::inappropriate_authentication);
  EXPECT_EQ(external(over_tls(), std::nullopt).result.code, ResultCode::inappropriate_authentication);
}

TEST_F(ExternalTest, AuthorizationIdentities) {
  const auto app = certificate("CN=app,O=Example");
  EXPECT_EQ(external(app, Secret("u:alice")).caller.value().dn, alice);
  EXPECT_EQ(external(app, Secret("dn:uid=alice,ou=people,dc=example,dc=com")).caller.value().dn, alice);
  EXPECT_EQ(external(app, Secret("dn:cn=app,dc=example,dc=com")).caller.value().dn, "cn=App,dc=example,dc=com");
  for (const auto* authzid : {"dn:cn=admin", "u:nobody", "nonsense", "dn:", "dn:x"}) {
    const auto outcome = external(app, Secret(authzid));
    EXPECT_EQ(outcome.result.code, ResultCode::insufficient_access_rights) << authzid;
    EXPECT_FALSE(outcome.caller);
  }
  // One's own name needs no entry.
  EXPECT_EQ(external(certificate("CN=x,O=y"), Secret("dn:cn=x,o=y")).result.code, ResultCode::success);
  EXPECT_EQ(external(certificate("CN=x,O=y"), Secret("u:alice")).result.code, ResultCode::insufficient_access_rights);
  EXPECT_FALSE(external(app, Secret(std::string(65536, 'x'))).caller);
  EXPECT_FALSE(external(app, Secret(std::string(65536, '\0'))).caller);
  EXPECT_FALSE(external(app, Secret(std::string_view("u:alice\0", 8))).caller);
}

TEST_F(ExternalTest, AStrangeSubjectIsRefused) {
  EXPECT_EQ(external(certificate("no DN at all"), Secret("")).result.code, ResultCode::invalid_credentials);
  const std::string longest = "CN=" + std::string(60'000, 'a') + ",O=Example";
  EXPECT_EQ(external(certificate(longest.c_str()), Secret("")).caller.value().dn, longest);
}

TEST_F(ExternalTest, TheClientLibraryAgrees) {
  SaslClient client("EXTERNAL", {"", "", "", ""});
  bool mutual = false;
  EXPECT_EQ(bind(*authenticator_.begin("EXTERNAL", peer(0, 0)), client, &mutual).result.code, ResultCode::success);
  EXPECT_TRUE(mutual);
}

}  // namespace
}  // namespace replkit::refserver::auth
