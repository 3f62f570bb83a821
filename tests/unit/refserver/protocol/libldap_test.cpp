// OpenLDAP's client library as the judge: what it sends is understood, what it gets it understands.
#include <gmock/gmock.h>
#include <ldap.h>
#include <openldap.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/refserver/protocol/client_controls.hpp"
#include "tests/refserver/protocol/decode.hpp"
#include "tests/refserver/protocol/encode.hpp"

namespace replkit::refserver::protocol {
namespace {

using testing::ElementsAre;

// A session of libldap whose other end is in our hands.
class LibLdap : public testing::Test {
 protected:
  void SetUp() override {
    int ends[2];
    ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    server_ = ends[1];
    const timeval deadline{30, 0};
    setsockopt(server_, SOL_SOCKET, SO_RCVTIMEO, &deadline, sizeof deadline);
    ASSERT_EQ(ldap_init_fd(ends[0], 1 /* LDAP_PROTO_TCP */, nullptr, &ldap_), LDAP_SUCCESS);
    const int version = LDAP_VERSION3;
    ldap_set_option(ldap_, LDAP_OPT_PROTOCOL_VERSION, &version);
    ldap_set_option(ldap_, LDAP_OPT_REFERRALS, LDAP_OPT_OFF);
  }
  void TearDown() override {
    if (ldap_ != nullptr) ldap_unbind_ext(ldap_, nullptr, nullptr);
    if (server_ >= 0) close(server_);
  }

  // Returns the next request that the client has sent.
  RequestMessage received() {
    for (;;) {
      const auto length = frame_length(buffer_, 1U << 20);
      if (length && buffer_.size() >= *length) {
        const auto pdu = buffer_.substr(0, *length);
        buffer_.erase(0, *length);
        return decode_request(pdu);
      }
      char data[4096];
      const auto n = recv(server_, data, sizeof data, 0);
      if (n <= 0) throw std::runtime_error("the client sends no more");
      buffer_.append(data, static_cast<std::size_t>(n));
    }
  }
  template <typename T>
  T received_as() {
    return std::get<T>(received().request);
  }

  // Sends to the client, and returns what it makes of that; to be freed.
  LDAPMessage* answered(int id, const std::string& pdu) {
    EXPECT_EQ(send(server_, pdu.data(), pdu.size(), 0), static_cast<ssize_t>(pdu.size()));
    timeval deadline{30, 0};
    LDAPMessage* message = nullptr;
    EXPECT_GT(ldap_result(ldap_, id, LDAP_MSG_ALL, &deadline, &message), 0);
    return message;
  }

