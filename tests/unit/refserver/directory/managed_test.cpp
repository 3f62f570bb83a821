// Entries of replication (draft-ietf-ldup-mrm-02 3.1 - 3.11) and Write-Unwriteable (3.16).
#include "tests/refserver/directory/managed.hpp"

#include "common/ldup/oids.hpp"
#include "common/model/dn.hpp"
#include "tests/refserver/protocol/refusal.hpp"
#include "tests/unit/refserver/directory/directory_testing.hpp"

namespace replkit::refserver::directory {
namespace {

using model::ModifyKind;
using protocol::ResultCode;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

const std::string top = "dc=example,dc=com";
const std::string r1 = "cn=r1," + top;
const std::string agreement = "cn=to-r2," + r1;

constexpr const char* tree = R"(dn: dc=example,dc=com
objectClass: domain
dc: example

dn: ou=people,dc=example,dc=com
objectClass: organizationalUnit
ou: people
)";

access::Rights rights(std::initializer_list<access::Right> list) {
  access::Rights out = *access::rights_named("read");
  for (const auto right : list) out = out | right;
  return out;
}

ServerOptions options() {
  using enum access::Right;
  ServerOptions out;
  out.rules = {rule({"dn:cn=manager"}, {"*"}, {}, rights({manage})),
               rule({"dn:cn=editor"}, {"*"}, {}, rights({write, create, remove, rename})),
               rule({"dn:cn=mender"}, {"*"}, {}, rights({metadata_write})), everything({"administrators"})};
  out.rules.back().rights = access::Rights::all();
  return out;
}

class ManagedTest : public ::testing::Test {
 protected:
  ManagedTest() { by("cn=admin"); }

  void by(const std::string& dn) {
    caller_ = dn == "cn=admin" ? TestDirectory::administrator() : TestDirectory::user(dn);
    caller_.security.tls = true;
  }

  protocol::Result send(protocol::Request request, std::vector<protocol::Control> controls = {}) {
    const auto operation = server_.start(caller_, std::move(request), std::move(controls));
    server_.store().apply([](store::Writer&) {});
    std::string bytes;
    EXPECT_EQ(operation->step(bytes, 100), Operation::State::done);
    return protocol::decode_response(bytes).result;
  }
  ResultCode add(const std::string& dn, std::vector<model::Attribute> attributes,
                 std::vector<protocol::Control> controls = {}) {
    return send(protocol::AddRequest{dn, std::move(attributes)}, std::move(controls)).code;
  }
  ResultCode modify(const std::string& dn, ModifyKind kind, std::string type, std::vector<std::string> values,
                    std::vector<protocol::Control> controls = {}) {
    return send(protocol::ModifyRequest{dn, {{kind, std::move(type), std::move(values)}}}, std::move(controls)).code;
  }
  ResultCode remove(const std::string& dn, std::vector<protocol::Control> controls = {}) {
    return send(protocol::DeleteRequest{dn}, std::move(controls)).code;
  }
  ResultCode rename(const std::string& dn, const std::string& rdn, std::optional<std::string> superior = {}) {
    return send(protocol::ModifyDnRequest{dn, rdn, true, std::move(superior)}).code;
  }

  static std::vector<model::Attribute> replica(const std::string& type = "2", const std::string& id = "r1") {
    return {{"objectClass", {"top", "Subentry", "replicaSubentry"}},
            {"cn", {id}},
            {"replicaURI", {"ldap://" + id}},
            {"replicaType", {type}}};
  }
  static std::vector<model::Attribute> agreement_entry() {
    return {{"objectClass", {"top", "subentry", "replicaAgreementSubentry-2"}},
            {"cn", {"to-r2"}},
            {"replicaDN", {"cn=r2," + top}}};
  }
  void make_area() {
    ASSERT_EQ(modify(top, ModifyKind::add, "objectClass", {"replicationContext"}), ResultCode::success);
    ASSERT_EQ(add(r1, replica()), ResultCode::success);
    ASSERT_EQ(add(agreement, agreement_entry()), ResultCode::success);
  }

