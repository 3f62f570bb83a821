#include "tests/refserver/protocol/controls.hpp"

#include <gmock/gmock.h>

#include "tests/refserver/protocol/client_controls.hpp"
#include "tests/unit/refserver/protocol/testing.hpp"

namespace replkit::refserver::protocol {
namespace {

using testing::ElementsAre;
using testing_::bytes;
using testing_::error_of;
using Action = ProtocolError::Action;

Control control(std::string_view oid, const char* value) {
  return {std::string(oid), true, bytes(value)};
}

// --- Golden values ---

TEST(PagedResultsControl, GoesBothWays) {
  const auto first = control(oid::paged_results, "30 06 020201f4 0400");
  EXPECT_EQ(decode_paged_results(first), (PagedResults{500, ""}));
  const auto next = encode_paged_results({0, "ck"});
  EXPECT_EQ(next, (Control{"1.2.840.113556.1.4.319", false, bytes("30 07 020100 0402'ck'")}));
  EXPECT_EQ(decode_paged_results(next), (PagedResults{0, "ck"}));
}

TEST(SubentriesControl, IsABooleanOrLdupsWithoutAValue) {
  EXPECT_TRUE(decode_subentries(control(oid::subentries, "0101ff")));
  EXPECT_FALSE(decode_subentries(control(oid::subentries, "010100")));
  EXPECT_TRUE(decode_subentries(control(oid::subentries, "010101")));
  EXPECT_TRUE(decode_subentries({std::string(oid::ldup_subentries), false, std::nullopt}));
  EXPECT_EQ(error_of([] { decode_subentries(control(oid::ldup_subentries, "0101ff")); }).action(), Action::answer);
  EXPECT_EQ(encode_subentries(true), control(oid::subentries, "0101ff"));
}

TEST(AssertionControl, IsAFilter) {
  const auto value = control(oid::assertion, "a3 09 0402'cn' 0403'a b'");
  EXPECT_EQ(decode_assertion(value).text(), "(cn=a b)");
  EXPECT_EQ(encode_assertion(model::Filter::parse("(cn=a b)")), value);
}

TEST(ReadControls, AskForAttributesAndReturnAnEntry) {
  const auto request = control(oid::pre_read, "30 06 0401'*' 0401'+'");
  EXPECT_THAT(decode_read_request(request), ElementsAre("*", "+"));
  EXPECT_EQ(encode_read_request(oid::pre_read, std::vector<std::string>{"*", "+"}), request);
  EXPECT_THAT(decode_read_request(control(oid::post_read, "3000")), testing::IsEmpty());

  const model::Entry entry{"dc=x", {{"dc", {"x"}}}};
  const auto response = encode_read_response(oid::post_read, entry);
  EXPECT_EQ(response.value, bytes("64 13 0404'dc=x' 30 0b 30 09 0402'dc' 31 03 0401'x'"));
  const std::string_view value[] = {"x"};
  const AttributeView views[] = {{"dc", value}};
  EXPECT_EQ(encode_read_response(oid::post_read, "dc=x", views), response);
  EXPECT_EQ(decode_read_response(response), entry);
}

TEST(SortControls, GoBothWays) {
  const auto request = control(oid::sort_request, "30 1a 30 04 0402'cn' 30 12 0402'sn' 8009'2.5.13.15' 8101ff");
  const std::vector<SortKey> keys{{"cn", "", false}, {"sn", "2.5.13.15", true}};
  EXPECT_EQ(decode_sort_request(request), keys);
  EXPECT_EQ(encode_sort_request(keys), request);

  const auto response = encode_sort_response(ResultCode::no_such_attribute, "xx");
  EXPECT_EQ(response, (Control{"1.2.840.113556.1.4.474", false, bytes("30 07 0a0110 8002'xx'")}));
  EXPECT_EQ(decode_sort_response(response).description, "xx");
  EXPECT_EQ(encode_sort_response(ResultCode::success, "").value, bytes("30 03 0a0100"));
}

TEST(MatchedValuesControl, IsAListOfSimpleItems) {
  const auto request = control(oid::matched_values, "30 10 8702'cn' a3 06 0401'a' 0401'b' 8702'sn'");
  const auto filters = decode_matched_values(request);
  ASSERT_EQ(filters.size(), 3U);
  EXPECT_EQ(filters[1].text(), "(a=b)");
  EXPECT_EQ(encode_matched_values(filters), request);
  EXPECT_EQ(error_of([] { decode_matched_values(control(oid::matched_values, "30 02 a000")); }).action(),
            Action::answer);
}

TEST(ProxiedAuthorizationControl, IsTheIdentityItself) {
  EXPECT_EQ(decode_proxied_authorization(control(oid::proxied_authorization, "'dn:cn=a,dc=x'")), "dn:cn=a,dc=x");
  EXPECT_EQ(decode_proxied_authorization(control(oid::proxied_authorization, "")), "");
  EXPECT_EQ(encode_proxied_authorization("u:a"), control(oid::proxied_authorization, "'u:a'"));
  const std::string oid(oid::proxied_authorization);
  for (const auto& wrong : {Control{oid, false, "u:a"}, Control{oid, true, std::nullopt}, Control{oid, true, "\xff"}}) {
    EXPECT_EQ(error_of([&] { decode_proxied_authorization(wrong); }).action(), Action::answer);
  }
}

TEST(ControlsWithoutValue, RefuseOne) {
  EXPECT_NO_THROW(expect_no_value(Control{std::string(oid::manage_dsa_it), true, std::nullopt}));
  const auto error = error_of([] { expect_no_value(Control{std::string(oid::tree_delete), true, ""}); });
  EXPECT_EQ(error.action(), Action::answer);
  EXPECT_THAT(error.what(), testing::HasSubstr(std::string(oid::tree_delete)));
}

// --- Damage ---

using Decode = void (*)(const Control&);

struct Codec {
  const char* name;
  Decode decode;
  const char* value;
};

const Codec codecs[] = {
    {"paged results", [](const Control& c) { decode_paged_results(c); }, "30 06 020201f4 0400"},
    {"subentries", [](const Control& c) { decode_subentries(c); }, "0101ff"},
    {"assertion", [](const Control& c) { decode_assertion(c); }, "a3 09 0402'cn' 0403'a b'"},
    {"read", [](const Control& c) { decode_read_request(c); }, "30 06 0401'*' 0401'+'"},
    {"sort", [](const Control& c) { decode_sort_request(c); },
     "30 1a 30 04 0402'cn' 30 12 0402'sn' 8009'2.5.13.15' 8101ff"},
    {"matched values", [](const Control& c) { decode_matched_values(c); },
     "30 10 8702'cn' a3 06 0401'a' 0401'b' 8702'sn'"},
};

TEST(ControlValues, WantTheirValueAndNothingAfterIt) {
  for (const auto& [name, decode, value] : codecs) {
    EXPECT_NO_THROW(decode(control("1.2", value))) << name;
    for (const auto& wrong : {Control{"1.2", true, std::nullopt}, Control{"1.2", true, ""},
                              Control{"1.2", true, bytes(value) + bytes("0500")}}) {
      const auto error = error_of([&, f = decode] { f(wrong); });
      EXPECT_EQ(error.action(), Action::answer) << name;
      EXPECT_THAT(error.what(), testing::StartsWith("control 1.2: ")) << name;
    }
  }
}

TEST(ControlValues, EveryTruncationIsRefused) {
  for (const auto& [name, decode, value] : codecs) {
    const auto whole = bytes(value);
    for (std::size_t size = 0; size < whole.size(); ++size) {
      const Control cut{"1.2", true, whole.substr(0, size)};
      EXPECT_EQ(error_of([&, f = decode] { f(cut); }).action(), Action::answer) << name << " at " << size;
    }
  }
}

TEST(ControlValues, NoByteDoesHarm) {
  for (const auto& [name, decode, value] : codecs) {
    const auto whole = bytes(value);
    for (std::size_t at = 0; at < whole.size(); ++at) {
      Control damaged{"1.2", true, whole};
      for (int byte = 0; byte < 256; ++byte) {
        (*damaged.value)[at] = static_cast<char>(byte);
        try {
          decode(damaged);
        } catch (const ProtocolError& error) {
          ASSERT_EQ(error.action(), Action::answer) << name << " at " << at;
        }
      }
    }
  }
}

TEST(ControlValues, IgnoreUnknownTrailingComponents) {
  EXPECT_EQ(decode_paged_results(control("1.2", "30 08 020201f4 0400 8000")).size, 500);
  EXPECT_EQ(decode_sort_request(control("1.2", "30 08 30 06 0402'cn' 8200")).size(), 1U);
}

}  // namespace
}  // namespace replkit::refserver::protocol