  LDAP* ldap_ = nullptr;
  int server_ = -1;
  std::string buffer_;
};

berval as_berval(std::string& text) {
  return {text.size(), text.data()};
}

TEST_F(LibLdap, SendsBindsThatAreUnderstood) {
  std::string password("p\0w", 3);
  auto credentials = as_berval(password);
  int id = 0;
  ASSERT_EQ(ldap_sasl_bind(ldap_, "cn=a,dc=x", LDAP_SASL_SIMPLE, &credentials, nullptr, nullptr, &id), LDAP_SUCCESS);
  const auto simple = received();
  EXPECT_EQ(simple.id, id);
  EXPECT_EQ(std::get<BindRequest>(simple.request).dn, "cn=a,dc=x");
  EXPECT_EQ(std::get<Secret>(std::get<BindRequest>(simple.request).authentication).reveal(), password);

  ASSERT_EQ(ldap_sasl_bind(ldap_, "", "EXTERNAL", nullptr, nullptr, nullptr, &id), LDAP_SUCCESS);
  const auto external = std::get<SaslCredentials>(received_as<BindRequest>().authentication);
  EXPECT_EQ(external.mechanism, "EXTERNAL");
  EXPECT_FALSE(external.credentials);
}

TEST_F(LibLdap, SendsFiltersThatAreUnderstood) {
  for (const auto* text : {"(objectClass=*)", "(cn=a)", "(cn>=a)", "(cn<=a)", "(cn~=a)", "(cn=a*)", "(cn=*a)",
                           "(cn=a*b*c)", "(cn:=a)", "(cn:dn:2.5.13.2:=a)", "(:2.5.13.2:=a)", "(:dn:2.5.13.2:=a)", "(&)",
                           "(|)", "(!(cn=a))", "(&(|(cn=a)(!(sn=b\\2a)))(uid=\\ff\\00))"}) {
    int id = 0;
    const char* attributes[] = {"*", "+", nullptr};
    timeval limit{17, 0};
    ASSERT_EQ(ldap_search_ext(ldap_, "dc=x", LDAP_SCOPE_ONELEVEL, text, const_cast<char**>(attributes), 1, nullptr,
                              nullptr, &limit, 200, &id),
              LDAP_SUCCESS);
    const auto message = received();
    const auto& search = std::get<SearchRequest>(message.request);
    EXPECT_EQ(message.id, id);
    EXPECT_EQ(search.filter.text(), model::Filter::parse(text).text());
    EXPECT_EQ(search.base, "dc=x");
    EXPECT_EQ(search.scope, Scope::one_level);
    EXPECT_EQ(search.size_limit, 200);
    EXPECT_EQ(search.time_limit, 17);
    EXPECT_TRUE(search.types_only);
    EXPECT_THAT(search.attributes, ElementsAre("*", "+"));
  }
}

TEST_F(LibLdap, SendsChangesThatAreUnderstood) {
  int id = 0;
  const char* values[] = {"1", "2", nullptr};
  const char* none[] = {nullptr};
  LDAPMod add{LDAP_MOD_ADD, const_cast<char*>("a"), {const_cast<char**>(values)}};
  LDAPMod remove{LDAP_MOD_DELETE, const_cast<char*>("b"), {nullptr}};
  LDAPMod replace{LDAP_MOD_REPLACE, const_cast<char*>("c"), {const_cast<char**>(none)}};
  LDAPMod increment{LDAP_MOD_INCREMENT, const_cast<char*>("d"), {const_cast<char**>(values)}};
  LDAPMod* changes[] = {&add, &remove, &replace, &increment, nullptr};
  ASSERT_EQ(ldap_modify_ext(ldap_, "dc=x", changes, nullptr, nullptr, &id), LDAP_SUCCESS);
  using model::ModifyKind;
  EXPECT_THAT(
      received_as<ModifyRequest>().changes,
      ElementsAre(model::Modification{ModifyKind::add, "a", {"1", "2"}},
                  model::Modification{ModifyKind::remove, "b", {}}, model::Modification{ModifyKind::replace, "c", {}},
                  model::Modification{ModifyKind::increment, "d", {"1", "2"}}));

  LDAPMod* attributes[] = {&add, nullptr};
  ASSERT_EQ(ldap_add_ext(ldap_, "dc=x", attributes, nullptr, nullptr, &id), LDAP_SUCCESS);
  EXPECT_THAT(received_as<AddRequest>().attributes, ElementsAre(model::Attribute{"a", {"1", "2"}}));

  ASSERT_EQ(ldap_rename(ldap_, "cn=a,dc=x", "cn=b", "dc=y", 1, nullptr, nullptr, &id), LDAP_SUCCESS);
  const auto rename = received_as<ModifyDnRequest>();
  EXPECT_EQ(rename.new_rdn, "cn=b");
  EXPECT_EQ(rename.new_superior, "dc=y");
  EXPECT_TRUE(rename.delete_old_rdn);
  ASSERT_EQ(ldap_rename(ldap_, "cn=a,dc=x", "cn=b", nullptr, 0, nullptr, nullptr, &id), LDAP_SUCCESS);
  EXPECT_EQ(received_as<ModifyDnRequest>().new_superior, std::nullopt);

  ASSERT_EQ(ldap_delete_ext(ldap_, "dc=x", nullptr, nullptr, &id), LDAP_SUCCESS);
  EXPECT_EQ(received_as<DeleteRequest>().dn, "dc=x");
}

TEST_F(LibLdap, SendsTheOthersThatAreUnderstood) {
  int id = 0;
  std::string value("\0v", 2);
  auto assertion = as_berval(value);
  ASSERT_EQ(ldap_compare_ext(ldap_, "dc=x", "dc", &assertion, nullptr, nullptr, &id), LDAP_SUCCESS);
  const auto compared = id;
  EXPECT_EQ(received_as<CompareRequest>().value, value);

  ASSERT_EQ(ldap_abandon_ext(ldap_, compared, nullptr, nullptr), LDAP_SUCCESS);
  EXPECT_EQ(received_as<AbandonRequest>().message_id, compared);

  ASSERT_EQ(ldap_whoami(ldap_, nullptr, nullptr, &id), LDAP_SUCCESS);
  const auto who = received_as<ExtendedRequest>();
  EXPECT_EQ(who.oid, oid::who_am_i);
  EXPECT_NO_THROW(expect_no_value(who));

  std::string user("u:a");
  auto identity = as_berval(user);
  ASSERT_EQ(ldap_passwd(ldap_, &identity, nullptr, &assertion, nullptr, nullptr, &id), LDAP_SUCCESS);
  const auto password = received_as<ExtendedRequest>();
  EXPECT_EQ(password.oid, oid::password_modify);
  EXPECT_EQ(decode_password_modify(password).identity, "u:a");
  EXPECT_FALSE(decode_password_modify(password).old_password);
  EXPECT_EQ(decode_password_modify(password).new_password->reveal(), value);

  ASSERT_EQ(ldap_cancel(ldap_, 77, nullptr, nullptr, &id), LDAP_SUCCESS);
  const auto cancel = received_as<ExtendedRequest>();
  EXPECT_EQ(cancel.oid, oid::cancel);
  EXPECT_EQ(decode_cancel(cancel), 77);

  ASSERT_EQ(ldap_start_tls(ldap_, nullptr, nullptr, &id), LDAP_SUCCESS);
  EXPECT_EQ(received_as<ExtendedRequest>().oid, oid::start_tls);

  ldap_unbind_ext(ldap_, nullptr, nullptr);
  ldap_ = nullptr;
  EXPECT_NO_THROW(received_as<UnbindRequest>());
}

TEST_F(LibLdap, SendsControlsThatAreUnderstood) {
  std::string cookie_text("ck");
  auto cookie = as_berval(cookie_text);
  LDAPControl* paged = nullptr;
  ASSERT_EQ(ldap_create_page_control(ldap_, 500, &cookie, 'T', &paged), LDAP_SUCCESS);
  LDAPSortKey** keys = nullptr;
  ASSERT_EQ(ldap_create_sort_keylist(&keys, const_cast<char*>("cn -sn:2.5.13.15")), LDAP_SUCCESS);
  LDAPControl* sort = nullptr;
  ASSERT_EQ(ldap_create_sort_control(ldap_, keys, 0, &sort), LDAP_SUCCESS);
  LDAPControl* assertion = nullptr;
  ASSERT_EQ(ldap_create_assertion_control(ldap_, const_cast<char*>("(cn=a)"), 1, &assertion), LDAP_SUCCESS);

  LDAPControl* controls[] = {paged, sort, assertion, nullptr};
  int id = 0;
  ASSERT_EQ(ldap_delete_ext(ldap_, "dc=x", controls, nullptr, &id), LDAP_SUCCESS);
  const auto got = received().controls;
  ASSERT_EQ(got.size(), 3U);
  EXPECT_EQ(got[0].oid, oid::paged_results);
  EXPECT_TRUE(got[0].critical);
  EXPECT_EQ(decode_paged_results(got[0]), (PagedResults{500, "ck"}));
  EXPECT_EQ(got[1].oid, oid::sort_request);
  EXPECT_FALSE(got[1].critical);
  EXPECT_THAT(decode_sort_request(got[1]), ElementsAre(SortKey{"cn", "", false}, SortKey{"sn", "2.5.13.15", true}));
  EXPECT_EQ(got[2].oid, oid::assertion);
  EXPECT_EQ(decode_assertion(got[2]).text(), "(cn=a)");

  ldap_control_free(assertion);
  ldap_control_free(sort);
  ldap_free_sort_keylist(keys);
  ldap_control_free(paged);
}

TEST_F(LibLdap, UnderstandsResults) {
  int id = 0;
  ASSERT_EQ(ldap_delete_ext(ldap_, "dc=x", nullptr, nullptr, &id), LDAP_SUCCESS);
  received();
  const Control controls[] = {encode_sort_response(ResultCode::no_such_attribute, "xx"),
                              encode_paged_results({9, "c"})};
  std::string out;
  const std::string diagnostic(200, 'd');
  encode_result(out, id, Operation::remove, {ResultCode::referral, "dc=x", diagnostic, {"ldap://a", "ldap://b"}},
                controls);
  auto* message = answered(id, out);
  int code = -1;
  char* matched = nullptr;
  char* text = nullptr;
  char** referrals = nullptr;
  LDAPControl** got = nullptr;
  ASSERT_EQ(ldap_parse_result(ldap_, message, &code, &matched, &text, &referrals, &got, 1), LDAP_SUCCESS);
  EXPECT_EQ(code, LDAP_REFERRAL);
  EXPECT_STREQ(matched, "dc=x");
  EXPECT_EQ(text, diagnostic);
  ASSERT_NE(referrals, nullptr);
  EXPECT_STREQ(referrals[0], "ldap://a");
  EXPECT_STREQ(referrals[1], "ldap://b");
  EXPECT_EQ(referrals[2], nullptr);

  ber_int_t sort_code = -1;
  char* attribute = nullptr;
  ASSERT_NE(got, nullptr);
  EXPECT_EQ(ldap_parse_sortresponse_control(ldap_, got[0], &sort_code, &attribute), LDAP_SUCCESS);
  EXPECT_EQ(sort_code, LDAP_NO_SUCH_ATTRIBUTE);
  EXPECT_STREQ(attribute, "xx");
  ber_int_t estimate = -1;
  berval cookie{};
  EXPECT_EQ(ldap_parse_pageresponse_control(ldap_, got[1], &estimate, &cookie), LDAP_SUCCESS);
  EXPECT_EQ(estimate, 9);
  EXPECT_EQ(std::string_view(cookie.bv_val, cookie.bv_len), "c");

  ber_memfree(cookie.bv_val);
  ldap_memfree(attribute);
  ldap_memfree(matched);
  ldap_memfree(text);
  ldap_memvfree(reinterpret_cast<void**>(referrals));
  ldap_controls_free(got);
}

TEST_F(LibLdap, UnderstandsEntriesAndReferences) {
  int id = 0;
  ASSERT_EQ(ldap_search_ext(ldap_, "dc=x", LDAP_SCOPE_SUBTREE, nullptr, nullptr, 0, nullptr, nullptr, nullptr, 0, &id),
            LDAP_SUCCESS);
  received();
  const std::string photo(70000, '\0');
  std::string out;
  encode_entry(out, id, model::Entry{"dc=x", {{"dc", {"x"}}, {"jpegPhoto", {photo, ""}}, {"empty", {}}}});
  encode_reference(out, id, std::vector<std::string>{"ldap://a/dc=b"});
  encode_intermediate_response(out, id, "1.2", "v");
  encode_result(out, id, Operation::search, {});
  auto* chain = answered(id, out);

  auto* message = ldap_first_message(ldap_, chain);
  ASSERT_EQ(ldap_msgtype(message), LDAP_RES_SEARCH_ENTRY);
  char* dn = ldap_get_dn(ldap_, message);
  EXPECT_STREQ(dn, "dc=x");
  ldap_memfree(dn);
  berval** photos = ldap_get_values_len(ldap_, message, "jpegPhoto");
  ASSERT_EQ(ldap_count_values_len(photos), 2);
  EXPECT_EQ(std::string_view(photos[0]->bv_val, photos[0]->bv_len), photo);
  EXPECT_EQ(photos[1]->bv_len, 0U);
  ldap_value_free_len(photos);

  message = ldap_next_message(ldap_, message);
  ASSERT_EQ(ldap_msgtype(message), LDAP_RES_SEARCH_REFERENCE);
  char** uris = nullptr;
  ASSERT_EQ(ldap_parse_reference(ldap_, message, &uris, nullptr, 0), LDAP_SUCCESS);
  EXPECT_STREQ(uris[0], "ldap://a/dc=b");
  ldap_memvfree(reinterpret_cast<void**>(uris));

  message = ldap_next_message(ldap_, message);
  ASSERT_EQ(ldap_msgtype(message), LDAP_RES_INTERMEDIATE);
  char* name = nullptr;
  berval* value = nullptr;
  ASSERT_EQ(ldap_parse_intermediate(ldap_, message, &name, &value, nullptr, 0), LDAP_SUCCESS);
  EXPECT_STREQ(name, "1.2");
  EXPECT_EQ(std::string_view(value->bv_val, value->bv_len), "v");
  ldap_memfree(name);
  ber_bvfree(value);

  message = ldap_next_message(ldap_, message);
  EXPECT_EQ(ldap_msgtype(message), LDAP_RES_SEARCH_RESULT);
  ldap_msgfree(chain);
}

TEST_F(LibLdap, UnderstandsBindAndExtendedResponses) {
  int id = 0;
  ASSERT_EQ(ldap_sasl_bind(ldap_, "", "SCRAM-SHA-256", nullptr, nullptr, nullptr, &id), LDAP_SUCCESS);
  received();
  std::string out;
  encode_bind_response(out, id, {ResultCode::sasl_bind_in_progress, {}, {}, {}}, "challenge");
  auto* message = answered(id, out);
  berval* credentials = nullptr;
  ASSERT_EQ(ldap_parse_sasl_bind_result(ldap_, message, &credentials, 1), LDAP_SUCCESS);
  int code = -1;
  ldap_get_option(ldap_, LDAP_OPT_RESULT_CODE, &code);
  EXPECT_EQ(code, LDAP_SASL_BIND_IN_PROGRESS);
  ASSERT_NE(credentials, nullptr);
  EXPECT_EQ(std::string_view(credentials->bv_val, credentials->bv_len), "challenge");
  ber_bvfree(credentials);

  ASSERT_EQ(ldap_passwd(ldap_, nullptr, nullptr, nullptr, nullptr, nullptr, &id), LDAP_SUCCESS);
  received();
  out.clear();
  encode_extended_response(out, id, {}, std::nullopt, encode_generated_password(Secret("gen")));
  message = answered(id, out);
  berval password{};
  EXPECT_EQ(ldap_parse_passwd(ldap_, message, &password), LDAP_SUCCESS);
  EXPECT_EQ(std::string_view(password.bv_val, password.bv_len), "gen");
  ber_memfree(password.bv_val);
  ldap_msgfree(message);
}

}  // namespace
}  // namespace replkit::refserver::protocol
