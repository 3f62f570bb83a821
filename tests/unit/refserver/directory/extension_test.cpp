// What extensions add to the directory, and what they are asked and told.
#include "tests/refserver/directory/extension.hpp"

#include "common/base/error.hpp"
#include "common/ldup/oids.hpp"
#include "tests/refserver/directory/answer.hpp"
#include "tests/refserver/protocol/encode.hpp"
#include "tests/refserver/protocol/refusal.hpp"
#include "tests/unit/refserver/directory/directory_testing.hpp"

namespace replkit::refserver::directory {
namespace {

using protocol::Refusal;
using protocol::ResultCode;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Not;

constexpr const char* tree = R"(dn: dc=example,dc=com
objectClass: domain
dc: example

dn: ou=people,dc=example,dc=com
objectClass: organizationalUnit
ou: people
)";

// The operation 1.1.1 (alias 1.1.2) answers with its value; the change 1.1.3 is refused.
class TestExtension : public Extension {
 public:
  std::vector<std::string> operations() const override { return {"1.1.1", "1.1.3"}; }
  std::vector<std::string> aliases() const override { return {"1.1.2"}; }
  bool takes_control(std::string_view oid, std::string_view control) const override {
    return oid != "1.1.3" && (control == "1.9" || control == protocol::oid::manage_dsa_it);
  }

  std::unique_ptr<Operation> start(Call call, Wake) override {
    const auto& request = std::get<protocol::ExtendedRequest>(call.message.request);
    const auto value = call.controls.manage_dsa_it ? "manage" : request.value.value_or("");
    std::string out;
    for (const auto& each : call.message.controls) {
      if (each.oid != "1.9") continue;
      protocol::encode_intermediate_response(out, call.message.id, each.oid, each.value);
    }
    protocol::encode_extended_response(out, call.message.id, {}, request.oid, value);
    return answered(std::move(out));
  }

  bool is_change(std::string_view oid) const override { return oid == "1.1.3"; }
  std::unique_ptr<Change> plan(const Call&) override { throw Refusal(ResultCode::unwilling_to_perform, "never"); }
  void describe(const Call&, AuditRecord& record) const override { record.operation = "three"; }

  void describe_root(const Call&, const store::Reader&, model::Entry& root) const override {
    root.add("supportedControl", "1.9");
  }

  void admit(const Call& call) override {
    if (call.bound.connection == 13) throw Refusal(ResultCode::busy, "not now");
  }
  void check(const Call&, const store::Reader&, const LocalChange& change) override {
    asked.push_back(change);
    if (refuses)
      throw Refusal({.code = ResultCode::referral, .matched_dn = {}, .diagnostic = {}, .referrals = {"ldap://x"}});
  }
  void changed(const LocalChange& change) noexcept override { told.push_back(change); }
  bool is_grouped(std::uint64_t connection) const override { return connection == 7; }
  void forget(std::uint64_t connection) override { forgotten.push_back(connection); }

  bool refuses = false;
  std::vector<LocalChange> asked;
  std::vector<LocalChange> told;
  std::vector<std::uint64_t> forgotten;
};

class ExtensionTest : public ::testing::Test {
 protected:
  ExtensionTest() { server_.directory().add(extension_); }

  protocol::ResponseMessage extended(const std::string& oid, std::vector<protocol::Control> controls = {}) {
    return server_.ask(TestDirectory::administrator(), protocol::ExtendedRequest{oid, "v"}, std::move(controls));
  }
  // Changes are made on the writer's thread: done when the last of them is on disk.
  void change(protocol::Request request, std::vector<protocol::Control> controls = {}) {
    auto caller = TestDirectory::administrator();
    caller.security.tls = true;
    const auto operation = server_.start(caller, std::move(request), std::move(controls));
    server_.store().apply([](store::Writer&) {});
    ASSERT_EQ(operation->step(response_, 1), Operation::State::done);
  }

