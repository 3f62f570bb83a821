#include "common/tasks/facts.hpp"

#include "tests/unit/tasks/testing.hpp"

namespace replkit::tasks {
namespace {

TEST(Facts, KindsByTheRootDse) {
  EXPECT_EQ(kind_of(entry_of("", {{"objectClass", "OpenLDAProotDSE"}})), Kind::openldap);
  // OpenLDAP with the schema of LDUP loaded still does not do it.
  EXPECT_EQ(kind_of(entry_of("", {{"objectClass", "OpenLDAProotDSE"}, {"replicaContextRoots", "o=x"}})),
            Kind::openldap);
  EXPECT_EQ(kind_of(entry_of("", {{"vendorName", "389 Project"}})), Kind::ds389);
  EXPECT_EQ(kind_of(entry_of("", {{"dsServiceName", "CN=NTDS Settings"}})), Kind::active_directory);
  EXPECT_EQ(kind_of(entry_of("", {{"replicationContexts", "o=x"}})), Kind::ldup);
  EXPECT_EQ(kind_of(entry_of("", {{"vendorName", "replkit"}})), Kind::other);
}

TEST(Facts, EndpointsAreHostAndPort) {
  EXPECT_EQ(endpoint_of("LDAP://Host.Example.com"), "host.example.com:389");
  EXPECT_EQ(endpoint_of("ldaps://h/"), "h:636");
  EXPECT_EQ(endpoint_of("ldap://[::1]:1389"), "::1:1389");
  EXPECT_EQ(endpoint_of("ldapi://%2Frun"), std::nullopt);
  EXPECT_EQ(endpoint_of("nonsense"), std::nullopt);
}

TEST(Facts, NamesOfOddForms) {
  EXPECT_EQ(child_dn("a, b+\"c\" #1\\", "o=x"), "cn=a\\, b\\+\\\"c\\\" #1\\\\,o=x");
  EXPECT_EQ(cn_of(child_dn(" #x ", "o=x")), " #x ");
  EXPECT_EQ(cn_of("2.5.4.3=q+sn=y,o=x"), "q");
  EXPECT_TRUE(same_dn("CN=a\\2C b, O=X", "cn=A\\, B,o=x"));
  EXPECT_TRUE(is_child("cn=a,O=X", "o=x"));
  EXPECT_FALSE(is_child("cn=a,cn=b,o=x", "o=x"));
  EXPECT_FALSE(is_child("o=x", "o=x"));
}

TEST(Facts, AgreementsAreThoseRightBelow) {
  auto area = area_of_two();
  auto& replica = area.replicas[0];
  replica.below = {agreement_of("a", replica, area.replicas[1]),
                   entry_of("cn=s,cn=s1,o=x", {{"objectClass", "replicaEventSchedule"}}),
                   entry_of("cn=b,cn=a,cn=s1,o=x", {{"objectClass", "replicaAgreementSubentry"}})};
  EXPECT_EQ(replica.agreements().size(), 1U);
  EXPECT_NE(replica.find_agreement("CN=A,cn=s1,o=x"), nullptr);
  EXPECT_EQ(replica.find_agreement("b"), nullptr);
}

}  // namespace
}  // namespace replkit::tasks