  std::vector<std::string> values(const std::string& dn, const std::string& type) {
    const auto found = server_.search(search_of(dn, "(objectClass=*)", protocol::Scope::base, {type}));
    if (found.entries.empty() || found.entries[0].find(type) == nullptr) return {};
    return found.entries[0].find(type)->values;
  }

  TestDirectory server_{tree, options()};
  access::Caller caller_;
};

const auto unwriteable = control(ldup::oid::write_unwriteable);

TEST_F(ManagedTest, AreMadeByReplicationManagers) {
  by("cn=manager");
  EXPECT_EQ(modify(top, ModifyKind::add, "objectClass", {"replicationContext"}), ResultCode::success);
  EXPECT_EQ(modify(top, ModifyKind::add, "objectClass", {"replicationContext"}), ResultCode::attribute_or_value_exists);
  EXPECT_EQ(modify(top, ModifyKind::add, "description", {"x"}), ResultCode::insufficient_access_rights);
  EXPECT_EQ(add(r1, replica()), ResultCode::success);
  EXPECT_EQ(add(agreement, agreement_entry()), ResultCode::success);
  EXPECT_EQ(add("cn=soon," + agreement, {{"objectClass", {"replicaEventSchedule", "ldupScheduleLimits"}},
                                         {"cn", {"soon"}},
                                         {"secondsToWaitDefault", {"5"}},
                                         {"ldupMaxPendingChanges", {"10"}}}),
            ResultCode::success);
  EXPECT_EQ(add("ou=x," + top, {{"objectClass", {"organizationalUnit"}}, {"ou", {"x"}}}),
            ResultCode::insufficient_access_rights);
  EXPECT_EQ(modify(r1, ModifyKind::replace, "replicaOnline", {"TRUE"}), ResultCode::success);
  EXPECT_EQ(rename(agreement, "cn=to-r3"), ResultCode::success);
  EXPECT_EQ(remove("cn=soon,cn=to-r3," + r1), ResultCode::success);
  EXPECT_EQ(remove("cn=to-r3," + r1), ResultCode::success);
  EXPECT_EQ(remove(r1), ResultCode::success);
  EXPECT_EQ(modify(top, ModifyKind::remove, "objectClass", {"replicationContext"}), ResultCode::success);
}

TEST_F(ManagedTest, AreNobodyElses) {
  by("cn=editor");
  constexpr auto refused = ResultCode::insufficient_access_rights;
  EXPECT_EQ(modify(top, ModifyKind::add, "objectClass", {"replicationContext"}), refused);
  EXPECT_EQ(modify(top, ModifyKind::add, "objectClass", {"2.16.840.1.113719.1.142.6.2.2"}), refused);
  EXPECT_EQ(add("ou=x," + top, {{"objectClass", {"organizationalUnit", "replicationContext"}}, {"ou", {"x"}}}),
            refused);
  by("cn=admin");
  make_area();
  by("cn=editor");
  EXPECT_EQ(add("cn=r2," + top, replica("2", "r2")), refused);
  EXPECT_EQ(modify(r1, ModifyKind::replace, "description", {"x"}), refused);
  EXPECT_EQ(modify(agreement, ModifyKind::replace, "description", {"x"}), refused);
  EXPECT_EQ(remove(agreement), refused);
  EXPECT_EQ(rename(agreement, "cn=x"), refused);
  EXPECT_EQ(remove(r1, {control(protocol::oid::tree_delete)}), refused);
  EXPECT_EQ(modify(top, ModifyKind::remove, "objectClass", {"replicationContext"}), refused);
  EXPECT_EQ(modify(top, ModifyKind::remove, "objectClass", {}), refused);
  EXPECT_EQ(modify(top, ModifyKind::replace, "objectClass", {"domain", "top"}), refused);
  EXPECT_EQ(remove(top, {control(protocol::oid::tree_delete)}), refused);
  EXPECT_EQ(modify(top, ModifyKind::replace, "description", {"x"}), ResultCode::success) << "it is but an entry";
  EXPECT_EQ(add("ou=y," + top, {{"objectClass", {"organizationalUnit"}}, {"ou", {"y"}}}), ResultCode::success);
}

TEST_F(ManagedTest, AreNotFoundInTreesToDelete) {
  by("cn=editor");
  ASSERT_EQ(add("ou=sub," + top, {{"objectClass", {"organizationalUnit"}}, {"ou", {"sub"}}}), ResultCode::success);
  ASSERT_EQ(add("ou=area,ou=sub," + top, {{"objectClass", {"organizationalUnit"}}, {"ou", {"area"}}}),
            ResultCode::success);
  by("cn=manager");
  ASSERT_EQ(modify("ou=area,ou=sub," + top, ModifyKind::add, "objectClass", {"replicationContext"}),
            ResultCode::success);
  by("cn=editor");
  EXPECT_EQ(remove("ou=sub," + top, {control(protocol::oid::tree_delete)}), ResultCode::insufficient_access_rights);
}

TEST_F(ManagedTest, OfAnAreaWithReplicasKeepItsTree) {
  by("cn=admin");
  make_area();
  const auto whole = {control(protocol::oid::tree_delete)};
  EXPECT_EQ(remove(top, whole), ResultCode::unwilling_to_perform);
  ASSERT_EQ(add("ou=sub," + top, {{"objectClass", {"organizationalUnit", "replicationContext"}}, {"ou", {"sub"}}}),
            ResultCode::success);
  ASSERT_EQ(add("cn=r1,ou=sub," + top, replica()), ResultCode::success);
  EXPECT_EQ(remove(r1, whole), ResultCode::success);
  EXPECT_EQ(remove(top, whole), ResultCode::unwilling_to_perform) << "there is one below";
  EXPECT_EQ(remove("cn=r1,ou=sub," + top, whole), ResultCode::success);
  EXPECT_EQ(remove(top, whole), ResultCode::success);
}

TEST_F(ManagedTest, GetWhatTheyMustHave) {
  make_area();
  EXPECT_THAT(values(r1, "replicaOnline"), ElementsAre("FALSE"));
  EXPECT_THAT(values(r1, "lostAndFoundEntryDN"), ElementsAre("cn=lostAndFound," + top));
  EXPECT_THAT(values(r1, "subtreeSpecification"), ElementsAre("{ }"));
  EXPECT_THAT(values(agreement, "subtreeSpecification"), ElementsAre("{ }"));
  auto given = replica("3", "r2");
  given.push_back({"replicaOnline", {"TRUE"}});
  given.push_back({"lostAndFoundEntryDN", {"cn=x," + top}});
  given.push_back({"attributeInclusionFilter", {"cn,sn"}});
  ASSERT_EQ(add("cn=r2," + top, given), ResultCode::success);
  EXPECT_THAT(values("cn=r2," + top, "replicaOnline"), ElementsAre("TRUE"));
  EXPECT_THAT(values("cn=r2," + top, "lostAndFoundEntryDN"), ElementsAre("cn=x," + top));
  auto older = replica("3", "r3");
  older[0].values = {"LDAPsubentry", "replicaSubentry-2"};
  ASSERT_EQ(add("cn=r3," + top, older), ResultCode::success);
  EXPECT_THAT(values("cn=r3," + top, "objectClass"),
              testing::UnorderedElementsAre("top", "subentry", "replicaSubentry-2"));
}

TEST_F(ManagedTest, MakeSense) {
  EXPECT_EQ(add(r1, replica()), ResultCode::naming_violation) << "there is no area yet";
  make_area();
  EXPECT_EQ(add("cn=r 2," + top, replica("2", "r 2")), ResultCode::naming_violation);
  EXPECT_EQ(add("cn=" + std::string(65, 'r') + "," + top, replica("2", std::string(65, 'r'))),
            ResultCode::naming_violation);
  EXPECT_EQ(add("cn=r2,ou=people," + top, replica("2", "r2")), ResultCode::naming_violation);
  EXPECT_EQ(add("cn=to-r2," + top, agreement_entry()), ResultCode::naming_violation);
  EXPECT_EQ(add("cn=r2," + top, replica("0", "r2")), ResultCode::constraint_violation);
  EXPECT_EQ(add("cn=r2," + top, replica("4", "r2")), ResultCode::constraint_violation);
  auto without = replica("2", "r2");
  without.pop_back();
  EXPECT_EQ(add("cn=r2," + top, without), ResultCode::object_class_violation) << "replicaType";
  auto partial = replica("2", "r2");
  partial.push_back({"attributeExclusionFilter", {"sn"}});
  EXPECT_EQ(add("cn=r2," + top, partial), ResultCode::constraint_violation) << "only read-only ones are fractional";
  auto vector = replica("2", "r2");
  vector.push_back({"updateVector", {"20200101000000Z#000000#r2#000000"}});
  EXPECT_EQ(add("cn=r2," + top, vector), ResultCode::constraint_violation) << "the replica itself writes that";
  EXPECT_EQ(rename(r1, "cn=r9"), ResultCode::unwilling_to_perform) << "it is in CSNs";
  EXPECT_EQ(rename(agreement, "cn=to-r2", top), ResultCode::naming_violation);
  EXPECT_EQ(remove(r1), ResultCode::not_allowed_on_non_leaf);
  EXPECT_EQ(modify(r1, ModifyKind::replace, "replicaURI", {"x"}), ResultCode::constraint_violation);
  for (const auto& lost : {top, std::string("o=other"), "cn=lost,ou=people," + top}) {
    auto misplaced = replica("2", "r2");
    misplaced.push_back({"lostAndFoundEntryDN", {lost}});
    EXPECT_EQ(add("cn=r2," + top, misplaced), ResultCode::constraint_violation) << lost;
    EXPECT_EQ(modify(r1, ModifyKind::replace, "lostAndFoundEntryDN", {lost}), ResultCode::constraint_violation) << lost;
  }
  EXPECT_EQ(modify(r1, ModifyKind::replace, "lostAndFoundEntryDN", {"CN = lost, " + top}), ResultCode::success);
  for (const auto* subtree : {"{ minimum 1 }", "{ maximum 2 }", "{ specificationFilter item:person }"}) {
    auto part = replica("3", "r2");
    part.push_back({"subtreeSpecification", {subtree}});
    EXPECT_EQ(add("cn=r2," + top, part), ResultCode::constraint_violation) << subtree;
    EXPECT_EQ(modify(r1, ModifyKind::replace, "subtreeSpecification", {subtree}), ResultCode::constraint_violation)
        << subtree;
  }
  ASSERT_EQ(add("ou=area," + top, {{"objectClass", {"organizationalUnit", "replicationContext"}}, {"ou", {"area"}}}),
            ResultCode::success);
  for (const auto& base : {top, "ou=people," + top, std::string("ou=area"), std::string("ou=x,OU = Area")}) {
    EXPECT_EQ(modify(r1, ModifyKind::replace, "subtreeSpecification", {"{ base \"" + base + "\" }"}),
              ResultCode::constraint_violation)
        << base;
  }
  EXPECT_EQ(modify(r1, ModifyKind::replace, "subtreeSpecification", {"{ base \"ou=later\" }"}), ResultCode::success);
  EXPECT_EQ(add("cn=p1," + top, replica("1", "p1")), ResultCode::success);
  EXPECT_EQ(add("cn=p2," + top, replica("1", "p2")), ResultCode::constraint_violation) << "there is a primary";
}

TEST_F(ManagedTest, AreModifiedAsFarAsTheDraftSays) {
  make_area();
  using enum ModifyKind;
  EXPECT_EQ(modify(r1, replace, "replicaType", {"3"}), ResultCode::constraint_violation);
  EXPECT_EQ(modify(r1, add, "attributeExclusionFilter", {"sn"}), ResultCode::constraint_violation);
  EXPECT_EQ(modify(agreement, add, "attributeExclusionFilter", {"sn"}), ResultCode::success);
  EXPECT_EQ(modify(agreement, replace, "replicationStatus", {"x"}), ResultCode::constraint_violation);
  EXPECT_EQ(modify(agreement, replace, "replicaDN", {"cn=r3," + top}), ResultCode::success);
  EXPECT_EQ(modify(agreement, replace, "replicationMechanismOID", {"ietf-ldup-full-update"}), ResultCode::success);
  EXPECT_THAT(values(agreement, "replicationMechanismOID"), ElementsAre(ldup::oid::full_update_protocol));
  EXPECT_EQ(modify(agreement, ModifyKind::remove, "replicationMechanismOID", {"IETF-LDUP-full-update"}),
            ResultCode::success);
  auto named = agreement_entry();
  named[1].values = {"named"};
  named.push_back({"replicationMechanismOID", {"ietf-ldup-incremental-update"}});
  EXPECT_EQ(this->add("cn=named," + r1, named), ResultCode::success);
  EXPECT_THAT(values("cn=named," + r1, "replicationMechanismOID"), ElementsAre(ldup::oid::incremental_update_protocol));
  EXPECT_EQ(modify(r1, add, "replicaOnline", {"FALSE"}), ResultCode::attribute_or_value_exists);
  EXPECT_EQ(modify(r1, replace, "replicaOnline", {"FALSE"}), ResultCode::success);
}

TEST_F(ManagedTest, AreSeenWhenAskedFor) {
  make_area();
  const auto below = [&](const char* filter, protocol::Scope scope = protocol::Scope::one_level) {
    return server_.search(search_of(top, filter, scope)).dns();
  };
  EXPECT_THAT(below("(objectClass=*)"), ElementsAre("ou=people," + top));
  EXPECT_THAT(below("(objectClass=replicaSubentry-2)"), ElementsAre(r1));
  EXPECT_THAT(below("(&(objectClass=replicationSubentry)(replicaURI=ldap://r1))"), ElementsAre(r1));
  EXPECT_THAT(below("(objectClass=replicaAgreement)", protocol::Scope::subtree), ElementsAre(agreement));
  EXPECT_THAT(below("(objectClass=replicaEventSchedule)", protocol::Scope::subtree), IsEmpty());
  ASSERT_EQ(add("cn=soon," + agreement, {{"objectClass", {"replicaEventSchedule"}}, {"cn", {"soon"}}}),
            ResultCode::success);
  EXPECT_THAT(below("(objectClass=replicaEventSchedule)", protocol::Scope::subtree),
              ElementsAre("cn=soon," + agreement));
  EXPECT_THAT(server_.search(search_of(r1)).dns(), UnorderedElementsAre(r1, agreement, "cn=soon," + agreement));
  EXPECT_THAT(server_.search(search_of(top), {protocol::encode_subentries(true)}).entries.size(), 3U);
}

// --- Write-Unwriteable ---

TEST_F(ManagedTest, WritesTheUnwriteable) {
  make_area();
  using enum ModifyKind;
  EXPECT_EQ(modify(r1, replace, "replicaType", {"3"}, {unwriteable}), ResultCode::success);
  EXPECT_EQ(modify(r1, add, "attributeExclusionFilter", {"sn"}, {unwriteable}), ResultCode::success);
  EXPECT_EQ(modify(r1, replace, "replicaType", {"2"}, {unwriteable}), ResultCode::constraint_violation)
      << "not with a filter";
  EXPECT_EQ(modify(agreement, replace, "replicationStatus", {"x"}, {unwriteable}), ResultCode::success);
  EXPECT_EQ(modify(r1, replace, "updateVector", {"20200101000000Z#000000#r1#000000"}, {unwriteable}),
            ResultCode::success);
  EXPECT_EQ(modify("ou=people," + top, replace, "createTimestamp", {"20200101000000Z"}, {unwriteable}),
            ResultCode::success);
  EXPECT_THAT(values("ou=people," + top, "createTimestamp"), ElementsAre("20200101000000Z"));
  for (const auto* name : {"structuralObjectClass", "subschemaSubentry", "entryDN", "hasSubordinates", "entryUUID",
                           "createdEntryCSN", "deletedEntryCSN"}) {
    EXPECT_NE(modify("ou=people," + top, replace, name, {"x"}, {unwriteable}), ResultCode::success) << name;
    EXPECT_NE(modify("ou=people," + top, remove, name, {}, {unwriteable}), ResultCode::success) << name;
  }
  EXPECT_EQ(modify("ou=people," + top, replace, "entryDN", {top}, {unwriteable}), ResultCode::constraint_violation);
  EXPECT_EQ(ManagedTest::add(
                "ou=x," + top,
                {{"objectClass", {"organizationalUnit"}}, {"ou", {"x"}}, {"createTimestamp", {"20200101000000Z"}}},
                {unwriteable}),
            ResultCode::success);
  EXPECT_THAT(values("ou=x," + top, "createTimestamp"), ElementsAre("20200101000000Z"));
  EXPECT_EQ(
      ManagedTest::add("ou=y," + top, {{"objectClass", {"organizationalUnit"}}, {"ou", {"y"}}, {"entryDN", {top}}},
                       {unwriteable}),
      ResultCode::constraint_violation);
  EXPECT_EQ(ManagedTest::remove("ou=x," + top, {unwriteable}), ResultCode::success);
}

TEST_F(ManagedTest, WritesTheUnwriteableWithTheRightToMetaDataOnly) {
  make_area();
  using enum ModifyKind;
  const std::string people = "ou=people," + top;
  by("cn=editor");
  EXPECT_EQ(modify(people, replace, "description", {"x"}, {unwriteable}), ResultCode::insufficient_access_rights);
  EXPECT_EQ(ManagedTest::remove(people, {unwriteable}), ResultCode::insufficient_access_rights);
  EXPECT_EQ(ManagedTest::add("ou=x," + top, {{"objectClass", {"organizationalUnit"}}, {"ou", {"x"}}}, {unwriteable}),
            ResultCode::insufficient_access_rights);
  by("cn=mender");
  EXPECT_EQ(modify(people, replace, "createTimestamp", {"20200101000000Z"}, {unwriteable}), ResultCode::success);
  EXPECT_EQ(modify(people, replace, "description", {"x"}, {unwriteable}), ResultCode::insufficient_access_rights);
  EXPECT_EQ(modify(r1, replace, "replicaType", {"3"}, {unwriteable}), ResultCode::insufficient_access_rights)
      << "that is for managers";
  by("cn=manager");
  EXPECT_EQ(modify(r1, replace, "replicaType", {"3"}, {unwriteable}), ResultCode::insufficient_access_rights);
  by("cn=admin");
  caller_.security = {};
  EXPECT_EQ(modify(people, replace, "description", {"x"}, {unwriteable}), ResultCode::confidentiality_required);
  caller_.security.loopback = true;
  EXPECT_EQ(modify(people, replace, "description", {"x"}, {unwriteable}), ResultCode::success);
}

TEST_F(ManagedTest, TakesNoValueWithTheControl) {
  auto with_value = unwriteable;
  with_value.value = "x";
  EXPECT_EQ(modify(top, ModifyKind::replace, "description", {"x"}, {with_value}), ResultCode::protocol_error);
}

}  // namespace
}  // namespace replkit::refserver::directory
