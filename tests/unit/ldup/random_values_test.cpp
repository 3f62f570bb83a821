// Values nobody thought of: what we write we read as the same. With REPLKIT_LDUP_VALUES=FILE the bytes are put there,
// for the compiler's decoder to read (tests/golden/ldup/make-vectors).
#include <gtest/gtest.h>

#include <concepts>
#include <cstdlib>
#include <fstream>
#include <random>

#include "common/ldup/cycle.hpp"
#include "common/ldup/grouping.hpp"
#include "common/ldup/metadata.hpp"
#include "common/ldup/replication_update.hpp"
#include "common/ldup/session.hpp"

namespace replkit::ldup {
namespace {

class Random {
 public:
  std::uint32_t up_to(std::uint32_t most) { return std::uniform_int_distribution<std::uint32_t>(0, most)(engine_); }
  bool often() { return up_to(3) != 0; }

  std::string octets() {
    std::string out(length(), '\0');
    for (auto& c : out) c = static_cast<char>(up_to(255));
    return out;
  }

  std::string text() {
    std::string out;
    for (auto left = length(); left > 0; --left)
      out += up_to(20) == 0 ? "ö" : std::string(1, static_cast<char>('!' + up_to(90)));
    return out;
  }

  std::string replica_id() {
    static constexpr std::string_view chars = "abcdefghijklmnopqrstuvwxyz0123456789._-";
    std::string out(1 + up_to(63), '\0');
    for (auto& c : out) c = chars[up_to(static_cast<std::uint32_t>(chars.size() - 1))];
    return out;
  }

