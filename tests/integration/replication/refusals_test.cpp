// Sessions and triggers that are refused.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "common/base/cancel.hpp"
#include "common/ldap/extended.hpp"
#include "common/ldup/cycle.hpp"
#include "common/ldup/grouping.hpp"
#include "common/ldup/oids.hpp"
#include "common/ldup/replication_update.hpp"
#include "common/ldup/session.hpp"
#include "tests/integration/replication/group.hpp"
#include "tests/support/process.hpp"

namespace replkit::replication_test {
namespace {

using nlohmann::json;

constexpr int operations_error = 1, protocol_error = 2, invalid_syntax = 21, no_such_object = 32, denied = 50,
              busy = 51, unavailable = 52, unwilling = 53, skew = 200;

// A supplier by hand.
class Supplier {
 public:
  Supplier(Group& group, const std::string& at, const std::string& bind_dn = {}) {
    ldap::ConnectionOptions options;
    options.uri = group[at].uri();
    options.bind.method = ldap::BindMethod::simple;
    options.bind.dn = bind_dn.empty() ? group.root_dn() : bind_dn;
    options.bind.password = Secret("secret");
    connection_.emplace(ldap::Connection::open(options, cancel_));
    calls_.emplace(*connection_);
  }

  int create(ldup::CreateReplGroupRequest request) {
    const auto answer = calls_->call(
        {std::string(ldup::oid::create_grouping),
         ldup::encode(ldup::CreateGroupingRequest{std::string(ldup::oid::replication_grouping), ldup::encode(request)}),
         {}});
    if (answer.value) cookie_ = ldup::decode_create_grouping_response(*answer.value).cookie.value_or("");
    return static_cast<int>(answer.code);
  }
  int create(const std::string& area, const std::string& id,
             std::string_view protocol = ldup::oid::incremental_update_protocol) {
    return create({area, id, std::string(protocol), ldup::Initiator::supplier, std::nullopt});
  }

  int update(const std::string& value) {
    const auto control = ldup::encode(ldup::GroupingControl{cookie_, {}});
    return static_cast<int>(calls_
                                ->call({std::string(ldup::oid::replication_update),
                                        value,
                                        {{std::string(ldup::oid::grouping_control), true, control}}})
                                .code);
  }
  int update(const ldup::EntryUpdate& update_) { return update(ldup::encode(update_)); }

  int end(bool all = true) {
    const auto value = ldup::encode(ldup::EndReplGroupRequest{all, std::nullopt});
    return static_cast<int>(
        calls_->call({std::string(ldup::oid::end_grouping), ldup::encode(ldup::EndGroupingRequest{cookie_, value}), {}})
            .code);
  }
  ldap::Connection& connection() { return *connection_; }
  ldap::ExtendedCalls& calls() { return *calls_; }
  std::string cookie_;

