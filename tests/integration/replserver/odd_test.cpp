// Requests that are odd: legal ones are served, others get the answer that the RFC wants.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/integration/replserver/lab.hpp"
#include "tests/integration/replserver/pdus.hpp"
#include "tests/refserver/protocol/client_controls.hpp"
#include "tests/refserver/protocol/decode.hpp"
#include "tests/refserver/protocol/oids.hpp"

namespace replkit::replserver_test {
namespace {

namespace oid = protocol::oid;
using model::ModifyKind;
using protocol::Scope;

class OddTest : public testing::Test {
 protected:
  OddTest() {
    server_.load(people(5));
    server_.start();
    client_.emplace(connect_as_administrator(server_));
  }

  void TearDown() override {
    EXPECT_TRUE(serves(server_));
    EXPECT_EQ(server_.stop(), 0);
    EXPECT_EQ(server_.check(), "");
  }

  // Sends the operation and returns its result; -1 when the server closes the connection or says good bye.
  int send(std::string_view operation, std::string_view rest = {}, std::uint32_t id = 1000) {
    return send_message(message(id, operation, rest), id);
  }
  int send_message(std::string_view pdu, std::uint32_t id = 1000) {
    client_->send_bytes(pdu);
    while (const auto answer = client_->receive()) {
      if (answer->id == 0) break;
      EXPECT_EQ(answer->id, static_cast<std::int32_t>(id));
      if (answer->kind != protocol::ResponseKind::entry) return static_cast<int>(answer->result.code);
    }
    client_.emplace(connect_as_administrator(server_));
    return -1;
  }
  // Whether it is called a protocol error, in an answer or with a good bye.
  bool is_refused(std::string_view operation, std::string_view rest = {}) {
    const auto code = send(operation, rest);
    return code == -1 || code == 2;
  }
  int ask_code(protocol::Request request, std::vector<protocol::Control> controls = {}) {
    return ask(*client_, std::move(request), std::move(controls)).code;
  }