  Csn csn() {
    if (up_to(20) == 0) return {};
    const auto second = std::chrono::seconds(up_to(0xFFFF'FFFF));
    const auto part = std::chrono::microseconds(up_to(5) == 0 ? up_to(999'999) : 0);
    const auto number = [this] { return up_to(2) == 0 ? up_to(0xFFFF'FFFF) : up_to(999'999); };
    return {Instant(second + part), number(), replica_id(), number()};
  }

  model::Uuid uuid() {
    model::Uuid out;
    for (auto& byte : out.bytes) byte = static_cast<std::uint8_t>(up_to(255));
    return out;
  }

  UpdateVector vector() {
    UpdateVector out;
    do {
      auto next = csn();
      if (next != Csn()) out.merge(next);
    } while (out.empty() || often());
    return out;
  }

  template <typename Make>
  auto optional(Make make) {
    return often() ? std::optional(make()) : std::nullopt;
  }

  template <typename Make>
  auto several(Make make) {
    std::vector<decltype(make())> out;
    while (often()) out.push_back(make());
    return out;
  }

  template <typename Enum>
  Enum one_of(Enum last) {
    return static_cast<Enum>(up_to(static_cast<std::uint32_t>(last)));
  }

 private:
  std::size_t length() { return up_to(10) == 0 ? up_to(400) : up_to(20); }

  std::mt19937 engine_{20261121};
};

class RandomValues : public testing::Test {
 protected:
  static constexpr int rounds = 300;

  RandomValues() {
    if (const char* file = std::getenv("REPLKIT_LDUP_VALUES")) out_.open(file, std::ios::app);
  }

  template <typename Value>
  void check(const char* type, const Value& value, Value (*decode)(std::string_view)) {
    const auto bytes = encode(value);
    const auto again = decode(bytes);
    EXPECT_EQ(encode(again), bytes) << type;
    if constexpr (std::equality_comparable<Value>) {
      EXPECT_EQ(again, value) << type;
    }
    if (out_.is_open()) out_ << "random " << type << " " << hex(bytes) << "\n";
  }

  std::optional<std::string> octets() {
    return r_.optional([&] { return r_.octets(); });
  }
  std::optional<std::string> text() {
    return r_.optional([&] { return r_.text(); });
  }
  std::optional<Csn> csn() {
    return r_.optional([&] { return r_.csn(); });
  }
  std::optional<model::Uuid> uuid() {
    return r_.optional([&] { return r_.uuid(); });
  }
  std::optional<UpdateVector> vector() {
    return r_.optional([&] { return r_.vector(); });
  }

  std::vector<MetaDataAttribute> attributes() {
    return r_.several([&] { return attribute(); });
  }
  MetaDataAttribute attribute() {
    const auto value = [&] {
      return MetaDataValue{.value = r_.octets(), .deleted = r_.often(), .csn = csn(), .distinguished = r_.often()};
    };
    return {.type = r_.text(), .values = r_.several(value), .deletion_csn = csn()};
  }

  Random r_;

 private:
  static std::string hex(std::string_view bytes) {
    std::string out;
    for (const unsigned char c : bytes) {
      out += "0123456789abcdef"[c >> 4U];
      out += "0123456789abcdef"[c & 0xFU];
    }
    return out;
  }

  std::ofstream out_;
};

TEST_F(RandomValues, OfGroupings) {
  for (int i = 0; i < rounds; ++i) {
    check("CreateGroupingRequestValue", {.type = r_.text(), .value = octets()}, decode_create_grouping_request);
    check("CreateGroupingResponseValue", {.cookie = octets(), .value = octets()}, decode_create_grouping_response);
    check("EndGroupingRequestValue", {.cookie = r_.octets(), .value = octets()}, decode_end_grouping_request);
    check("EndGroupingResponseValue", {.value = octets()}, decode_end_grouping_response);
    check("EndGroupingNoticeValue", {.cookie = r_.octets(), .value = octets()}, decode_end_grouping_notice);
    check("GroupingControlValue", {.cookie = r_.octets(), .value = octets()}, decode_grouping_control);
  }
}

TEST_F(RandomValues, OfSessions) {
  // IDs of 1 to 64 characters are rarely equal; those of one are numbered apart.
  const auto ids = [&] {
    auto out = r_.several([&] { return ReplicaId{.id = r_.replica_id().substr(0, 60), .subentry = r_.uuid()}; });
    for (std::size_t i = 0; i < out.size(); ++i) out[i].id += std::to_string(1000 + i);
    return out;
  };
  for (int i = 0; i < rounds; ++i) {
    check("CreateReplGroupReqValue",
          {.area = r_.text(),
           .replica_id = r_.replica_id(),
           .protocol_oid = r_.text(),
           .initiator = r_.one_of(Initiator::consumer),
           .replica_ids = r_.optional(ids)},
          decode_create_repl_group_request);
    check("CreateReplGroupRespValue", {vector()}, decode_create_repl_group_response);
    check("ReplicationUpdateNotice", {.vector = vector(), .abort = r_.often()}, decode_replication_update_notice);
    check("EndReplGroupReqValue", {.return_vector = r_.often(), .vector = vector()}, decode_end_repl_group_request);
    check("EndReplGroupRespValue", {vector()}, decode_end_repl_group_response);
  }
}

TEST_F(RandomValues, OfUpdates) {
  using Kind = Primitive::Kind;
  const auto primitive = [&] {
    Primitive out;
    out.kind = r_.one_of(Kind::remove_attribute);
    out.csn = r_.csn();
    if (out.kind == Kind::add_entry || out.kind == Kind::move_entry) out.superior = r_.uuid();
    if (out.kind == Kind::add_entry || out.kind == Kind::rename_entry) out.rdn = r_.text();
    if (out.kind >= Kind::add_value) out.type = r_.text();
    if (out.kind == Kind::add_value || out.kind == Kind::remove_value) out.value = r_.octets();
    return out;
  };
  for (int i = 0; i < rounds; ++i) {
    check("ReplicationUpdateRequestValue", {.entry = r_.uuid(), .primitives = r_.several(primitive)},
          decode_entry_update);
  }
}

TEST_F(RandomValues, OfCycles) {
  using Request = TriggerReplicationRequest;
  for (int i = 0; i < rounds; ++i) {
    Request request{.target = r_.text(), .uri = r_.text(), .file = {}};
    request.update = r_.one_of(Request::Update::incremental);
    request.mode = r_.one_of(Request::Mode::offline_read);
    if (request.mode != Request::Mode::online) request.file = r_.text();
    check("TriggerReplicationRequestValue", request, decode_trigger_replication_request);
    check("TriggerReplicationResponseValue", {.agreement = text(), .session_id = text()},
          decode_trigger_replication_response);
    check("TerminateReplicationRequestValue", {.target = r_.text(), .uri = r_.text()},
          decode_terminate_replication_request);
    check("TerminateReplicationResponseValue", {.sessions = static_cast<std::int32_t>(r_.up_to(0x7FFF'FFFF))},
          decode_terminate_replication_response);
  }
}

TEST_F(RandomValues, OfSearches) {
  using Request = SearchWithMetaDataRequest;
  const char* const filters[] = {"(cn=*)",
                                 "(&)",
                                 "(|)",
                                 "(!(cn~=a))",
                                 "(&(a>=1)(b<=\\00)(c=x*y*z)(d=*m*))",
                                 "(|(:dn:1.2:=v)(cn:=w)(cn;lang-de=\\ff))"};
  const auto state = [&] {
    return EntryState{.entry = uuid(),
                      .deleted_csn = csn(),
                      .created_csn = csn(),
                      .rdn_csn = csn(),
                      .superior = uuid(),
                      .superior_csn = csn(),
                      .glue = r_.often()};
  };
  for (int i = 0; i < rounds; ++i) {
    check("SearchWithMetaDataRequestValue",
          {.base = r_.text(),
           .scope = r_.one_of(Request::Scope::subtree),
           .dereference = r_.one_of(Request::Dereference::always),
           .size_limit = static_cast<std::int32_t>(r_.up_to(0x7FFF'FFFF)),
           .time_limit = static_cast<std::int32_t>(r_.up_to(1000)),
           .types_only = r_.often(),
           .filter = model::Filter::parse(filters[r_.up_to(std::size(filters) - 1)]),
           .attributes = r_.several([&] { return r_.text(); }),
           .deleted_entries = r_.often(),
           .attribute_change_state = r_.often()},
          decode_search_with_meta_data_request);
    check("SearchMetaDataEntry", {.name = r_.text(), .attributes = attributes(), .state = r_.optional(state)},
          decode_search_meta_data_entry);
    SearchMetaDataReference reference{r_.several([&] { return r_.text(); })};
    reference.uris.push_back(r_.text());
    check("SearchMetaDataReference", reference, decode_search_meta_data_reference);
  }
}

TEST_F(RandomValues, OfMetaDataUpdates) {
  const auto change = [&] { return MetaDataChange{r_.one_of(MetaDataChange::Kind::replace), attribute()}; };
  for (int i = 0; i < rounds; ++i) {
    check("AddWithMetaDataRequestValue", {.entry = r_.text(), .attributes = attributes()},
          decode_add_with_meta_data_request);
    DeleteWithMetaDataRequest remove{.entry = r_.text(), .deleted_csn = csn(), .uuid = uuid()};
    remove.no_record = !remove.deleted_csn && r_.often();
    check("DeleteWithMetaDataRequestValue", remove, decode_delete_with_meta_data_request);
    check("ModifyWithMetaDataRequestValue", {.entry = r_.text(), .changes = r_.several(change), .uuid = uuid()},
          decode_modify_with_meta_data_request);
    check("MetaDataUpdateResponseValue", {.uuid = uuid(), .csn = csn()}, decode_meta_data_update_response);
  }
}

}  // namespace
}  // namespace replkit::ldup
