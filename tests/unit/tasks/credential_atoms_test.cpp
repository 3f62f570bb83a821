#include "common/tasks/credential_atoms.hpp"

#include "tests/unit/tasks/testing.hpp"

namespace replkit::tasks {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

const std::string dn = "cn=peer,cn=replkit";

CredentialsValues simple() {
  CredentialsValues values;
  values.bind_dn = "cn=replicator";
  values.password = Secret("hush");
  return values;
}

model::Entry there() {
  return entry_of(dn, {{"objectClass", "ldupSimpleCredentials"},
                       {"cn", "peer"},
                       {"ldupBindDN", "CN=replicator"},
                       {"ldupBindMechanism", "simple"},
                       {"ldupStartTLS", "TRUE"}});
}

TEST(Credentials, NamesAreBelowTheLocalSuffix) {
  EXPECT_EQ(credentials_dn("peer"), dn);
  EXPECT_EQ(credentials_dn("a, b"), "cn=a\\, b,cn=replkit");
  EXPECT_EQ(credentials_dn("cn=x,o=y"), "cn=x,o=y");
  EXPECT_EQ(credentials_name("CN=peer,CN=replkit"), "peer");
  EXPECT_EQ(credentials_name("cn=x,o=y"), "cn=x,o=y");
  EXPECT_EQ(credentials_name("ou=x,cn=replkit"), "ou=x,cn=replkit");
  EXPECT_THAT(error_of([] { credentials_dn("x=,,"); }), HasSubstr("3 the credentials"));
}

TEST(Credentials, PasswordsAreSentAndNotShown) {
  const auto plan = add_credentials(ldup_server(), dn, {}, true, simple());
  EXPECT_THAT(ldif_of(plan), HasSubstr("ldupBindPassword: (not shown)"));
  EXPECT_THAT(ldif_of(plan), Not(HasSubstr("hush")));
  const auto& add = std::get<model::AddChange>(plan.steps.at(0).change.change);
  const auto found = std::find_if(add.attributes.begin(), add.attributes.end(),
                                  [](const auto& each) { return each.description == "ldupBindPassword"; });
  ASSERT_NE(found, add.attributes.end());
  EXPECT_THAT(found->values, testing::ElementsAre("hush"));
  EXPECT_THAT(texts_of(plan.notes), HasSubstr("in the clear"));
}

TEST(Credentials, WhatCannotWorkIsRefused) {
  const auto add = [](CredentialsValues values) {
    return error_of([&] { add_credentials(ldup_server(), dn, {}, true, values); });
  };
  auto values = simple();
  values.password.reset();
  EXPECT_THAT(add(values), HasSubstr("3 simple needs a password"));
  values = simple();
  values.bind_dn.reset();
  EXPECT_THAT(add(values), HasSubstr("--bind-dn"));
  values = simple();
  values.bind_dn = "nonsense";
  EXPECT_THAT(add(values), HasSubstr("3 the DN to bind as"));
  values = simple();
  values.mechanism = "EXTERNAL";
  EXPECT_THAT(add(values), HasSubstr("of no use with EXTERNAL"));
  values.password.reset();
  EXPECT_EQ(add(values), "nothing");
  EXPECT_FALSE(wants_password({}, values));
  EXPECT_THAT(error_of([] { add_credentials(ldup_server(), dn, there(), true, simple()); }),
              HasSubstr("repctl credentials modify"));
  EXPECT_THAT(error_of([] { add_credentials(ldup_server(), dn, {}, false, simple()); }), HasSubstr("no entry above"));
  EXPECT_THAT(error_of([] { modify_credentials(ldup_server(), dn, {}, simple()); }),
              HasSubstr("repctl credentials add"));
}

TEST(Credentials, ModifySendsWhatDiffers) {
  CredentialsValues values;
  values.bind_dn = "cn=Replicator";
  values.start_tls = true;
  EXPECT_THAT(texts_of(modify_credentials(ldup_server(), dn, there(), values).skipped), HasSubstr("so already"));
  values.start_tls = false;
  values.password = Secret("new");
  const auto ldif = ldif_of(modify_credentials(ldup_server(), dn, there(), values));
  EXPECT_THAT(ldif, HasSubstr("replace: ldupStartTLS\nldupStartTLS: FALSE\n"));
  EXPECT_THAT(ldif, HasSubstr("replace: ldupBindPassword\nldupBindPassword: (not shown)\n"));
  EXPECT_THAT(ldif, Not(HasSubstr("ldupBindDN")));
}

TEST(Credentials, DeleteNamesTheAgreements) {
  auto area = area_of_two();
  auto agreement = agreement_of("to-s2", area.replicas[0], area.replicas[1]);
  agreement.add("replicationCredentialsDN", "CN=Peer,cn=replkit");
  const auto users =
      users_of({agreement, agreement_of("x", area.replicas[1], area.replicas[0])}, name::credentials_dn, dn);
  ASSERT_EQ(users.size(), 1U);
  const auto plan = delete_credentials(ldup_server(), dn, there(), users);
  EXPECT_THAT(texts_of(plan.notes), HasSubstr("cn=to-s2,cn=s1,o=x"));
  EXPECT_EQ(plan.removed.size(), 1U);
  EXPECT_THAT(delete_credentials(ldup_server(), dn, {}, {}).steps, IsEmpty());
  EXPECT_THAT(error_of([] {
                delete_credentials(ldup_server(), "o=x", entry_of("o=x", {{"o", "x"}}), {});
              }),
              HasSubstr("no entry of credentials"));
}

}  // namespace
}  // namespace replkit::tasks
