#include "common/ldup/agreement.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace replkit::ldup {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr auto full = "2.25.181348535598521182392638709585471321732.3.2.1";
constexpr auto incremental = "2.25.181348535598521182392638709585471321732.3.2.2";

// RFC 4514 wants the '>' escaped, which infomod does not do.
model::Entry infomod_example() {
  return {"cn=agreement1-\\>2, cn=replica1, ou=accounting, o=your company",
          {{"objectclass", {"replicaAgreement"}},
           {"cn", {"agreement1->2"}},
           {"replicationScheduleDN", {"cn=schedule1, cn=replica1, ou=accounting, o=your company"}},
           {"replicaDN", {"cn=replica2, ou=accounting, o=your company"}}}};
}

TEST(Agreement, ExampleOfInfomod) {
  Findings findings;
  const auto agreement = Agreement::read(infomod_example(), findings);
  EXPECT_THAT(findings, IsEmpty());
  EXPECT_EQ(agreement.replica_dn, "cn=replica2, ou=accounting, o=your company");
  EXPECT_EQ(agreement.supplier_dn(), "cn=replica1,ou=accounting,o=your company");
  EXPECT_EQ(agreement.credentials_dn, "");
  EXPECT_EQ(agreement.mechanism, "");
  EXPECT_TRUE(agreement.is_incremental());
  EXPECT_FALSE(agreement.status);
  EXPECT_TRUE(agreement.exclusion.empty());
}

TEST(Agreement, MustHaveAName) {
  for (const auto* dn : {"", "cn=a->b,o=x", "cn=alone"}) {
    auto entry = infomod_example();
    entry.dn = dn;
    Findings findings;
    EXPECT_EQ(Agreement::read(entry, findings).supplier_dn(), "");
    EXPECT_TRUE(has_errors(findings)) << dn;
  }
}

TEST(Agreement, WithoutConsumerIsIgnored) {
  auto entry = infomod_example();
  entry.attributes.pop_back();
  Findings findings;
  const auto agreement = Agreement::read(entry, findings);
  EXPECT_EQ(agreement.replica_dn, "");
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].code, "agreement-ignored");
  EXPECT_EQ(findings[0].severity, Severity::warning);
}

TEST(Agreement, MechanismsByOidAndByName) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"ietf-ldup-full-update", full}, {"IETF-LDUP-incremental-update", incremental}, {full, full}, {"1.2.3", "1.2.3"}};
  for (const auto& [value, oid] : cases) {
    auto entry = infomod_example();
    entry.add("replicationMechanismOID", value);
    Findings findings;
    const auto agreement = Agreement::read(entry, findings);
    EXPECT_THAT(findings, IsEmpty());
    EXPECT_EQ(agreement.mechanism, oid);
    EXPECT_EQ(agreement.is_incremental(), oid == incremental);
  }
  auto entry = infomod_example();
  entry.add("replicationMechanismOID", "ldup");
  Findings findings;
  EXPECT_EQ(Agreement::read(entry, findings).mechanism, "");
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_THAT(findings[0].text, HasSubstr("ietf-ldup-incremental-update"));
}

TEST(Agreement, WrongValuesAreTold) {
  for (const auto* name :
       {"replicaDN", "replicationScheduleDN", "replicationCredentialsDN", "entryUUID", "attributeExclusionFilter"}) {
    auto entry = infomod_example();
    std::erase_if(entry.attributes, [&](const model::Attribute& a) { return a.description == name; });
    entry.add(name, "!");
    Findings findings;
    Agreement::read(entry, findings);
    ASSERT_EQ(findings.size(), 1U) << name;
    EXPECT_EQ(findings[0].attribute, name);
    EXPECT_EQ(findings[0].severity, Severity::error);
    EXPECT_THAT(findings[0].text, HasSubstr("expected"));
  }
}

TEST(Agreement, WritesWhatItReads) {
  auto entry = infomod_example();
  entry.add("replicationCredentialsDN", "cn=to2,cn=replkit");
  entry.add("attributeExclusionFilter", "mail $ jpegPhoto");
  entry.add("replicationMechanismOID", "ietf-ldup-full-update");
  entry.add("description", "at night");
  entry.add("replicationStatus;lang-en", "20260101120000Z # Success #");
  Findings findings;
  const auto agreement = Agreement::read(entry, findings);
  ASSERT_TRUE(agreement.status);
  EXPECT_EQ(agreement.status->outcome, ReplicationStatus::Outcome::success);
  const auto written = agreement.to_entry();
  EXPECT_EQ(written.find("replicationStatus"), nullptr) << "that is the server's";
  EXPECT_EQ(written.first("cn"), "agreement1->2");
  EXPECT_EQ(written.first("attributeExclusionFilter"), "mail,jpegPhoto");
  EXPECT_EQ(written.first("subtreeSpecification"), "{ }");
  EXPECT_THAT(written.find("objectClass")->values, ElementsAre("top", "subentry", "replicaAgreementSubentry-2"));
  EXPECT_EQ(Agreement::read(written, findings).to_entry(), written);
  EXPECT_THAT(findings, IsEmpty());
}

