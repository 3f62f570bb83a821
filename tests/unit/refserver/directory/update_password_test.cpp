#include <gmock/gmock.h>

#include "tests/refserver/protocol/oids.hpp"
#include "tests/unit/refserver/directory/update_testing.hpp"

namespace replkit::refserver::directory {
namespace {

using protocol::ResultCode;
using ::testing::ElementsAre;

class PasswordModifyTest : public UpdateTest {
 protected:
  using Text = std::optional<std::string>;

  protocol::ResponseMessage change(const Text& identity, const Text& old_password, const Text& new_password) {
    protocol::PasswordModify request;
    request.identity = identity;
    if (old_password) request.old_password = Secret(*old_password);
    if (new_password) request.new_password = Secret(*new_password);
    return send(protocol::encode_password_modify(request));
  }

  bool fits(const std::string& dn, const std::string& password) const {
    const auto stored = values(dn, "userPassword");
    return stored.size() == 1 && auth::password_fits(Secret(password), stored[0]);
  }
};

TEST_F(PasswordModifyTest, SetsThePasswordOfWhomeverIsNamed) {
  const std::vector<std::string> identities{ann, "dn:" + ann, "u:ann", "DN: CN = ann,ou=people,dc=example,dc=com"};
  for (const auto& identity : identities) {
    const auto response = change(identity, {}, "for " + identity);
    EXPECT_EQ(response.result.code, ResultCode::success) << identity << " " << response.result.diagnostic;
    EXPECT_FALSE(response.value);
    EXPECT_FALSE(response.name);
    EXPECT_TRUE(fits(ann, "for " + identity));
  }
  EXPECT_EQ(values(ann, "authPassword").size(), 1U);
  EXPECT_THAT(values(ann, "modifiersName"), ElementsAre("cn=root"));
}

TEST_F(PasswordModifyTest, SetsTheCallersOwn) {
  caller_ = bound(ann);
  EXPECT_EQ(change({}, {}, "one").result.code, ResultCode::success);
  EXPECT_TRUE(fits(ann, "one"));
  EXPECT_EQ(change({}, "wrong", "two").result.code, ResultCode::unwilling_to_perform);
  EXPECT_TRUE(fits(ann, "one"));
  EXPECT_EQ(change("", "one", "two").result.code, ResultCode::success);
  EXPECT_TRUE(fits(ann, "two"));
}

TEST_F(PasswordModifyTest, MakesAPassword) {
  const auto response = change(ann, {}, {});
  ASSERT_EQ(response.result.code, ResultCode::success);
  ASSERT_TRUE(response.value);
  const auto made = protocol::decode_generated_password(*response.value);
  EXPECT_GE(made.reveal().size(), 16U);
  EXPECT_TRUE(fits(ann, std::string(made.reveal())));
}

TEST_F(PasswordModifyTest, AnswersWithTheCodesThatFit) {
  EXPECT_EQ(change("cn=x," + people, {}, "new").result.code, ResultCode::no_such_object);
  EXPECT_EQ(change("u:nobody", {}, "new").result.code, ResultCode::no_such_object);
  EXPECT_EQ(change("no dn", {}, "new").result.code, ResultCode::invalid_dn_syntax);
  EXPECT_EQ(change(ann, {}, "").result.code, ResultCode::constraint_violation);
  EXPECT_EQ(change(base, {}, "new").result.code, ResultCode::success) << "a domain may have a password";
  EXPECT_EQ(change(ann, "old", "new").result.code, ResultCode::unwilling_to_perform) << "there is no old one";
  EXPECT_EQ(change({}, {}, "new").result.code, ResultCode::no_such_object) << "cn=root has no entry";
  caller_ = bound("");
  EXPECT_EQ(change({}, {}, "new").result.code, ResultCode::stronger_auth_required);
  EXPECT_EQ(change(ann, {}, "new").result.code, ResultCode::no_such_object);
  caller_ = bound("cn=Carl," + people);
  EXPECT_EQ(change(ann, {}, "new").result.code, ResultCode::insufficient_access_rights);
  EXPECT_EQ(change(bob, {}, "new").result.code, ResultCode::no_such_object);
}

TEST_F(PasswordModifyTest, WantsAConnectionThatNobodyReads) {
  caller_.security.loopback = false;
  EXPECT_EQ(change(ann, {}, "new").result.code, ResultCode::confidentiality_required);
  caller_.security.tls = true;
  EXPECT_EQ(change(ann, {}, "new").result.code, ResultCode::success);
}

TEST_F(PasswordModifyTest, RefusesAMalformedRequest) {
  protocol::ExtendedRequest request{.oid = std::string(protocol::oid::password_modify), .value = "\x30\x05x"};
  EXPECT_EQ(send(request).result.code, ResultCode::protocol_error);
  EXPECT_EQ(audit_.last().operation, "passwordModify");
}

TEST_F(PasswordModifyTest, LetsOneOfTwoWithTheOldPasswordThrough) {
  for (int round = 0; round < 5; ++round) {
    ASSERT_EQ(change(ann, {}, "old").result.code, ResultCode::success);
    const auto begin = [&](const std::string& password) {
      protocol::PasswordModify request;
      request.identity = ann;
      request.old_password = Secret("old");
      request.new_password = Secret(password);
      return start(protocol::encode_password_modify(request));
    };
    auto first = begin("a");
    auto second = begin("b");
    const bool a = wait(first).result.code == ResultCode::success;
    const bool b = wait(second).result.code == ResultCode::success;
    EXPECT_NE(a, b);
    EXPECT_TRUE(fits(ann, a ? "a" : "b"));
  }
}

}  // namespace
}  // namespace replkit::refserver::directory
