#include "tests/refserver/directory/passwords.hpp"

#include <gmock/gmock.h>

#include "tests/unit/refserver/directory/entry_testing.hpp"

namespace replkit::refserver::directory {
namespace {

using protocol::ResultCode;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::StartsWith;

PasswordMaking cheap(const std::string& realm = "") {
  return {.cost = {.argon2_memory_kib = 64, .argon2_passes = 1, .scram_iterations = 4096}, .digest_realm = realm};
}

std::vector<OwnedModification> hash(const std::vector<model::Modification>& changes, const store::StoredEntry& entry) {
  return hash_passwords(test_schema(), cheap(), changes, entry);
}

bool fits(const std::string& password, const std::string& stored) {
  return auth::password_fits(Secret(password), stored);
}

TEST(Passwords, AreFoundUnderAllTheirDescriptions) {
  const auto& schema = test_schema().model();
  EXPECT_TRUE(is_password(schema, "USERPASSWORD"));
  EXPECT_TRUE(is_password(schema, "2.5.4.35"));
  EXPECT_TRUE(is_password(schema, "userPassword;x-old"));
  EXPECT_FALSE(is_password(schema, "authPassword"));
  EXPECT_TRUE(has_clear_password(schema, attributes_of({"userPassword;x-old: clear"})));
  EXPECT_FALSE(has_clear_password(schema, attributes_of({"userPassword: {SSHA}hash", "description: clear"})));
  EXPECT_TRUE(has_clear_password(schema, {add("2.5.4.35", {"{SSHA}x", "clear"})}));
}

TEST(Passwords, NeverReachAnEntryInTheClear) {
  for (const std::string description : {"userPassword", "USERPASSWORD;x-old", "2.5.4.35"}) {
    for (const auto& change : {add(description, {"clear"}), replace(description, {"clear"})}) {
      const auto made = hash({change}, make_person());
      ASSERT_EQ(made.size(), 2U);
      EXPECT_EQ(made[0].change.description, description);
      EXPECT_EQ(made[0].origin, Origin::client);
      EXPECT_THAT(made[0].change.values, ElementsAre(StartsWith("{ARGON2}")));
      EXPECT_EQ(made[1].change.description, "authPassword");
      EXPECT_EQ(made[1].origin, Origin::server);
      EXPECT_THAT(made[1].change.values, ElementsAre(StartsWith("SCRAM-SHA-256$")));
    }
    auto attributes = attributes_of({description + ": clear"});
    hash_passwords(test_schema().model(), cheap(), attributes);
    ASSERT_EQ(attributes.size(), 2U);
    EXPECT_TRUE(fits("clear", attributes[0].values.at(0)));
    EXPECT_EQ(attributes[1].description, "authPassword");
  }
}

TEST(Passwords, AreFollowedThroughOneRequest) {
  const auto made = hash({add("userPassword", {"a"}), add("userPassword", {"b"}), remove("userPassword", {"a"}),
                          add("userPassword", {"a"})},
                         make_person());
  ASSERT_EQ(made.size(), 8U);
  EXPECT_EQ(made[4].change.values, made[0].change.values) << "the hash made before";
  EXPECT_EQ(made[5].change.values.size(), 1U);
  EXPECT_EQ(made[7].change.values.size(), 2U);
  EXPECT_EQ(code_of([] {
              hash({add("userPassword", {"a"}), add("userPassword", {"a"})}, make_person());
            }),
            ResultCode::attribute_or_value_exists);
  EXPECT_EQ(code_of([] {
              hash({replace("userPassword", {"a"}), remove("userPassword", {"b"})}, make_person());
            }),
            ResultCode::no_such_attribute);
}

TEST(Passwords, LeaveOtherModificationsAsTheyAre) {
  const std::vector changes{add("description", {"clear"}), increment("userPassword", "1"), remove("sn")};
  const auto made = hash(changes, make_person());
  ASSERT_EQ(made.size(), 3U);
  for (std::size_t i = 0; i < made.size(); ++i) EXPECT_EQ(made[i].change, changes[i]);
}

TEST(Passwords, KeepHashesAndDropWhatCannotBeVouchedFor) {
  const auto entry = make_person({"userPassword: {SSHA}one", "userPassword: {SSHA}two"});
  const auto made = hash({remove("userPassword", {"{SSHA}one"}), add("userPassword", {"{CRYPT}three"})}, entry);
  ASSERT_EQ(made.size(), 2U) << "there was no verifier to drop";
  EXPECT_THAT(made[0].change.values, ElementsAre("{SSHA}one"));
  EXPECT_THAT(made[1].change.values, ElementsAre("{CRYPT}three"));
}

TEST(Passwords, MakeSecretsForDigestMd5WhenConfigured) {
  const auto made = make_password(cheap("example.com"), Secret("clear"), {"ann", "annie"});
  EXPECT_THAT(made.verifiers,
              ElementsAre(StartsWith("SCRAM-SHA-256$"), auth::digest_md5_secret("ann", "example.com", Secret("clear")),
                          auth::digest_md5_secret("annie", "example.com", Secret("clear"))));
  auto attributes = attributes_of({"uid: ann", "userPassword: clear"});
  hash_passwords(test_schema().model(), cheap("example.com"), attributes);
  EXPECT_EQ(attributes.at(2).values.size(), 2U);
  EXPECT_THAT(uids_of(test_schema().model(), make_person({"uid: ann"})), ElementsAre("ann"));
  EXPECT_THAT(uids_of(test_schema().model(), make_person()), IsEmpty());
}

}  // namespace
}  // namespace replkit::refserver::directory