  std::shared_ptr<TestExtension> extension_ = std::make_shared<TestExtension>();
  TestDirectory server_{tree};
  std::string response_;
};

TEST_F(ExtensionTest, HasOperationsThatTheRootDseLists) {
  const auto found = server_.search(search_of("", "(objectClass=*)", protocol::Scope::base, {"+"}));
  ASSERT_EQ(found.entries.size(), 1U);
  const auto* extensions = found.entries[0].find("supportedExtension");
  const auto* controls = found.entries[0].find("supportedControl");
  ASSERT_NE(extensions, nullptr);
  ASSERT_NE(controls, nullptr);
  EXPECT_THAT(extensions->values, Contains("1.1.1"));
  EXPECT_THAT(extensions->values, Contains("1.1.3"));
  EXPECT_THAT(extensions->values, Not(Contains("1.1.2"))) << "an alias";
  EXPECT_THAT(controls->values, Contains("1.9"));
}

TEST_F(ExtensionTest, AnswersItsOperations) {
  EXPECT_EQ(extended("1.1.1").result.code, ResultCode::success);
  EXPECT_EQ(extended("1.1.1").value, "v");
  EXPECT_EQ(extended("1.1.1").name, "1.1.1");
  EXPECT_EQ(extended("1.1.2").name, "1.1.2");
  EXPECT_EQ(extended("1.1.4").result.code, ResultCode::protocol_error);
}

TEST_F(ExtensionTest, TakesItsControls) {
  protocol::Control group{"1.9", true, "cookie"};
  std::string out;
  const auto operation = server_.start(TestDirectory::administrator(), protocol::ExtendedRequest{"1.1.1", {}}, {group});
  ASSERT_EQ(operation->step(out, 1000), Operation::State::done);
  Found found;
  EXPECT_NE(out.find("cookie"), std::string::npos);
  EXPECT_EQ(extended("1.1.1", {control(protocol::oid::manage_dsa_it)}).value, "manage");
  EXPECT_EQ(extended("1.1.3", {group}).result.code, ResultCode::unavailable_critical_extension);
  EXPECT_EQ(extended("1.1.1", {control("1.8")}).result.code, ResultCode::unavailable_critical_extension);
  EXPECT_EQ(extended("1.1.1", {control("1.8", false)}).result.code, ResultCode::success);
}

TEST_F(ExtensionTest, PlansItsChanges) {
  const auto response = extended("1.1.3");
  EXPECT_EQ(response.result.code, ResultCode::unwilling_to_perform);
  EXPECT_EQ(response.name, "1.1.3");
}

TEST_F(ExtensionTest, IsAskedAboutEveryRequest) {
  auto caller = TestDirectory::administrator();
  caller.connection = 13;
  EXPECT_EQ(server_.search(caller, search_of("dc=example,dc=com")).result.code, ResultCode::busy);
}

TEST_F(ExtensionTest, HearsOfChanges) {
  change(protocol::AddRequest{"cn=A,ou=people,dc=example,dc=com",
                              {{"objectClass", {"person"}}, {"cn", {"A"}}, {"sn", {"B"}}}});
  change(protocol::ModifyDnRequest{"cn=A,ou=people,dc=example,dc=com", "cn=C", true, {}});
  change(protocol::DeleteRequest{"cn=C,ou=people,dc=example,dc=com"}, {control(ldup::oid::write_unwriteable)});
  change(protocol::DeleteRequest{"cn=C,ou=people,dc=example,dc=com"});
  ASSERT_EQ(extension_->told.size(), 3U) << "the last one found nothing";
  EXPECT_EQ(extension_->asked.size(), 4U);
  EXPECT_EQ(extension_->told[0].key, "cn=a,ou=people,dc=example,dc=com");
  EXPECT_THAT(extension_->told[0].attributes, ElementsAre("objectClass", "cn", "sn"));
  EXPECT_EQ(extension_->told[0].operation, protocol::Operation::add);
  EXPECT_EQ(extension_->told[1].new_key, "cn=c,ou=people,dc=example,dc=com");
  EXPECT_GT(extension_->told[2].csn, extension_->told[1].csn);
  EXPECT_EQ(extension_->told[2].csn, server_.store().snapshot()->last_csn());
  EXPECT_FALSE(extension_->told[1].forced);
  EXPECT_TRUE(extension_->told[2].forced);
}

TEST_F(ExtensionTest, RefusesChanges) {
  extension_->refuses = true;
  change(protocol::DeleteRequest{"ou=people,dc=example,dc=com"});
  EXPECT_NE(response_.find("ldap://x"), std::string::npos);
  EXPECT_TRUE(extension_->told.empty());
  EXPECT_EQ(server_.store().snapshot()->entry_count(), 2U);
}

TEST_F(ExtensionTest, KeepsGroupsOfConnections) {
  EXPECT_TRUE(server_.directory().is_grouped(7));
  EXPECT_FALSE(server_.directory().is_grouped(8));
  server_.directory().forget(7);
  server_.directory().rebind(8);
  EXPECT_THAT(extension_->forgotten, ElementsAre(7U, 8U));
}

TEST_F(ExtensionTest, SharesNoOperations) {
  EXPECT_THROW(server_.directory().add(std::make_shared<TestExtension>()), Error);
}

}  // namespace
}  // namespace replkit::refserver::directory
