#include "tests/refserver/protocol/decode.hpp"

#include <gmock/gmock.h>

#include "tests/refserver/protocol/client.hpp"
#include "tests/unit/refserver/protocol/testing.hpp"

namespace replkit::refserver::protocol {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing_::bytes;
using testing_::golden_requests;

const std::string& golden(std::string_view name) {
  for (const auto& request : golden_requests()) {
    if (request.name == name) return request.pdu;
  }
  throw std::out_of_range(std::string(name));
}

template <typename T>
T decoded(std::string_view name) {
  return std::get<T>(decode_request(golden(name)).request);
}

TEST(DecodeRequest, ReadsWhatTheEncoderWrites) {
  for (const auto& request : golden_requests()) {
    EXPECT_EQ(encode_request(decode_request(request.pdu)), request.pdu) << request.name;
    EXPECT_EQ(frame_length(request.pdu, request.pdu.size()), request.pdu.size()) << request.name;
  }
}

TEST(DecodeRequest, GoldenMessagesHoldEveryOperation) {
  std::set<Operation> operations;
  for (const auto& request : golden_requests()) {
    operations.insert(operation_of(decode_request(request.pdu).request));
  }
  EXPECT_EQ(operations.size(), std::variant_size_v<Request>);
}

TEST(DecodeRequest, ReadsBinds) {
  const auto anonymous = decoded<BindRequest>("anonymous bind");
  EXPECT_EQ(anonymous.version, 3);
  EXPECT_EQ(anonymous.dn, "");
  EXPECT_TRUE(std::get<Secret>(anonymous.authentication).empty());

  const auto simple = decoded<BindRequest>("simple bind");
  EXPECT_EQ(simple.dn, "cn=a,dc=x");
  EXPECT_EQ(std::get<Secret>(simple.authentication).reveal(), "pw");

  const auto external = std::get<SaslCredentials>(decoded<BindRequest>("EXTERNAL bind").authentication);
  EXPECT_EQ(external.mechanism, "EXTERNAL");
  EXPECT_FALSE(external.credentials);

  const auto plain =
      std::get<SaslCredentials>(decoded<BindRequest>("PLAIN bind with empty credentials").authentication);
  EXPECT_EQ(plain.mechanism, "PLAIN");
  ASSERT_TRUE(plain.credentials);
  EXPECT_TRUE(plain.credentials->empty());
}

TEST(DecodeRequest, LeavesOtherVersionsToTheServer) {
  const auto old = decode_request(bytes("30 0c 020101 60 07 020102 0400 8000"));
  EXPECT_EQ(std::get<BindRequest>(old.request).version, 2);
}

TEST(DecodeRequest, ReadsSearches) {
  const auto root = decoded<SearchRequest>("search of the root DSE");
  EXPECT_EQ(root.base, "");
  EXPECT_EQ(root.scope, Scope::base);
  EXPECT_EQ(root.filter.text(), "(objectClass=*)");
  EXPECT_THAT(root.attributes, IsEmpty());

  const auto message = decode_request(golden("search with every filter and a control"));
  const auto& search = std::get<SearchRequest>(message.request);
  EXPECT_EQ(message.id, 7);
  EXPECT_EQ(search.base, "dc=x");
  EXPECT_EQ(search.scope, Scope::subtree);
  EXPECT_EQ(search.dereference, Dereference::always);
  EXPECT_EQ(search.size_limit, 1000);
  EXPECT_EQ(search.time_limit, 60);
  EXPECT_TRUE(search.types_only);
  EXPECT_EQ(search.filter.text(), "(&(|(cn=a)(sn=i*b*f))(!(u>=10))(u<=99)(cn~=z)(cn:dn:2.5.13.5:=v))");
  EXPECT_THAT(search.attributes, ElementsAre("*", "+"));
  EXPECT_THAT(message.controls, ElementsAre(Control{"1.2.840.113556.1.4.319", true, bytes("3005 020164 0400")}));
}

TEST(DecodeRequest, ReadsModifies) {
  using model::ModifyKind;
  const auto modify = decoded<ModifyRequest>("modify");
  EXPECT_EQ(modify.dn, "dc=x");
  EXPECT_THAT(modify.changes, ElementsAre(model::Modification{ModifyKind::add, "a", {"1", "2"}},
                                          model::Modification{ModifyKind::remove, "b", {}},
                                          model::Modification{ModifyKind::replace, "c", {""}},
                                          model::Modification{ModifyKind::increment, "n", {"1"}}));
  const auto nothing = decode_request(bytes("30 0d 020101 66 08 0404'dc=x' 3000"));
  EXPECT_THAT(std::get<ModifyRequest>(nothing.request).changes, IsEmpty());
}

TEST(DecodeRequest, ReadsTheOthers) {
  const auto add = decoded<AddRequest>("add");
  EXPECT_EQ(add.dn, "dc=x");
  EXPECT_THAT(add.attributes, ElementsAre(model::Attribute{"dc", {"x"}}));

  EXPECT_EQ(decoded<DeleteRequest>("delete").dn, "dc=x");
  EXPECT_EQ(decoded<AbandonRequest>("abandon").message_id, 128);
  EXPECT_EQ(decode_request(golden("abandon")).id, max_int);

  const auto moved = decoded<ModifyDnRequest>("modify DN to a new superior");
  EXPECT_EQ(moved.dn, "cn=a,dc=x");
  EXPECT_EQ(moved.new_rdn, "cn=b");
  EXPECT_TRUE(moved.delete_old_rdn);
  EXPECT_EQ(moved.new_superior, "dc=y");
  const auto renamed = decoded<ModifyDnRequest>("modify DN");
  EXPECT_FALSE(renamed.delete_old_rdn);
  EXPECT_EQ(renamed.new_superior, std::nullopt);

  const auto compare = decoded<CompareRequest>("compare");
  EXPECT_EQ(compare.dn + compare.description + compare.value, "dc=xdcX");

  EXPECT_EQ(decoded<ExtendedRequest>("extended without a value").value, std::nullopt);
  const auto cancel = decoded<ExtendedRequest>("extended with a value");
  EXPECT_EQ(cancel.oid, "1.3.6.1.1.8");
  EXPECT_EQ(cancel.value, bytes("3003 020105"));
}

TEST(DecodeRequest, TellsAnEmptyNewSuperiorFromNone) {
  const auto message = decode_request(bytes("30 1b 02010c 6c 16 0409'cn=a,dc=x' 0404'cn=b' 010100 8000"));
  EXPECT_EQ(std::get<ModifyDnRequest>(message.request).new_superior, "");
}

TEST(DecodeRequest, ReadsControlsInEveryForm) {
  const auto message =
      decode_request(bytes("30 28 02010a 4a04'dc=x' a0 1d"
                           " 30 05 0403'1.2'"
                           " 30 08 0403'1.3' 010100"
                           " 30 0a 0403'1.4' 0101ff 0400"));
  EXPECT_THAT(message.controls, ElementsAre(Control{"1.2", false, std::nullopt}, Control{"1.3", false, std::nullopt},
                                            Control{"1.4", true, ""}));
  EXPECT_THAT(decode_request(bytes("30 0b 02010a 4a04'dc=x' a000")).controls, IsEmpty());
}

TEST(DecodeRequest, TakesPaddedLengthsEverywhere) {
  const auto padded = bytes("30 84 0000001a 02 81 01 0a 68 84 00000010 04 82 0000 30 83 000007 30 81 04 04 00 31 00");
  EXPECT_THAT([&] { decode_request(padded); }, testing::Throws<ProtocolError>());  // an attribute without values
  const auto good = bytes("30 84 0000001c 02 81 01 0a 68 84 00000012 04 82 0000 30 83 000009 30 81 06 0400 31 02 0400");
  EXPECT_THAT(std::get<AddRequest>(decode_request(good).request).attributes, ElementsAre(model::Attribute{"", {""}}));
}

// RFC 4511 section 4: trailing components whose tags are not known are ignored.
TEST(DecodeRequest, IgnoresUnknownTrailingComponents) {
  for (const auto* extended :
       {"30 0b 02010a 4a04'dc=x' 8500",                                                            // the envelope
        "30 0d 02010a 4a04'dc=x' a000 a400",                                                       // after controls
        "30 11 02010a 4a04'dc=x' bf8f0100 9f7f0100",                                               // large tag numbers
        "30 0e 020101 60 09 020103 0400 8000 8600",                                                // bind
        "30 18 020103 60 13 020103 0400 a3 0c 0408'EXTERNAL' 8500",                                // SASL credentials
        "30 27 020106 63 22 0400 0a0100 0a0100 020100 020100 010100 870b'objectClass' 3000 8000",  // search
        "30 1e 020106 63 19 0400 0a0100 0a0100 020100 020100 010100 a304 0400 0400 3000",          // none
        "30 20 020106 63 1b 0400 0a0100 0a0100 020100 020100 010100 a306 0400 0400 8500 3000",     // assertion
        "30 16 02010d 6e 11 0404'dc=x' 30 09 0402'dc' 0401'X' a100",                               // compare
        "30 16 02010d 6e 11 0404'dc=x' 30 07 0402'dc' 0401'X' a100",
        "30 1a 020109 68 15 0404'dc=x' 30 0d 30 0b 0402'dc' 31 03 0401'x' 8000",
        "30 1a 020109 68 15 0404'dc=x' 30 0b 30 09 0402'dc' 31 03 0401'x' 8000",
        "30 1b 02010c 6c 16 0409'cn=a,dc=x' 0404'cn=b' 010100 8700",
        "30 20 02010f 77 1b 8017'1.3.6.1.4.1.4203.1.11.3' 8500",
        "30 1b 020108 66 16 0404'dc=x' 30 0e 30 0c 0a0101 30 07 0401'b' 3100 8500"}) {
    EXPECT_NO_THROW(decode_request(bytes(extended))) << extended;
  }
}

TEST(IsNumericOid, FollowsTheGrammar) {
  for (const auto* good : {"1.2", "0.0", "2.5.4.0", "1.3.6.1.4.1.4203.1.11.3", "2.999999999999999999999"}) {
    EXPECT_TRUE(is_numeric_oid(good)) << good;
  }
  for (const auto* bad : {"", "1", ".", "1.", ".1", "1..2", "01.2", "1.02", "1.2a", "cn", "1.2 ", "1.-2", "1.2.\xff"}) {
    EXPECT_FALSE(is_numeric_oid(bad)) << bad;
  }
}

}  // namespace
}  // namespace replkit::refserver::protocol