TEST(ReplicationStatus, ExamplesOfInfomod) {
  const auto good = ReplicationStatus::parse("19980805162203Z # Success #");
  EXPECT_EQ(good.outcome, ReplicationStatus::Outcome::success);
  EXPECT_EQ(format_utc(good.time.value()), "1998-08-05T16:22:03Z");
  EXPECT_EQ(good.reason, "");
  const auto bad = ReplicationStatus::parse("19980806003201Z # Failure # lost connection, reset by peer");
  EXPECT_EQ(bad.outcome, ReplicationStatus::Outcome::failure);
  EXPECT_EQ(bad.reason, "lost connection, reset by peer");
  for (const auto* text : {"19980805162203Z # Success #", "19980805162322Z # Failure # Server too busy, try again"})
    EXPECT_EQ(ReplicationStatus::parse(text).text(), text);
}

TEST(ReplicationStatus, AnythingElseIsKept) {
  // The first is an example of infomod too, a digit short.
  for (const auto* text :
       {"9980805162203Z # Success #", "", "all well", "20260101120000Z # Maybe # x", "#", "# Success #"}) {
    const auto status = ReplicationStatus::parse(text);
    EXPECT_EQ(status.outcome, ReplicationStatus::Outcome::unknown) << text;
    EXPECT_EQ(status.text(), text);
  }
  EXPECT_EQ(ReplicationStatus::parse("20260101120000Z#success").outcome, ReplicationStatus::Outcome::success);
  EXPECT_EQ(ReplicationStatus::parse("20260101120000Z # Failure # a # b").reason, "a # b");
}

TEST(ReplicationStatus, ReasonsAreOneLine) {
  ReplicationStatus status;
  status.time = parse_generalized_time("20260101120000Z");
  status.outcome = ReplicationStatus::Outcome::failure;
  status.reason = "two\r\nlines\x1B[0m";
  EXPECT_EQ(status.text(), "20260101120000Z # Failure # two  lines [0m");
}

model::Entry credentials_entry() {
  return {"cn=to2,cn=replkit",
          {{"objectClass", {"ldupSimpleCredentials"}},
           {"cn", {"to2"}},
           {"ldupBindDN", {"cn=replica1,o=x"}},
           {"ldupBindPassword", {"hush"}},
           {"ldupBindMechanism", {"scram-sha-256"}},
           {"ldupStartTLS", {"TRUE"}}}};
}

TEST(Credentials, ReadsAll) {
  Findings findings;
  const auto credentials = Credentials::read(credentials_entry(), true, findings);
  EXPECT_THAT(findings, IsEmpty());
  EXPECT_EQ(credentials.bind_dn, "cn=replica1,o=x");
  EXPECT_EQ(credentials.password.reveal(), "hush");
  EXPECT_EQ(credentials.mechanism, "SCRAM-SHA-256");
  EXPECT_TRUE(credentials.start_tls);
  const auto again = Credentials::read(credentials.to_entry(), true, findings);
  EXPECT_EQ(again.to_entry(), credentials.to_entry());
  EXPECT_THAT(findings, IsEmpty());
}

TEST(Credentials, WhatIsMissing) {
  Findings findings;
  const auto bare = Credentials::read(model::Entry{"cn=c", {}}, false, findings);
  EXPECT_EQ(bare.mechanism, "simple");
  EXPECT_FALSE(bare.start_tls);
  ASSERT_EQ(findings.size(), 1U) << "a server does not show passwords";
  EXPECT_EQ(findings[0].attribute, "ldupBindDN");
  findings.clear();
  Credentials::read(model::Entry{"cn=c", {}}, true, findings);
  ASSERT_EQ(findings.size(), 2U);
  EXPECT_EQ(findings[1].attribute, "ldupBindPassword");
  findings.clear();
  Credentials::read(model::Entry{"cn=c", {{"ldupBindMechanism", {"external"}}}}, true, findings);
  EXPECT_THAT(findings, IsEmpty()) << "the certificate says it all";
}

TEST(Credentials, FindingsNeverHaveThePassword) {
  auto entry = credentials_entry();
  entry.attributes[3].values = {"hush", "secret"};
  entry.attributes[4].values = {"hush"};
  entry.attributes[5].values = {"perhaps"};
  Findings findings;
  Credentials::read(entry, true, findings);
  EXPECT_GE(findings.size(), 3U);
  for (const auto& finding : findings) {
    EXPECT_THAT(describe(finding), Not(HasSubstr("hush")));
    EXPECT_THAT(describe(finding), Not(HasSubstr("secret")));
  }
}

}  // namespace
}  // namespace replkit::ldup
