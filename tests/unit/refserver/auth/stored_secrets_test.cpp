// An Authenticator over a real store.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>

#include "common/base/time.hpp"
#include "tests/refserver/auth/authenticator.hpp"
#include "tests/refserver/schema/schema.hpp"
#include "tests/refserver/store/store.hpp"
#include "tests/support/temp_dir.hpp"
#include "tests/unit/refserver/auth/fake_secrets.hpp"
#include "tests/unit/refserver/auth/sasl_client.hpp"

namespace replkit::refserver::auth {
namespace {

using protocol::ResultCode;

store::StoredEntry entry(store::EntryId superior, std::string rdn,
                         const std::vector<std::pair<std::string, std::string>>& values) {
  store::StoredEntry made;
  made.superior = superior;
  made.uuid = model::Uuid::random();
  made.rdn = std::move(rdn);
  for (const auto& [description, value] : values)
    made.attributes.push_back({description, {{value, {}, false}}, {}, {}});
  return made;
}

class StoredSecretsTest : public ::testing::Test {
 protected:
  StoredSecretsTest() {
    store_.apply([&](store::Writer& writer) {
      top_ = writer.put(entry(store::no_entry, "dc=Example,dc=com", {{"objectClass", "domain"}}));
    });
  }

  store::EntryId put(const store::StoredEntry& made) {
    store::EntryId id = store::no_entry;
    store_.apply([&](store::Writer& writer) { id = writer.put(made); });
    return id;
  }

  ResultCode simple(const std::string& dn, const char* password) const {
    return authenticator_.simple(dn, Secret(password), over_tls()).result.code;
  }

  const support::TempDir folder_;
  const schema::Schema schema_ = schema::Schema::load({"core", "cosine", "inetorgperson"});
  store::Store store_{{.directory = folder_ / "store"}, schema_, system_clock()};
  const Authenticator authenticator_{people_options(), schema_, store_};
  store::EntryId top_ = store::no_entry;
};

TEST_F(StoredSecretsTest, BindsByWhatIsStored) {
  const auto stored = hash_password(Secret("wonderland"), cheap);
  put(entry(top_, "uid=Alice", {{"userPassword", stored.user_password}, {"authPassword", stored.auth_password}}));
  const auto outcome = authenticator_.simple("UID=alice,dc=example,DC=com", Secret("wonderland"), over_tls());
  ASSERT_EQ(outcome.result.code, ResultCode::success);
  EXPECT_EQ(outcome.caller.value().dn, "uid=Alice,dc=Example,dc=com");
  EXPECT_EQ(simple("uid=alice,dc=example,dc=com", "wrong"), ResultCode::invalid_credentials);
  EXPECT_EQ(simple("uid=alice,uid=alice,dc=example,dc=com", "wonderland"), ResultCode::invalid_credentials);
  for (const auto* mechanism : {"SCRAM-SHA-256", "PLAIN"}) {
    SaslClient client(mechanism, {"dn:uid=alice,dc=example,dc=com", "wonderland", "", ""});
    EXPECT_EQ(bind(*authenticator_.begin(mechanism, over_tls()), client).result.code, ResultCode::success);
  }
  EXPECT_EQ(authenticator_.authorization_identity("dn:uid=alice,dc=example,dc=com").value().dn,
            "uid=Alice,dc=Example,dc=com");
  EXPECT_FALSE(authenticator_.authorization_identity("dn:uid=bob,dc=example,dc=com"));
}

TEST_F(StoredSecretsTest, NamesOfTypesAreThoseOfTheSchema) {
  const auto stored = hash_password(Secret("x"), cheap);
  put(entry(top_, "uid=a", {{"USERPASSWORD", stored.user_password}}));
  put(entry(top_, "uid=b", {{"2.5.4.35", stored.user_password}}));
  put(entry(top_, "uid=c", {{"description", stored.user_password}}));
  EXPECT_EQ(simple("uid=a,dc=example,dc=com", "x"), ResultCode::success);
  EXPECT_EQ(simple("uid=b,dc=example,dc=com", "x"), ResultCode::success);
  EXPECT_EQ(simple("uid=c,dc=example,dc=com", "x"), ResultCode::invalid_credentials);
}

TEST_F(StoredSecretsTest, DeletedPasswordsAndEntriesDoNotBind) {
  auto made = entry(top_, "uid=gone", {{"userPassword", hash_password(Secret("x"), cheap).user_password}});
  made.id = put(made);
  EXPECT_EQ(simple("uid=gone,dc=example,dc=com", "x"), ResultCode::success);
  // A value's deletion record is no password, though the bind before is remembered.
  auto& attribute = made.attributes[0];
  attribute.deleted_values.push_back({attribute.values[0].bytes, {}});
  const auto value = std::exchange(attribute.values, {});
  put(made);
  EXPECT_EQ(simple("uid=gone,dc=example,dc=com", "x"), ResultCode::invalid_credentials);
  attribute.values = value;
  attribute.deleted_values.clear();
  put(made);
  EXPECT_EQ(simple("uid=gone,dc=example,dc=com", "x"), ResultCode::success);
  made.deleted = store_.snapshot()->last_csn();
  made.last_dn = "uid=gone,dc=example,dc=com";
  put(made);
  EXPECT_EQ(simple("uid=gone,dc=example,dc=com", "x"), ResultCode::invalid_credentials);
}

// RFC 5802 9: nobody is to find out who exists by watching whose salt changes.
TEST_F(StoredSecretsTest, ChallengesOfUnknownUsersStayOverRestarts) {
  const auto challenge = [](const Authenticator& authenticator, const char* user) {
    SaslClient client("SCRAM-SHA-256", {user, "x", "", ""});
    const auto outcome = authenticator.begin("SCRAM-SHA-256", over_tls())->step(client.start());
    const auto text = outcome.server_credentials.value_or("");
    return text.substr(std::min(text.find(",s="), text.size()));
  };
  const Authenticator again(people_options(), schema_, store_);
  EXPECT_FALSE(challenge(again, "nobody").empty());
  EXPECT_EQ(challenge(again, "nobody"), challenge(authenticator_, "nobody"));
  store::Store other({.directory = folder_ / "other"}, schema_, system_clock());
  EXPECT_NE(challenge(Authenticator(people_options(), schema_, other), "nobody"), challenge(again, "nobody"));
}

}  // namespace
}  // namespace replkit::refserver::auth
