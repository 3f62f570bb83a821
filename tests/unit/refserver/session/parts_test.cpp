// The parts of a session that need no connection.
#include <gtest/gtest.h>

#include "common/base/error.hpp"
#include "tests/refserver/protocol/client.hpp"
#include "tests/refserver/protocol/encode.hpp"
#include "tests/refserver/session/budget.hpp"
#include "tests/refserver/session/endpoint.hpp"
#include "tests/refserver/session/observer.hpp"
#include "tests/refserver/session/pdu.hpp"
#include "tests/refserver/session/peers.hpp"
#include "tests/refserver/session/read_buffer.hpp"

namespace replkit::refserver::session {
namespace {

using protocol::ResultCode;

TEST(Endpoint, ReadsUris) {
  const auto all = Endpoint::parse("ldap://");
  EXPECT_EQ(all.host, "");
  EXPECT_EQ(all.port, 389);
  EXPECT_EQ(Endpoint::parse("ldaps://*").port, 636);
  EXPECT_EQ(Endpoint::parse("ldap://*:1389/").host, "");
  EXPECT_EQ(Endpoint::parse("ldap://*:1389/").port, 1389);
  const auto any = Endpoint::parse("ldap://[::1]:0/");
  EXPECT_EQ(any.host, "::1");
  EXPECT_EQ(any.port, 0);
  EXPECT_EQ(any.uri(), "ldap://[::1]:0");
  const auto local = Endpoint::parse("ldapi://%2Frun%2Fx");
  EXPECT_EQ(local.path, "/run/x");
  EXPECT_EQ(local.uri(), "ldapi://%2Frun%2Fx");
  for (const auto* bad : {"", "x", "ldap:/x", "ldap://x:65536", "ldap://x/dc=a", "ldap://x/??sub", "ldapi://x",
                          "ldapi://", "ldapi://%2F%zz"}) {
    EXPECT_THROW(Endpoint::parse(bad), UsageError) << bad;
  }
  EXPECT_THROW(Endpoint::parse("ldapi://%2F" + std::string(200, 'x')), UsageError);
}

TEST(ReadBuffer, KeepsWhatWasNotUsedAndWipesTheRest) {
  ReadBuffer buffer;
  const auto fill = [&](std::string_view text) {
    const auto room = buffer.room(text.size());
    ASSERT_GE(room.size(), text.size());
    std::copy(text.begin(), text.end(), room.begin());
    buffer.add(text.size());
  };
  fill("secret");
  const char* at = buffer.view().data();
  fill("rest");
  EXPECT_EQ(buffer.view(), "secretrest");
  buffer.consume(6);
  EXPECT_EQ(std::string_view(at, 6), std::string(6, '\0'));
  EXPECT_EQ(buffer.view(), "rest");
  fill(std::string(100'000, 'x'));
  EXPECT_EQ(buffer.size(), 100'004U);
  EXPECT_EQ(buffer.view().substr(0, 5), "restx");
  buffer.consume(100'000);
  EXPECT_EQ(buffer.view(), "xxxx");
  fill(std::string(50'000, 'y'));
  EXPECT_EQ(buffer.view().substr(0, 5), "xxxxy");
  buffer.consume(buffer.size());
  EXPECT_TRUE(buffer.empty());
  EXPECT_LE(buffer.room(1).size(), 4096U);  // the memory is given back
}

TEST(Budget, LendsOnlyWhatIsThere) {
  Budget budget(1000);
  Account first(budget, 100);
  Account second(budget, 100);
  {
    ASSERT_TRUE(first.take(600));
    const Charge charge(first, 600);
    EXPECT_EQ(budget.used(), 500U);
    EXPECT_FALSE(second.take(700));
    EXPECT_EQ(second.held(), 0U);
    ASSERT_TRUE(second.take(100));  // free
    EXPECT_EQ(budget.used(), 500U);
    ASSERT_TRUE(second.take(500));
    EXPECT_EQ(budget.used(), 1000U);
    EXPECT_FALSE(first.take(1));
    second.give_back(600);
    EXPECT_EQ(budget.used(), 500U);
  }
  EXPECT_EQ(budget.used(), 0U);
  EXPECT_FALSE(first.take(std::size_t{1} << 60));
}

TEST(Budget, ChargesMove) {
  Budget budget(1000);
  Account account(budget, 0);
  ASSERT_TRUE(account.take(10) && account.take(20));
  Charge first(account, 10);
  Charge second(account, 20);
  first = std::move(second);
  EXPECT_EQ(first.bytes(), 20U);
  first = Charge();
  EXPECT_EQ(budget.used(), 10U);  // `second` took over the first
  second = Charge();
  EXPECT_EQ(budget.used(), 0U);
}

TEST(Peers, CountConnectionsAndFailures) {
  using std::chrono::seconds;
  Peers peers(seconds(60));
  EXPECT_TRUE(peers.connect("a", 2));
  EXPECT_TRUE(peers.connect("a", 2));
  EXPECT_FALSE(peers.connect("a", 2));
  EXPECT_TRUE(peers.connect("b", 2));
  peers.disconnect("a");
  EXPECT_TRUE(peers.connect("a", 2));
  const Peers::Time now{seconds(1000)};
  EXPECT_EQ(peers.fail("a", now), 1U);
  EXPECT_EQ(peers.fail("a", now + seconds(59)), 2U);
  EXPECT_EQ(peers.fail("b", now), 1U);
  EXPECT_EQ(peers.fail("a", now + seconds(120)), 1U);
  peers.disconnect("a");
  peers.disconnect("a");
  peers.disconnect("unknown");
  EXPECT_EQ(peers.fail("a", now + seconds(121)), 2U);  // it is remembered without a connection
}

TEST(Peers, RememberNoMoreThanSome) {
  using std::chrono::seconds;
  Peers peers(seconds(60));
  EXPECT_TRUE(peers.connect("connected", 1));
  for (int i = 0; i < 50'000; ++i) peers.fail(std::to_string(i), Peers::Time{seconds(1000)});
  EXPECT_LT(peers.size(), 10'100U);
  EXPECT_FALSE(peers.connect("connected", 1));
}

// --- Messages ---

protocol::SearchRequest search_with(const std::string& filter) {
  protocol::SearchRequest search;
  search.filter = model::Filter::parse(filter);
  return search;
}

TEST(DecodedSize, GrowsWithPartsAndControls) {
  const auto size = [](const protocol::SearchRequest& search, std::vector<protocol::Control> controls = {}) {
    return decoded_size(protocol::encode_request({1, search, std::move(controls)}));
  };
  const auto plain = size(search_with("(a=b)"));
  EXPECT_LT(plain, 4096U);
  std::string many = "(&";
  for (int i = 0; i < 1000; ++i) many += "(a=b)";
  const auto dense = size(search_with(many + ")"));
  EXPECT_GT(dense, 1000 * sizeof(model::Filter));
  EXPECT_LT(dense, 1'000'000U);  // an AND has the tag of controls, and is not taken for them
  auto large = search_with("(a=b)");
  large.attributes = {std::string(1'000'000, 'x')};
  EXPECT_LT(size(large), 2'100'000U);
  EXPECT_GT(size(search_with("(a=b)"), {{"1.2.3", false, std::string(10'000, '\x87')}}), 400'000U);
}

TEST(DecodedSize, EndsWithWhateverItIsGiven) {
  const auto good = protocol::encode_request({1, search_with("(&(a=b)(c=*))"), {{"1.2.3", true, "x"}}});
  for (std::size_t cut = 0; cut < good.size(); ++cut) EXPECT_LT(decoded_size(good.substr(0, cut)), 100'000U);
  for (std::size_t at = 0; at < good.size(); ++at) {
    for (const int byte : {0x00, 0x30, 0x7F, 0x80, 0x84, 0xA0, 0xFF}) {
      auto bad = good;
      bad[at] = static_cast<char>(byte);
      EXPECT_LT(decoded_size(bad), 100'000U);
    }
  }
}

TEST(PeekRequest, FindsWhomToAnswer) {
  const auto head = peek_request(protocol::encode_request({77, search_with("(a=b)"), {}}));
  ASSERT_TRUE(head);
  EXPECT_EQ(head->id, 77);
  EXPECT_EQ(head->operation, protocol::Operation::search);
  EXPECT_FALSE(peek_request("garbage"));
  EXPECT_FALSE(peek_request(std::string_view("0\x05\x02\x01\x01\x5F\x00", 7)));
}

TEST(CountResponses, CountsEntriesAndFindsTheCode) {
  std::string out;
  const std::string uri = "ldap://x";
  protocol::encode_entry(out, 1, model::Entry{"cn=a", {}});
  protocol::encode_reference(out, 1, {&uri, 1});
  protocol::encode_intermediate_response(out, 1, "1.2.3", std::nullopt);
  EXPECT_EQ(count_responses(out).entries, 2U);
  EXPECT_FALSE(count_responses(out).code);
  protocol::encode_result(out, 1, protocol::Operation::search, {ResultCode::size_limit_exceeded, {}, {}, {}});
  EXPECT_EQ(count_responses(out).code, ResultCode::size_limit_exceeded);
}

TEST(Describe, TellsNoSecrets) {
  const auto text = [](protocol::Request request) {
    const auto info = describe({5, std::move(request), {}});
    auto out = info.name + "|" + info.detail;
    for (const auto& attribute : info.attributes) out += "|" + attribute;
    return out;
  };
  EXPECT_EQ(text(protocol::BindRequest{3, "cn=a", Secret("secret")}), "cn=a|simple");
  EXPECT_EQ(text(protocol::BindRequest{3, "", protocol::SaslCredentials{"PLAIN", Secret("secret")}}), "|PLAIN");
  protocol::ModifyRequest modify{"cn=a", {{model::ModifyKind::replace, "userPassword", {"secret"}}}};
  EXPECT_EQ(text(modify), "cn=a||userPassword");
  EXPECT_EQ(text(protocol::AddRequest{"cn=a", {{"cn", {"a"}}, {"userPassword", {"secret"}}}}), "cn=a||cn|userPassword");
  EXPECT_EQ(text(protocol::ModifyDnRequest{"cn=a", "cn=b", true, "dc=x"}), "cn=a|cn=b below \"dc=x\"");
  EXPECT_EQ(text(protocol::CompareRequest{"cn=a", "userPassword", "secret"}), "cn=a||userPassword");
  EXPECT_EQ(text(protocol::ExtendedRequest{"1.2.3", "secret"}), "1.2.3|");
  EXPECT_EQ(text(protocol::AbandonRequest{7}), "|7");
}

}  // namespace
}  // namespace replkit::refserver::session