 private:
  CancelToken cancel_;
  std::optional<ldap::Connection> connection_;
  std::optional<ldap::ExtendedCalls> calls_;
};

ldup::EntryUpdate unit_update(const std::string& name, const ldup::Csn& csn) {
  ldup::EntryUpdate out;
  out.entry = model::Uuid::named({}, name);
  const auto add = [&](ldup::Primitive::Kind kind, std::uint32_t number) -> ldup::Primitive& {
    auto& primitive = out.primitives.emplace_back();
    primitive.kind = kind;
    primitive.csn = csn.with_modification(number);
    return primitive;
  };
  auto& entry = add(ldup::Primitive::Kind::add_entry, 0);
  entry.superior = model::Uuid::named({}, "root");
  entry.rdn = "ou=" + name;
  auto& value = add(ldup::Primitive::Kind::add_value, 0);
  value.type = "objectClass";
  value.value = "organizationalUnit";
  return out;
}

Instant now() {
  return std::chrono::floor<std::chrono::seconds>(system_clock().now());
}

// What somebody is told who reads an entry that is not to be had.
std::string referral(Group& group, const std::string& at) {
  const auto read = support::run({"ldapsearch", "-x", "-o", "ldif-wrap=no", "-H", group[at].uri(), "-D",
                                  group.root_dn(), "-w", "secret", "-b", unit_dn("x"), "-s", "base"},
                                 {.environment = {"LDAPNOINIT=1", "LDAPCONF"}});
  return read.out + read.err;
}

// A group whose servers begin nothing by themselves: "b" is supplied by hand.
Group quiet() {
  return Group({{"a", 2, {}, false}, {"b"}}, {{"a", "b"}});
}

class Refusals : public testing::Test {
 protected:
  Group group = quiet();
};

// --- Sessions (draft-ietf-ldup-protocol-05 9) ---

TEST_F(Refusals, WhoMayNotReplicateLearnsNothing) {
  auto b = group.client("b");
  ASSERT_EQ(b.add("cn=user," + suffix,
                  {{"objectClass", {"person"}}, {"cn", {"user"}}, {"sn", {"user"}}, {"userPassword", {"secret"}}}),
            0);
  Supplier user(group, "b", "cn=user," + suffix);
  EXPECT_EQ(user.create(suffix, "a"), denied);
  EXPECT_EQ(user.create("dc=other", "a"), denied);
  Supplier admin(group, "b");
  EXPECT_EQ(admin.create("dc=other", "a"), denied) << "no such area";
  EXPECT_EQ(admin.create("no dn", "a"), denied);
  EXPECT_EQ(admin.create(suffix, "x"), denied) << "no such replica";
  EXPECT_EQ(admin.create(suffix, "b"), denied) << "its own";
  EXPECT_EQ(admin.create(suffix, "a", "1.2.3"), protocol_error);
  EXPECT_EQ(admin.create(Group::replica_dn("b"), "a"), 0) << "the area may be named by a replica";
  EXPECT_EQ(admin.end(), 0);
  EXPECT_EQ(admin.create(suffix, "a"), 0);
}

TEST(Rights, AreGrantedOneByOne) {
  std::string rules;
  for (const auto* right : {"replicate", "trigger", "manage"}) {
    rules += fmt::format("[[access]]\nwho = \"dn:cn={0},{1}\"\nrights = [\"read\", \"{0}\"]\n\n", right, suffix);
  }
  Group group({{"a", 2, {}, false}, {"b"}}, {{"a", "b"}}, "none", {}, rules);
  auto b = group.client("b");
  for (const std::string right : {"replicate", "trigger", "manage"}) {
    const auto dn = "cn=" + right + "," + suffix;
    ASSERT_EQ(b.add(dn, {{"objectClass", {"person"}}, {"cn", {right}}, {"sn", {"x"}}, {"userPassword", {"secret"}}}),
              0);
    const ldup::TerminateReplicationRequest terminate{.target = Group::replica_dn("a"), .uri = group["a"].uri()};
    const auto ended =
        group.extended("b", std::string(ldup::oid::terminate_replication), ldup::encode(terminate), dn).code;
    const auto triggered = group.trigger("b", "a", "incremental", group["a"].uri(), dn).code;
    Supplier session(group, "b", dn);
    const auto begun = session.create(suffix, "a");
    if (begun == 0) session.end();
    support::Client client(group["b"].uri(), dn, "secret");
    const auto managed = client.modify(Group::replica_dn("a"), {{support::Change::replace, "description", {right}}});
    EXPECT_EQ(ended == denied, right != "trigger") << right << ended;
    EXPECT_EQ(triggered == denied, right != "trigger") << right << triggered;
    EXPECT_EQ(begun, right == "replicate" ? 0 : denied) << right;
    EXPECT_EQ(managed, right == "manage" ? 0 : denied) << right;
  }
}

TEST_F(Refusals, OneSessionAtATime) {
  Supplier first(group, "b");
  Supplier second(group, "b");
  ASSERT_EQ(first.create(suffix, "a"), 0);
  EXPECT_EQ(second.create(suffix, "a"), busy);
  EXPECT_EQ(first.end(), 0);
  EXPECT_EQ(second.create(suffix, "a"), 0);
}

TEST_F(Refusals, ASessionThatWaitsIsBegunWhenTheOtherEnds) {
  Supplier second(group, "b");
  int id = 0;
  {
    Supplier first(group, "b");
    ASSERT_EQ(first.create(suffix, "a"), 0);
    id = second.calls().send(
        {std::string(ldup::oid::create_grouping),
         ldup::encode(ldup::CreateGroupingRequest{
             std::string(ldup::oid::replication_grouping),
             ldup::encode(ldup::CreateReplGroupRequest{suffix, "a", std::string(ldup::oid::incremental_update_protocol),
                                                       ldup::Initiator::supplier, std::nullopt})}),
         {}});
  }  // its connection is cut
  const auto answer = second.calls().receive(std::chrono::seconds(10));
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->id, id);
  EXPECT_EQ(static_cast<int>(answer->code), 0);
}

TEST_F(Refusals, TheConnectionIsTheSessions) {
  Supplier supplier(group, "b");
  EXPECT_EQ(supplier.update(unit_update("x", {now(), 1, "a", 0})), operations_error) << "no group";
  ASSERT_EQ(supplier.create(suffix, "a"), 0);
  EXPECT_EQ(supplier.create(suffix, "a"), operations_error) << "groups are not nested";
  EXPECT_THROW(supplier.connection().read(suffix, {}), ldap::LdapError);
  const auto cookie = std::exchange(supplier.cookie_, "another");
  EXPECT_EQ(supplier.update(unit_update("x", {now(), 1, "a", 0})), operations_error);
  supplier.cookie_ = cookie;
  EXPECT_EQ(supplier.update(unit_update("x", {now(), 1, "a", 0})), 0);
  EXPECT_EQ(supplier.end(), 0);
  EXPECT_TRUE(supplier.connection().read(unit_dn("x"), {}));
}

TEST_F(Refusals, MalformedUpdatesAndClocksFarAhead) {
  Supplier supplier(group, "b");
  ASSERT_EQ(supplier.create(suffix, "a"), 0);
  EXPECT_EQ(supplier.update(std::string("nonsense")), protocol_error);
  EXPECT_NE(supplier.end(), 0) << "not all was applied, so the vector stays";
  ASSERT_EQ(supplier.create(suffix, "a"), 0);
  EXPECT_EQ(supplier.update(unit_update("x", {now() + std::chrono::hours(1), 1, "a", 0})), skew);
  EXPECT_NE(supplier.end(), 0);
  EXPECT_FALSE(group.client("b").read(unit_dn("x")));
  ASSERT_EQ(supplier.create(suffix, "a"), 0);
  EXPECT_EQ(supplier.update(unit_update("x", {now() + std::chrono::minutes(1), 1, "a", 0})), 0);
  EXPECT_EQ(supplier.end(), 0);
}

TEST_F(Refusals, AnIncrementalSessionWithAReplicaThatIsNotOnline) {
  Supplier supplier(group, "a");
  EXPECT_EQ(supplier.create(suffix, "b"), busy);
  EXPECT_EQ(supplier.create(suffix, "b", ldup::oid::full_update_protocol), 0) << "a full one is not stopped by that";
}

// A full update that was cut leaves the area closed, whatever happens, until there is another.
TEST_F(Refusals, AnAreaWhoseContentIsBeingReplaced) {
  auto b = group.client("b");
  {
    Supplier supplier(group, "b");
    ASSERT_EQ(supplier.create(suffix, "a", ldup::oid::full_update_protocol), 0);
    EXPECT_THROW(b.read(unit_dn("x")), std::runtime_error) << "referred";
    EXPECT_NE(add_unit(b, "x"), 0);
    EXPECT_THAT(referral(group, "b"), testing::HasSubstr("which is under way"));
  }
  ASSERT_TRUE(group.session("b", {{"kind", "full"}, {"result", "failure"}}));
  EXPECT_THROW(b.read(unit_dn("x")), std::runtime_error);
  group["b"].kill9();
  group["b"].start();
  EXPECT_THROW(group.client("b").read(unit_dn("x")), std::runtime_error);
  EXPECT_THAT(referral(group, "b"), testing::HasSubstr("waits for a full update"));
  const auto answer = group.trigger_when_free("a", "b", "full");
  ASSERT_EQ(answer.code, 0) << answer.diagnostic;
  ASSERT_TRUE(group.session("b", {{"kind", "full"}, {"result", "success"}}));
  EXPECT_TRUE(group.client("b").read(suffix));
  EXPECT_EQ(group.difference("a", "b"), "");
}

// But those who manage replication see what the area is, as it was before.
TEST_F(Refusals, AnAreaWithoutContentCanBeLookedAtByAdministrators) {
  auto b = group.client("b");
  ASSERT_EQ(add_unit(b, "x"), 0);
  {
    Supplier supplier(group, "b");
    ASSERT_EQ(supplier.create(suffix, "a", ldup::oid::full_update_protocol), 0);
  }
  ASSERT_TRUE(group.session("b", {{"kind", "full"}, {"result", "failure"}}));
  const auto own = b.read(Group::replica_dn("b"), {"*", "+"});
  ASSERT_TRUE(own);
  EXPECT_EQ(own->attributes.at("replicaURI"), std::vector<std::string>{group["b"].uri()});
  EXPECT_TRUE(own->attributes.contains("entryUUID"));
  EXPECT_TRUE(b.read(suffix));
  const auto dns = [&](const std::string& base, int scope, const std::string& filter) {
    std::vector<std::string> out;
    for (const auto& entry : b.search(base, scope, filter)) out.push_back(entry.dn);
    return out;
  };
  EXPECT_THAT(dns(suffix, 1, "(objectClass=replicaSubentry-2)"),
              testing::UnorderedElementsAre(Group::replica_dn("a"), Group::replica_dn("b")));
  EXPECT_THAT(dns(suffix, 2, "(objectClass=replicaAgreementSubentry-2)"),
              testing::ElementsAre("cn=to-b," + Group::replica_dn("a")));
  EXPECT_THROW(dns(suffix, 2, "(objectClass=*)"), std::runtime_error) << "that is people's";
  support::Client nobody(group["b"].uri());
  EXPECT_THROW(nobody.read(suffix), std::runtime_error) << "not an administrator";
  EXPECT_THROW(nobody.read(Group::replica_dn("b")), std::runtime_error);
}

// Only when nobody sends one is a full update to be begun.
TEST_F(Refusals, AnIncrementalSessionDuringAFullOneAndAfterOneThatBrokeOff) {
  auto full = std::make_optional<Supplier>(group, "b");
  ASSERT_EQ(full->create(suffix, "a", ldup::oid::full_update_protocol), 0);
  EXPECT_EQ(Supplier(group, "b").create(suffix, "a"), busy);
  full.reset();
  ASSERT_TRUE(group.session("b", {{"kind", "full"}, {"result", "failure"}}));
  EXPECT_EQ(Supplier(group, "b").create(suffix, "a"), unwilling);
}

TEST(Silence, OfASupplierEndsItsSession) {
  Group group({{"a", 2, {}, false}, {"b", 2, {}, true, "idle = \"300ms\"\n"}}, {{"a", "b"}});
  Supplier silent(group, "b");
  ASSERT_EQ(silent.create(suffix, "a"), 0);
  ASSERT_TRUE(group.session("b", {{"result", "failure"}, {"text", "the supplier was silent for too long"}}));
  Supplier next(group, "b");
  EXPECT_EQ(next.create(suffix, "a"), 0);
  EXPECT_EQ(silent.update(unit_update("x", {now(), 1, "a", 0})), operations_error);
}

// A change of an entry that is not here, and cannot have come: the supplier has what others have deleted and purged.
TEST(Lingering, IsRefusedOrAskedFor) {
  Group group({{"a", 2, {}, false}, {"strict", 2, {}, true, "consistency = \"strict\"\n"}, {"loose"}},
              {{"a", "strict"}, {"a", "loose"}});
  auto update = unit_update("lingering", {now(), 1, "a", 0});
  update.primitives.erase(update.primitives.begin());  // the add
  {
    Supplier supplier(group, "strict");
    ASSERT_EQ(supplier.create(suffix, "a"), 0);
    EXPECT_NE(supplier.update(update), 0);
    EXPECT_NE(supplier.end(), 0);
    EXPECT_TRUE(group.session("strict", {{"result", "failure"}}));
  }
  Supplier supplier(group, "loose");
  ASSERT_EQ(supplier.create(suffix, "a"), 0);
  EXPECT_EQ(supplier.update(update), no_such_object);
  EXPECT_EQ(supplier.end(), no_such_object) << "it has not come whole";
  EXPECT_EQ(supplier.update(update), 0) << "so it is all there is";
  EXPECT_EQ(supplier.end(), 0);
  const auto session = group.session("loose", {{"result", "success"}});
  ASSERT_TRUE(session);
  EXPECT_NE(session->dump().find("glue made"), std::string::npos) << "and it is told";
}

// It has left the consumer with nothing.
TEST(FullUpdates, ThatBrokeOffAreBegunAgain) {
  Group group({{"a"}, {"b"}}, {{"a", "b"}});
  auto a = group.client("a");
  ASSERT_EQ(add_unit(a, "before"), 0);
  ASSERT_TRUE(group.shows("b", unit_dn("before")));
  {
    Supplier supplier(group, "b");
    ASSERT_TRUE(support::eventually(
        std::chrono::seconds(20), [&] { return supplier.create(suffix, "a", ldup::oid::full_update_protocol) == 0; }));
  }
  ASSERT_TRUE(group.session("b", {{"kind", "full"}, {"result", "failure"}}));
  ASSERT_EQ(add_unit(a, "after"), 0);
  ASSERT_TRUE(group.session("a", {{"kind", "full"}, {"result", "success"}}));
  EXPECT_TRUE(group.shows("b", unit_dn("before")));
  EXPECT_TRUE(group.shows("b", unit_dn("after")));
}

TEST_F(Refusals, ASupplierThatStoppedRaisesNothing) {
  const auto before = group.vector("b");
  Supplier supplier(group, "b");
  ASSERT_EQ(supplier.create(suffix, "a"), 0);
  ASSERT_EQ(supplier.update(unit_update("x", {now(), 1, "a", 0})), 0);
  ASSERT_EQ(supplier.end(false), 0);
  EXPECT_TRUE(group.session("b", {{"result", "terminated"}, {"text", "the supplier stopped"}}));
  EXPECT_EQ(group.vector("b"), before);
}

TEST_F(Refusals, AReplicaIdOfTwoReplicasIsReported) {
  Supplier supplier(group, "b");
  const auto stranger = model::Uuid::random();
  ASSERT_EQ(supplier.create({suffix, "a", std::string(ldup::oid::incremental_update_protocol),
                             ldup::Initiator::supplier, std::vector<ldup::ReplicaId>{{"a", stranger}}}),
            0);
  ASSERT_EQ(supplier.end(), 0);
  const auto session = group.session("b", {{"result", "success"}});
  ASSERT_TRUE(session);
  EXPECT_NE(session->dump().find("two replicas have the ID a"), std::string::npos) << *session;
  EXPECT_NE(session->dump().find(stranger.text()), std::string::npos);
}

// --- Triggers (mrm 3.12, 3.13) ---

TEST_F(Refusals, Triggers) {
  auto b = group.client("b");
  ASSERT_EQ(b.add("cn=user," + suffix,
                  {{"objectClass", {"person"}}, {"cn", {"user"}}, {"sn", {"user"}}, {"userPassword", {"secret"}}}),
            0);
  EXPECT_EQ(group.trigger("b", "a", "full", {}, "cn=user," + suffix).code, denied);
  const std::string trigger(ldup::oid::trigger_replication);
  const auto ask = [&](const std::string& target, const std::string& uri,
                       ldup::TriggerReplicationRequest::Update update) {
    return group
        .extended("b", trigger,
                  ldup::encode(ldup::TriggerReplicationRequest{
                      target, uri, update, ldup::TriggerReplicationRequest::Mode::online, {}}))
        .code;
  };
  using enum ldup::TriggerReplicationRequest::Update;
  const auto uri = group["a"].uri();
  EXPECT_EQ(ask("cn=x," + suffix, uri, full), no_such_object);
  EXPECT_EQ(ask(suffix, uri, full), no_such_object) << "an area is no replica";
  EXPECT_EQ(ask(Group::replica_dn("a"), "http://127.0.0.1/", full), invalid_syntax);
  EXPECT_EQ(ask(Group::replica_dn("a"), "ldap://127.0.0.1:1", full), unwilling);
  EXPECT_EQ(ask(Group::replica_dn("b"), group["b"].uri(), full), unwilling) << "itself";
  EXPECT_EQ(group.extended("b", trigger, "nonsense").code, protocol_error);
  group["a"].stop();
  EXPECT_EQ(ask(Group::replica_dn("a"), uri, full), unavailable);
}

TEST_F(Refusals, ATriggerWhileASessionRuns) {
  Supplier supplier(group, "b");
  ASSERT_EQ(supplier.create(suffix, "a"), 0);
  EXPECT_EQ(group.trigger("b", "a", "full").code, busy) << "here";
  EXPECT_EQ(group.trigger("a", "b", "full").code, busy) << "there";
}

TEST(RefusalsOfTriggers, WithoutAgreementOrOffline) {
  Group group({{"a"}, {"b", 2, {}, false}, {"c"}}, {{"a", "b"}});
  EXPECT_EQ(group.trigger("c", "a", "full").code, unwilling) << "no agreement either way";
  EXPECT_EQ(group.trigger("b", "a", "incremental").code, unwilling) << "it is not online";
  EXPECT_EQ(group.trigger("a", "b", "incremental").code, busy) << "only the other one knows that";
}

TEST_F(Refusals, TerminateStopsTheSessionThatRuns) {
  const auto nothing = group.terminate("b", "a");
  ASSERT_EQ(nothing.code, 0) << nothing.diagnostic;
  EXPECT_EQ(ldup::decode_terminate_replication_response(nothing.value.value()).sessions, 0);
  Supplier supplier(group, "b");
  ASSERT_EQ(supplier.create(suffix, "a"), 0);
  ASSERT_EQ(supplier.update(unit_update("x", {now(), 1, "a", 0})), 0);
  const auto one = group.terminate("b", "a");
  EXPECT_EQ(ldup::decode_terminate_replication_response(one.value.value()).sessions, 1);
  EXPECT_NE(supplier.update(unit_update("y", {now(), 2, "a", 0})), 0);
  EXPECT_NE(supplier.end(), 0);
  EXPECT_FALSE(group.client("b").read(unit_dn("y")));
  EXPECT_TRUE(group.session("b", {{"result", "terminated"}}));
}

}  // namespace
}  // namespace replkit::replication_test