  Replserver server_;
  std::optional<WireClient> client_;
};

const std::string present = octets("objectClass", 0x87);
const std::string no = element(0x01, std::string_view("\0", 1));

std::string search_parts(std::string_view scope, std::string_view dereference, std::string_view size,
                         std::string_view time, std::string_view types_only, std::string_view attributes) {
  std::string content = octets("");
  content.append(scope).append(dereference).append(size).append(time).append(types_only).append(present);
  return element(0x63, content.append(attributes));
}

TEST_F(OddTest, LengthsMayBeLongerThanNeeded) {
  for (const unsigned bytes : {1U, 2U, 3U, 4U, 8U}) {
    SCOPED_TRACE(bytes);
    const auto text = [&](std::string_view value) { return element(0x04, value, bytes); };
    std::string search = text("") + element(0x0a, std::string_view("\0", 1), bytes) +
                         element(0x0a, std::string_view("\0", 1), bytes) + integer(0) + integer(0) + no +
                         element(0x87, "objectClass", bytes) + element(0x30, text("1.1"), bytes);
    const auto operation = element(0x63, search, bytes);
    const auto control = element(0x30, text("1.2.3") + text(""), bytes);
    EXPECT_EQ(
        send_message(element(0x30, element(0x02, "\x05", bytes) + operation + element(0xa0, control, bytes), bytes), 5),
        0);
  }
}

TEST_F(OddTest, MessageIdsMayBeAnyFromOne) {
  EXPECT_EQ(send(search_operation(present), {}, 1), 0);
  EXPECT_EQ(send(search_operation(present), {}, 0x7fffffff), 0);
  EXPECT_EQ(send(search_operation(present), {}, 128), 0);
  EXPECT_EQ(send(search_operation(present), {}, 0), -1);
  EXPECT_EQ(send_message(element(0x30, element(0x02, "\xff") + search_operation(present))), -1);
  EXPECT_EQ(send_message(
                element(0x30, element(0x02, std::string_view("\x00\x80\x00\x00\x00", 5)) + search_operation(present))),
            -1);
  EXPECT_EQ(send_message(element(0x30, element(0x02, "") + search_operation(present))), -1);
}

TEST_F(OddTest, BooleansAreZeroOrAllOnes) {
  const auto zero = integer(0, 0x0a);
  const auto none = integer(0);
  const auto attributes = element(0x30, {});
  EXPECT_EQ(send(search_parts(zero, zero, none, none, element(0x01, "\xff"), attributes)), 0);
  EXPECT_EQ(send(search_parts(zero, zero, none, none, element(0x01, "\x01"), attributes)), 2);
  EXPECT_TRUE(is_refused(search_parts(zero, zero, none, none, element(0x01, ""), attributes)));
}

TEST_F(OddTest, NumbersOfSearchesHaveBounds) {
  const auto zero = integer(0, 0x0a);
  const auto none = integer(0);
  const auto attributes = element(0x30, {});
  EXPECT_EQ(send(search_parts(zero, zero, integer(0x7fffffff), integer(0x7fffffff), no, attributes)), 0);
  EXPECT_EQ(send(search_parts(zero, zero, element(0x02, "\xff"), none, no, attributes)), 2);
  EXPECT_EQ(send(search_parts(zero, zero, integer(0x80000000U), none, no, attributes)), 2);
  EXPECT_EQ(send(search_parts(integer(3, 0x0a), zero, none, none, no, attributes)), 2);
  EXPECT_EQ(send(search_parts(zero, integer(4, 0x0a), none, none, no, attributes)), 2);
  EXPECT_EQ(send(search_parts(integer(2, 0x0a), integer(3, 0x0a), none, none, no, attributes)), 0);
}

TEST_F(OddTest, AttributeSelectionsMayBeNonsense) {
  for (const std::string_view item : {"", "*", "1.1", "no such attribute", "@", "@nothing", "cn;lang-en;x-y", "2.5.4.3",
                                      "OID.2.5.4.3", ";", "cn;", "\xff\xfe"}) {
    const auto attributes = element(0x30, octets(item) + octets(item));
    EXPECT_EQ(send(search_parts(integer(0, 0x0a), integer(0, 0x0a), integer(0), integer(0), no, attributes)), 0)
        << item;
  }
}

TEST_F(OddTest, FiltersMayBeNonsense) {
  for (const auto& filter :
       {octets("", 0x87), octets("no such", 0x87), element(0xa3, octets("cn") + octets("")),
        element(0xa3, octets("") + octets("x")), element(0xa5, octets("objectClass") + octets("x")), element(0xa0, {}),
        element(0xa1, {}), element(0xa8, octets("cn") + octets("\xff\xfe")), octets("of another kind", 0x8a)}) {
    EXPECT_EQ(send(search_operation(filter)), 0);
  }
  // Substrings need a piece (RFC 4511 4.5.1.7.2), and a NOT something to deny.
  EXPECT_EQ(send(search_operation(element(0xa4, octets("cn") + element(0x30, {})))), 2);
  EXPECT_TRUE(is_refused(search_operation(element(0xa2, {}))));
}

TEST_F(OddTest, ControlsMayHaveEmptyValuesAndNames) {
  const auto base = search_operation(present);
  const auto control = [](std::string_view parts) { return element(0xa0, element(0x30, parts)); };
  EXPECT_EQ(send(base, element(0xa0, {})), 0);
  EXPECT_EQ(send(base, control(octets("1.2.3.4") + octets(""))), 0);
  EXPECT_EQ(send(base, control(octets("1.2.3.4") + no + octets(""))), 0);
  EXPECT_EQ(send(base, control(octets("1.2.3.4") + element(0x01, "\xff"))), 12);
  EXPECT_EQ(send(base, control(octets("1.2.3.4") + element(0x01, "\x01"))), 2);
  EXPECT_EQ(send(base, control(octets(oid::paged_results) + octets(""))), 2);
  EXPECT_EQ(send(base, control(octets(oid::paged_results))), 2);
  EXPECT_EQ(send(base, control(octets(oid::manage_dsa_it) + element(0x01, "\xff"))), 0);
  EXPECT_TRUE(is_refused(base, control("")));
}

// RFC 4511 4: trailing elements that are not known are ignored.
TEST_F(OddTest, TrailingElementsAreIgnored) {
  EXPECT_EQ(send(search_operation(present), element(0xa0, {}) + octets("later", 0x8b)), 0);
  EXPECT_EQ(send(search_operation(present), octets("later", 0x8b)), 0);
}

TEST_F(OddTest, BindsAreAnsweredAsTheRfcWants) {
  const auto bind = [](std::uint32_t version, std::string_view name, std::string_view authentication) {
    return element(0x60, integer(version) + octets(name) + std::string(authentication));
  };
  EXPECT_EQ(send(bind(3, "", octets("", 0x80))), 0);
  EXPECT_EQ(send(bind(3, person_dn(1), octets("", 0x80))), 53);  // RFC 4513 5.1.2
  EXPECT_EQ(send(bind(3, "", octets("x", 0x80))), 49);
  EXPECT_EQ(send(bind(3, "no dn", octets("x", 0x80))), 34);
  EXPECT_EQ(send(bind(2, "", octets("", 0x80))), 2);
  EXPECT_EQ(send(bind(127, "", octets("", 0x80))), 2);
  EXPECT_EQ(send(bind(3, "", element(0xa3, octets("")))), 7);
  EXPECT_EQ(send(bind(3, "", element(0xa3, octets("NO-SUCH")))), 7);
  EXPECT_EQ(send(bind(3, "", octets("x", 0x81))), 7);
  EXPECT_EQ(send(bind(3, person_dn(1), octets("secret1", 0x80))), 0);
  EXPECT_EQ(send(bind(3, "UID=USER1, OU=People , dc=EXAMPLE,dc=com", octets("secret1", 0x80))), 0);
  EXPECT_EQ(send(bind(3, person_dn(1), octets("Secret1", 0x80))), 49);
  EXPECT_EQ(send(bind(3, person_dn(99), octets("secret1", 0x80))), 49);
}

TEST_F(OddTest, OperationsOfNoKindAreRefused) {
  EXPECT_EQ(send(element(0x77, octets("1.2.3.4.5", 0x80))), 2);
  EXPECT_EQ(send(element(0x77, octets("", 0x80))), 2);
  EXPECT_TRUE(is_refused(element(0x77, {})));
  EXPECT_EQ(send(element(0x64, octets(""))), -1);  // a response
  EXPECT_EQ(send(element(0x7f, octets(""))), -1);
  EXPECT_EQ(send({}), -1);
  EXPECT_EQ(send_message(std::string_view("\x30\x00", 2)), -1);
  EXPECT_EQ(send_message(std::string_view("\x00\x00", 2)), -1);
  EXPECT_EQ(send_message("GET / HTTP/1.0\r\n\r\n"), -1);
  // An abandon of nothing has no answer.
  client_->send_bytes(message(7, integer(12345, 0x50)));
  EXPECT_EQ(send(search_operation(present)), 0);
}

TEST_F(OddTest, ValuesMayBeEmptyOrBinary) {
  const std::string dn = "cn=odd,dc=example,dc=com";
  std::string every;
  for (int byte = 0; byte < 256; ++byte) every += static_cast<char>(byte);
  EXPECT_EQ(ask_code(protocol::AddRequest{dn, {{"objectClass", {"device"}}, {"cn", {"odd"}}, {"description", {""}}}}),
            21);
  EXPECT_EQ(ask_code(protocol::AddRequest{dn, {{"objectClass", {"device"}}, {"cn", {"odd"}}, {"", {"x"}}}}), 17);
  EXPECT_EQ(ask_code(protocol::AddRequest{
                dn, {{"objectClass", {"inetOrgPerson"}}, {"sn", {"x"}}, {"cn", {"odd"}}, {"audio", {every}}}}),
            0);
  EXPECT_EQ(ask_code(protocol::CompareRequest{dn, "cn", ""}), 5);
  const auto read = ask(*client_, search(dn, Scope::base, "(objectClass=*)", {"audio"}));
  ASSERT_EQ(read.entries.size(), 1U);
  EXPECT_EQ(read.entries[0].attributes.at(0).values.at(0), every);
  EXPECT_EQ(ask_code(protocol::ModifyRequest{dn, {}}), 0);
  EXPECT_EQ(ask_code(protocol::ModifyRequest{dn, {{ModifyKind::add, "description", {}}}}), 2);
  EXPECT_EQ(ask_code(protocol::ModifyRequest{dn, {{ModifyKind::replace, "description", {}}}}), 0);
  EXPECT_EQ(ask_code(protocol::ModifyRequest{dn, {{ModifyKind::add, "description", {"a", "A "}}}}), 20);
  EXPECT_EQ(ask_code(protocol::ModifyDnRequest{dn, "", true, {}}), 34);
  EXPECT_EQ(ask_code(protocol::ModifyDnRequest{dn, "cn=\\00\\22\\2c\\20", true, {}}), 0);
}

TEST_F(OddTest, LongValuesAndManyAreKept) {
  const std::string dn = "cn=big,dc=example,dc=com";
  model::Attribute many{"description", {}};
  for (int i = 0; i < 20'000; ++i) many.values.push_back(fmt::format("value {}", i));
  ASSERT_EQ(
      ask_code(protocol::AddRequest{
          dn, {{"objectClass", {"device"}}, {"cn", {"big"}}, many, {"serialNumber", {std::string(30'000, 'x')}}}}),
      0);
  EXPECT_EQ(ask_code(protocol::ModifyRequest{dn, {{ModifyKind::remove, "description", {"value 777", "value 19999"}}}}),
            0);
  EXPECT_EQ(ask_code(protocol::CompareRequest{dn, "description", "value 778"}), 6);
  EXPECT_EQ(ask_code(protocol::CompareRequest{dn, "description", "value 777"}), 5);
  EXPECT_EQ(ask(*client_, search(dn, Scope::base, "(serialNumber=" + std::string(30'000, 'X') + ")")).entries.size(),
            1U);
  const auto read = ask(*client_, search(dn, Scope::base, "(description=value 1)", {"description"}));
  ASSERT_EQ(read.entries.size(), 1U);
  EXPECT_EQ(read.entries[0].attributes.at(0).values.size(), 19'998U);
}

}  // namespace
}  // namespace replkit::replserver_test
