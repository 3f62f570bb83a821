// What the vectors of vectors_test.cpp do not show: meaning, limits and tolerance of the decoders.
#include <gmock/gmock.h>

#include <functional>

#include "common/ldup/cycle.hpp"
#include "common/ldup/grouping.hpp"
#include "common/ldup/metadata.hpp"
#include "common/ldup/replication_update.hpp"
#include "common/ldup/session.hpp"
#include "common/wire/ber.hpp"
#include "tests/unit/wire/testing.hpp"

namespace replkit::ldup {
namespace {

using wire::ResultCode;
using wire::testing_::bytes;
using wire::testing_::error_of;

std::string element(std::string_view tag, const std::string& content) {
  std::string out;
  wire::Writer(out).octets(content, static_cast<wire::Tag>(bytes(tag).front()));
  return out;
}

std::string string(std::string_view text) {
  return element("04", std::string(text));
}

const std::string uuid_text = "597ae2f6-16a6-1027-98f4-d28b5365dc14";
const std::string csn_text = "20261121074549Z#000015#berlin#000000";

std::string update(const std::string& primitives) {
  return element("30", string(uuid_text) + element("31", primitives));
}

TEST(LdupCodec, ReadsTheFilterAndAllElseOfASearch) {
  SearchWithMetaDataRequest request;
  request.base = "dc=example,dc=com";
  request.scope = SearchWithMetaDataRequest::Scope::subtree;
  request.dereference = SearchWithMetaDataRequest::Dereference::always;
  request.size_limit = 7;
  request.time_limit = 8;
  request.types_only = true;
  request.filter = model::Filter::parse("(&(cn=a*)(!(sn=b)))");
  request.attributes = {"*"};
  request.attribute_change_state = true;
  const auto again = decode_search_with_meta_data_request(encode(request));
  EXPECT_EQ(again.base, request.base);
  EXPECT_EQ(again.scope, request.scope);
  EXPECT_EQ(again.dereference, request.dereference);
  EXPECT_EQ(again.size_limit, 7);
  EXPECT_EQ(again.time_limit, 8);
  EXPECT_TRUE(again.types_only);
  EXPECT_EQ(again.filter.text(), "(&(cn=a*)(!(sn=b)))");
  EXPECT_EQ(again.attributes, request.attributes);
  EXPECT_FALSE(again.deleted_entries);
  EXPECT_TRUE(again.attribute_change_state);
}

// ldup.md 3.6: the form of draft-sermersheim-ldap-csn-02, with either kind of string.
TEST(LdupCodec, ReadsCsnsThatAreSequences) {
  const auto expected = Csn::parse("19980810184431Z#000015#dsa666#000001");
  for (const auto* replica : {"0c06", "0406"}) {
    const auto csn = bytes("30 1f 180f'19980810184431Z' 02010f") + bytes(replica) + "DSA666" + bytes("020101");
    ASSERT_EQ(csn.size(), 0x21U);
    const auto out = decode_entry_update(update(element("63", csn)));
    EXPECT_EQ(out.primitives.at(0).csn, expected) << replica;
    EXPECT_EQ(
        decode_create_repl_group_response(element("30", element("30", string("UPDATEVECTOR") + element("31", csn))))
            .vector->values(),
        std::vector<std::string>{expected.ldup_text()});
  }
  const auto zone = bytes("30 23 1813'199808102044.5+0200' 020100 0c06'DSA666' 020101");
  EXPECT_EQ(decode_entry_update(update(element("63", zone))).primitives[0].csn,
            Csn::parse("19980810184430Z#000000#dsa666#000001"));
  for (const auto* wrong :
       {"30 1e 180e'1998081018443Z' 02010f 0c06'DSA666' 020101",
        "30 1f 180f'19981310184431Z' 02010f 0c06'DSA666' 020101",
        "30 1f 180f'19980810184431Z' 0201ff 0c06'DSA666' 020101",
        "30 1f 180f'19980810184431Z' 02010f 0c06'DSA 66' 020101", "30 1c 180f'19980810184431Z' 02010f 0c06'DSA666'",
        "30 22 180f'19980810184431Z' 02010f 0c06'DSA666' 020101 020101"}) {
    EXPECT_THROW(decode_entry_update(update(element("63", bytes(wrong)))), wire::ProtocolError) << wrong;
  }
}

TEST(LdupCodec, RefusesStringsThatAreNotWhatTheyShouldBe) {
  const auto create = [](const std::string& area, const std::string& id, const std::string& protocol) {
    return element("30", string(area) + string(id) + string(protocol) + bytes("0a0100"));
  };
  EXPECT_EQ(decode_create_repl_group_request(create("dc=a", "Berlin", "1.2")).replica_id, "berlin");
  const auto remove = [](std::string_view csn) { return update(element("63", string(csn))); };
  const std::vector<std::function<void()>> wrong{
      [&] { decode_create_repl_group_request(create("dc=\xff", "a", "1.2")); },
      [&] { decode_create_repl_group_request(create("dc=a", "", "1.2")); },
      [&] { decode_create_repl_group_request(create("dc=a", "a#b", "1.2")); },
      [&] { decode_create_repl_group_request(create("dc=a", std::string(65, 'a'), "1.2")); },
      [&] { decode_create_repl_group_request(create("dc=a", "a", "1.\xff")); },
      [&] { decode_entry_update(element("30", string("597ae2f6") + element("31", ""))); },
      [&] { decode_entry_update(remove("")); },
      [&] { decode_entry_update(remove("19691231235959Z#000000#a#000000")); },  // less than the least
      [&] { decode_entry_update(remove(csn_text + "\n")); },
      [&] { decode_entry_update(update(element("64", string(csn_text) + string("cn\xff") + string("a")))); },
      [&] { decode_entry_update(update(element("67", string(csn_text)))); },
      [&] { decode_entry_update(update(element("43", csn_text))); },
  };
  for (std::size_t i = 0; i < wrong.size(); ++i) {
    const auto error = error_of(wrong[i]);
    EXPECT_EQ(error.action(), wire::ProtocolError::Action::answer) << i;
    EXPECT_EQ(error.code(), ResultCode::protocol_error) << i;
  }
}

TEST(LdupCodec, WantsOneValueOfAVectorForAReplica) {
  const auto vector = [](const std::string& type, const std::string& values) {
    return element("30", element("30", string(type) + element("31", values)));
  };
  const auto one = string(csn_text);
  EXPECT_EQ(decode_end_repl_group_response(vector("2.16.840.1.113719.1.142.4.6", one)).vector->components().size(), 1U);
  EXPECT_EQ(decode_end_repl_group_response(vector("updateVector", "")).vector, UpdateVector());
  EXPECT_THROW(decode_end_repl_group_response(vector("contextCSN", one)), wire::ProtocolError);
  EXPECT_THROW(decode_end_repl_group_response(vector("updateVector", one + one)), wire::ProtocolError);
  EXPECT_THROW(
      decode_end_repl_group_response(vector("updateVector", string("20261121074550Z#000015#BERLIN#000000") + one)),
      wire::ProtocolError);
  EXPECT_THROW(decode_end_repl_group_response(vector("updateVector", string("00000101000000Z#000000##000000"))),
               wire::ProtocolError);
  // An Attribute has values.
  EXPECT_EQ(encode(EndReplGroupResponse{UpdateVector()}), bytes("3000"));
}

TEST(LdupCodec, BoundsTables) {
  const auto table = [](std::size_t says, std::size_t rows, bool same) {
    std::string content;
    for (std::size_t i = 0; i < rows; ++i) {
      content += element("30", string(same ? "a" : "a" + std::to_string(i)) + string(uuid_text));
    }
    std::string ids;
    wire::Writer(ids).integer(static_cast<std::int64_t>(says));
    ids += element("30", content);
    return element("30", string("dc=a") + string("a") + string("1.2") + bytes("0a0100") + element("30", ids));
  };
  EXPECT_EQ(decode_create_repl_group_request(table(max_replicas, max_replicas, false)).replica_ids->size(),
            max_replicas);
  EXPECT_THROW(decode_create_repl_group_request(table(max_replicas + 1, max_replicas + 1, false)), wire::ProtocolError);
  EXPECT_THROW(decode_create_repl_group_request(table(2, 3, false)), wire::ProtocolError);
  EXPECT_THROW(decode_create_repl_group_request(table(3, 2, false)), wire::ProtocolError);
  EXPECT_THROW(decode_create_repl_group_request(table(2, 2, true)), wire::ProtocolError);
  std::string values;
  for (std::size_t i = 0; i <= max_replicas; ++i) values += string("20261121074549Z#0#a" + std::to_string(i) + "#0");
  EXPECT_THROW(
      decode_create_repl_group_response(element("30", element("30", string("updateVector") + element("31", values)))),
      wire::ProtocolError);
}

TEST(LdupCodec, BoundsPrimitivesAndFilters) {
  std::string many;
  const auto least = element("63", string("20261121074549Z#0#a#0"));
  for (std::size_t i = 0; i < 1000; ++i) many += least;
  EXPECT_EQ(decode_entry_update(update(many)).primitives.size(), 1000U);
  std::string too_many;
  for (std::size_t i = 0; i <= max_primitives; ++i) too_many += std::string("\x63\0", 2);
  EXPECT_EQ(error_of([&] { decode_entry_update(update(too_many)); }).code(), ResultCode::admin_limit_exceeded);

  std::string filter = bytes("8702'cn'");
  for (int i = 0; i < 200; ++i) filter = element("a2", filter);
  const auto search = element("30", bytes("0400 0a0100 0a0100 020100 020100 010100") + filter + bytes("3000 3100"));
  EXPECT_EQ(error_of([&] { decode_search_with_meta_data_request(search); }).code(), ResultCode::admin_limit_exceeded);
}

TEST(LdupCodec, WantsComponentsThatAgree) {
  const auto trigger = [](const char* mode, const char* rest) {
    return element("30", bytes("0401'a' 0401'b' 0a0101") + bytes(mode) + bytes(rest));
  };
  EXPECT_NO_THROW(decode_trigger_replication_request(trigger("0a0100", "")));
  EXPECT_NO_THROW(decode_trigger_replication_request(trigger("0a0102", "8001'f'")));
  EXPECT_THROW(decode_trigger_replication_request(trigger("0a0100", "8001'f'")), wire::ProtocolError);
  EXPECT_THROW(decode_trigger_replication_request(trigger("0a0101", "")), wire::ProtocolError);
  EXPECT_THROW(decode_trigger_replication_request(trigger("0a0103", "8001'f'")), wire::ProtocolError);

  DeleteWithMetaDataRequest remove{.entry = "cn=a", .deleted_csn = Csn::parse(csn_text), .no_record = true, .uuid = {}};
  EXPECT_THROW(decode_delete_with_meta_data_request(encode(remove)), wire::ProtocolError);
  EXPECT_THROW(decode_search_meta_data_reference(bytes("3000")), wire::ProtocolError);
  EXPECT_THROW(decode_search_with_meta_data_request(
                   bytes("30 1b 0400 0a0100 0a0100 020100 020100 010100 8700 3000 3103 0a0102")),
               wire::ProtocolError);
}

TEST(LdupCodec, TakesAnythingAsCookies) {
  for (const auto& cookie : {std::string(), std::string(300, '\0'), std::string("\xff\x30")}) {
    EXPECT_EQ(decode_grouping_control(encode(GroupingControl{cookie, {}})).cookie, cookie);
  }
}

TEST(LdupCodec, RefusesAValueThatIsNotThere) {
  EXPECT_THROW(decode_end_grouping_request(""), wire::ProtocolError);
  EXPECT_THROW(decode_entry_update(""), wire::ProtocolError);
}

}  // namespace
}  // namespace replkit::ldup
