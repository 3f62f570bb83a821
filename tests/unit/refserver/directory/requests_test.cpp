// Controls, compare, Who am I, and requests nobody knows.
#include "common/ldup/oids.hpp"
#include "tests/refserver/directory/request_controls.hpp"
#include "tests/refserver/protocol/refusal.hpp"
#include "tests/refserver/protocol/result.hpp"
#include "tests/unit/refserver/directory/directory_testing.hpp"

namespace replkit::refserver::directory {
namespace {

using protocol::Control;
using protocol::ResultCode;
namespace oid = protocol::oid;

// --- Controls ---

ResultCode code_of_controls(const protocol::Request& request, const std::vector<Control>& controls) {
  try {
    parse_controls(request, controls);
    return ResultCode::success;
  } catch (const protocol::Refusal& refusal) {
    return refusal.result().code;
  } catch (const protocol::ProtocolError& error) {
    return error.code();
  }
}

TEST(RequestControls, UnknownOnesMatterOnlyWhenCritical) {
  EXPECT_EQ(code_of_controls(protocol::SearchRequest{}, {control("1.2.3", true)}),
            ResultCode::unavailable_critical_extension);
  EXPECT_EQ(code_of_controls(protocol::SearchRequest{}, {control("1.2.3", false)}), ResultCode::success);
}

TEST(RequestControls, GoWithTheirOperations) {
  const std::vector<std::pair<Control, std::string>> cases{
      {protocol::encode_paged_results({}), "s"},
      {protocol::encode_sort_request(std::vector<protocol::SortKey>{{"cn", "", false}}), "s"},
      {protocol::encode_matched_values(std::vector{model::Filter::parse("(cn=*)")}), "s"},
      {protocol::encode_subentries(true), "s"},
      {control(oid::ldup_subentries), "s"},
      {control(oid::manage_dsa_it), "scadmr"},
      {protocol::encode_assertion(model::Filter::parse("(cn=*)")), "scadmr"},
      {protocol::encode_read_request(oid::pre_read, {}), "dmr"},
      {protocol::encode_read_request(oid::post_read, {}), "amr"},
      {control(oid::tree_delete), "d"},
      {control(oid::relax_rules), "a"},
      {control(ldup::oid::write_unwriteable), "admr"},
      {protocol::encode_proxied_authorization("dn:cn=x"), "scadmrwp"},
  };
  const std::vector<std::pair<char, protocol::Request>> requests{
      {'s', protocol::SearchRequest{}},
      {'c', protocol::CompareRequest{}},
      {'a', protocol::AddRequest{}},
      {'d', protocol::DeleteRequest{}},
      {'m', protocol::ModifyRequest{}},
      {'r', protocol::ModifyDnRequest{}},
      {'w', protocol::ExtendedRequest{std::string(oid::who_am_i), {}}},
      {'p', protocol::ExtendedRequest{std::string(oid::password_modify), {}}},
      {'x', protocol::ExtendedRequest{"1.2.3", {}}},
  };
  for (auto [one, operations] : cases) {
    for (const auto& [letter, request] : requests) {
      const bool applies = operations.find(letter) != operations.npos;
      one.critical = true;
      EXPECT_EQ(code_of_controls(request, {one}),
                applies ? ResultCode::success : ResultCode::unavailable_critical_extension)
          << one.oid << ' ' << letter;
      one.critical = false;
      if (one.oid != oid::proxied_authorization) {
        EXPECT_EQ(code_of_controls(request, {one}), ResultCode::success);
      }
    }
  }
  EXPECT_EQ(supported_controls().size(), cases.size());
}

TEST(RequestControls, ComeOnce) {
  const auto managed = control(oid::manage_dsa_it);
  EXPECT_EQ(code_of_controls(protocol::SearchRequest{}, {managed, managed}), ResultCode::protocol_error);
  EXPECT_EQ(
      code_of_controls(protocol::SearchRequest{}, {control(oid::ldup_subentries), protocol::encode_subentries(false)}),
      ResultCode::protocol_error);
  EXPECT_EQ(code_of_controls(protocol::SearchRequest{}, {control("1.2.3", false), control("1.2.3", false)}),
            ResultCode::success);
}

TEST(RequestControls, MustBeWellFormed) {
  for (const auto name : supported_controls()) {
    Control malformed{std::string(name), true, "\x30\x05x"};
    if (name == oid::proxied_authorization) malformed.value.reset();
    for (const protocol::Request& request :
         {protocol::Request(protocol::SearchRequest{}), protocol::Request(protocol::ModifyDnRequest{}),
          protocol::Request(protocol::DeleteRequest{})}) {
      EXPECT_NE(code_of_controls(request, {malformed}), ResultCode::success) << name;
    }
  }
}

// --- Compare ---

constexpr std::string_view data = R"(
dn: dc=example,dc=com
objectClass: domain
dc: example

dn: cn=Ann,dc=example,dc=com
objectClass: inetOrgPerson
cn: Ann
cn;lang-de: Anna
sn: Lee
mail: ann@example.com
userPassword: {SSHA}x
)";

constexpr const char* ann = "cn=Ann,dc=example,dc=com";

TEST(Compare, TellsWhetherTheValueIsThere) {
  TestDirectory server(data);
  const auto code = [&](const std::string& dn, const std::string& description, const std::string& value) {
    const auto response = server.ask(TestDirectory::administrator(), protocol::CompareRequest{dn, description, value});
    EXPECT_EQ(response.kind, protocol::ResponseKind::compare);
    return response.result.code;
  };
  EXPECT_EQ(code(ann, "cn", "  ANN "), ResultCode::compare_true);
  EXPECT_EQ(code(ann, "cn", "anna"), ResultCode::compare_true);
  EXPECT_EQ(code(ann, "cn;lang-de", "ann"), ResultCode::compare_false);
  EXPECT_EQ(code(ann, "name", "lee"), ResultCode::compare_true);
  EXPECT_EQ(code(ann, "sn", "Kay"), ResultCode::compare_false);
  EXPECT_EQ(code(ann, "telephoneNumber", "1"), ResultCode::no_such_attribute);
  EXPECT_EQ(code(ann, "noSuchType", "1"), ResultCode::undefined_attribute_type);
  EXPECT_EQ(code(ann, "jpegPhoto", "1"), ResultCode::inappropriate_matching);
  EXPECT_EQ(code(ann, "seeAlso", "no DN"), ResultCode::invalid_attribute_syntax);
  EXPECT_EQ(code(ann, "objectClass", "person"), ResultCode::compare_true);
  EXPECT_EQ(code(ann, "objectClass", "noSuchClass"), ResultCode::invalid_attribute_syntax);
  EXPECT_EQ(code(ann, "objectClass", "1.2.3.4"), ResultCode::compare_false);
  EXPECT_EQ(code(ann, "hasSubordinates", "false"), ResultCode::invalid_attribute_syntax);
  EXPECT_EQ(code(ann, "hasSubordinates", "FALSE"), ResultCode::compare_true);
  EXPECT_EQ(code(ann, "entryDN", ann), ResultCode::compare_true);
  EXPECT_EQ(code("cn=none,dc=example,dc=com", "cn", "x"), ResultCode::no_such_object);
  EXPECT_EQ(code("nonsense", "cn", "x"), ResultCode::invalid_dn_syntax);
  EXPECT_EQ(code("", "namingContexts", "dc=example,dc=com"), ResultCode::compare_true);
  EXPECT_EQ(code("cn=Subschema", "objectClass", "subschema"), ResultCode::compare_true);
}

TEST(Compare, NeedsItsRight) {
  using access::Right;
  ServerOptions options;
  options.rules = {rule({"*"}, {"*"}, {"mail"}, access::Rights(Right::compare)),
                   rule({"*"}, {"*"}, {"sn"}, access::Rights(Right::read)),
                   rule({"*"}, {"*"}, {"entry"}, access::Rights(Right::read))};
  TestDirectory server(data, options);
  const auto code = [&](const std::string& description, const std::string& value) {
    return server.ask(TestDirectory::user(ann), protocol::CompareRequest{ann, description, value}).result.code;
  };
  EXPECT_EQ(code("mail", "ann@example.com"), ResultCode::compare_true);
  EXPECT_EQ(code("mail", "bob@example.com"), ResultCode::compare_false);
  EXPECT_EQ(code("sn", "Lee"), ResultCode::insufficient_access_rights);
  EXPECT_EQ(code("telephoneNumber", "1"), ResultCode::insufficient_access_rights) << "there or not";
}

TEST(Compare, MindsTheAssertion) {
  TestDirectory server(data);
  const auto code = [&](std::string_view assertion) {
    return server
        .ask(TestDirectory::administrator(), protocol::CompareRequest{ann, "cn", "Ann"},
             {protocol::encode_assertion(model::Filter::parse(assertion))})
        .result.code;
  };
  EXPECT_EQ(code("(sn=Lee)"), ResultCode::compare_true);
  EXPECT_EQ(code("(sn=Kay)"), ResultCode::assertion_failed);
}

// --- Extended operations ---

TEST(WhoAmI, NamesTheCaller) {
  TestDirectory server(data);
  const protocol::ExtendedRequest request{std::string(oid::who_am_i), std::nullopt};
  const auto identity = [&](const access::Caller& caller, std::vector<Control> controls = {}) {
    const auto response = server.ask(caller, request, std::move(controls));
    EXPECT_EQ(response.kind, protocol::ResponseKind::extended);
    EXPECT_EQ(response.result.code, ResultCode::success);
    EXPECT_FALSE(response.name);
    return response.value.value_or("none");
  };
  EXPECT_EQ(identity(TestDirectory::anonymous()), "");
  EXPECT_EQ(identity(TestDirectory::administrator()), "dn:cn=admin");
  EXPECT_EQ(
      identity(TestDirectory::administrator(), {protocol::encode_proxied_authorization(std::string("dn:") + ann)}),
      std::string("dn:") + ann);
  EXPECT_EQ(identity(TestDirectory::administrator(), {protocol::encode_proxied_authorization("")}), "");
  EXPECT_EQ(
      server.ask(TestDirectory::anonymous(), protocol::ExtendedRequest{std::string(oid::who_am_i), "x"}).result.code,
      ResultCode::protocol_error);
}

TEST(Extended, UnknownOnesAreAProtocolError) {
  TestDirectory server(data);
  EXPECT_EQ(server.ask(TestDirectory::anonymous(), protocol::ExtendedRequest{"1.2.3", std::nullopt}).result.code,
            ResultCode::protocol_error);
}

}  // namespace
}  // namespace replkit::refserver::directory
