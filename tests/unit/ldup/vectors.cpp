#include "tests/unit/ldup/vectors.hpp"

#include "common/ldup/cycle.hpp"
#include "common/ldup/grouping.hpp"
#include "common/ldup/metadata.hpp"
#include "common/ldup/replication_update.hpp"
#include "common/ldup/session.hpp"

namespace replkit::ldup::testing_ {

namespace {

using namespace std::string_literals;

model::Uuid uuid(char last) {
  return model::Uuid::parse(std::string("597ae2f6-16a6-1027-98f4-d28b5365dc1") + last).value();
}

Csn csn(const char* text) {
  return Csn::parse(text);
}

const Csn usual = Csn::parse("20261121074549Z#000015#berlin#000000");

UpdateVector vector(const std::vector<std::string>& values) {
  return UpdateVector::parse(values);
}

const std::string berlin = "cn=berlin,ou=Köln,dc=example,dc=com";
const std::string oslo = "cn=oslo-2,dc=example,dc=com";

}  // namespace

std::vector<Expected> expected_groupings() {
  const auto request = decode_create_grouping_request;
  const auto response = decode_create_grouping_response;
  const auto end = decode_end_grouping_request;
  const auto ended = decode_end_grouping_response;
  const auto notice = decode_end_grouping_notice;
  const auto control = decode_grouping_control;
  return {
      expect("create_grouping_request.minimal", {.type = "2.25.1.3.1.1", .value = {}}, request),
      expect("create_grouping_request.full",
             {.type = "2.25.181348535598521182392638709585471321732.3.1.1", .value = "\0\xff\x30\x03"s}, request),
      expect("create_grouping_request.empty_value", {.type = "1.2", .value = ""}, request),
      expect("create_grouping_response.minimal", {}, response),
      expect("create_grouping_response.cookie", {.cookie = "\0\x01\xfe"s, .value = {}}, response),
      expect("create_grouping_response.full", {.cookie = "cookie", .value = "\x30\0"s}, response),
      expect("end_grouping_request.minimal", {}, end),
      expect("end_grouping_request.full", {.cookie = "cookie", .value = "\x30\x03\x01\x01\xff"}, end),
      expect("end_grouping_response.minimal", {}, ended),
      expect("end_grouping_response.full", {.value = "\x30\0"s}, ended),
      expect("end_grouping_notice.minimal", {.cookie = "\0"s, .value = {}}, notice),
      expect("end_grouping_notice.full", {.cookie = "cookie", .value = "\0"s}, notice),
      expect("grouping_control.minimal", {.cookie = "cookie", .value = {}}, control),
      expect("grouping_control.full", {.cookie = "\x80\0\x81"s, .value = "x"}, control),
  };
}

std::vector<Expected> expected_sessions() {
  const auto request = decode_create_repl_group_request;
  const auto response = decode_create_repl_group_response;
  const auto notice = decode_replication_update_notice;
  const auto end = decode_end_repl_group_request;
  const auto ended = decode_end_repl_group_response;
  const auto one = vector({"20261121074549Z#000015#a#000000"});
  model::Uuid nearly_nil;
  nearly_nil.bytes.back() = 1;
  return {
      expect("create_repl_group_request.minimal",
             {.area = "dc=example,dc=com",
              .replica_id = "a",
              .protocol_oid = "2.25.1.3.2.2",
              .initiator = Initiator::consumer,
              .replica_ids = {}},
             request),
      expect("create_repl_group_request.full",
             {.area = berlin,
              .replica_id = "berlin",
              .protocol_oid = "2.25.181348535598521182392638709585471321732.3.2.1",
              .initiator = Initiator::supplier,
              .replica_ids = {{{.id = "berlin", .subentry = uuid('4')}, {.id = "oslo-2", .subentry = nearly_nil}}}},
             request),
      expect("create_repl_group_request.empty_table",
             {.area = "",
              .replica_id = "0",
              .protocol_oid = "",
              .initiator = Initiator::supplier,
              .replica_ids = std::vector<ReplicaId>()},
             request),
      expect("create_repl_group_response.minimal", {}, response),
      expect("create_repl_group_response.full",
             {vector({"20261121074549Z#000015#berlin#000000", "20261121074550Z#000000#oslo-2#000007"})}, response),
      expect("replication_update_notice.minimal", {}, notice),
      expect("replication_update_notice.abort", {.vector = {}, .abort = true}, notice),
      expect("replication_update_notice.full", {.vector = one, .abort = true}, notice),
      expect("end_repl_group_request.minimal", {}, end),
      expect("end_repl_group_request.full",
             {.return_vector = true, .vector = vector({"20261121074549.164125Z#00000f#001#000000"})}, end),
      expect("end_repl_group_response.minimal", {}, ended),
      expect("end_repl_group_response.full", {one}, ended),
  };
}

std::vector<Expected> expected_updates() {
  using Kind = Primitive::Kind;
  const auto of = [](const std::string& name, const std::vector<Primitive>& primitives) {
    return expect("replication_update." + name, {.entry = uuid('4'), .primitives = primitives}, decode_entry_update);
  };
  const Primitive base{.csn = usual, .superior = {}, .rdn = {}, .type = {}, .value = {}};
  const auto make = [&](Kind kind, const Csn& at, auto set) {
    auto out = base;
    out.kind = kind;
    out.csn = at;
    set(out);
    return out;
  };
  const auto nothing = [](Primitive&) {};
  const auto below = [](char last) { return [last](Primitive& p) { p.superior = uuid(last); }; };
  const auto named = [](const char* rdn) { return [rdn](Primitive& p) { p.rdn = rdn; }; };
  const auto with = [](const char* type, std::string value) {
    return [type, value](Primitive& p) { p.type = type, p.value = value; };
  };
  return {
      of("minimal", {}),
      of("add_entry", {make(Kind::add_entry, usual, named("ou=Köln+cn=a"))}),
      of("move_entry", {make(Kind::move_entry, usual, below('5'))}),
      of("rename_entry", {make(Kind::rename_entry, usual, named("cn=b"))}),
      of("remove_entry", {make(Kind::remove_entry, usual, nothing)}),
      of("add_value", {make(Kind::add_value, usual, with("cn;lang-de", "Köln"))}),
      of("add_odd_value", {make(Kind::add_value, Csn(), with("jpegPhoto", "\0\xff\xd8\x30\0\x80"s))}),
      of("remove_value", {make(Kind::remove_value, usual, with("cn", ""))}),
      of("remove_attribute", {make(Kind::remove_attribute, usual, with("cn", ""))}),
      of("all", {make(Kind::add_entry, usual, [](Primitive& p) { p.superior = uuid('5'), p.rdn = "cn=a"; }),
                 make(Kind::move_entry, csn("20261121074550Z#000000#oslo-2#000000"), below('6')),
                 make(Kind::rename_entry, csn("20261121074550Z#000000#oslo-2#000001"), named("cn=b")),
                 make(Kind::remove_entry, csn("20261121074551Z#999999#oslo-2#000001"), nothing),
                 make(Kind::add_value, csn("20261121074552Z#000000#a#000001"), with("sn", "c")),
                 make(Kind::remove_value, csn("20261121074552Z#000000#a#000002"), with("sn", "d")),
                 make(Kind::remove_attribute, csn("20261121074552.164125Z#00000a#001#0000ff"), with("sn", ""))}),
  };
}

std::vector<Expected> expected_cycles() {
  using Request = TriggerReplicationRequest;
  const auto trigger = decode_trigger_replication_request;
  const auto triggered = decode_trigger_replication_response;
  const auto terminate = decode_terminate_replication_request;
  const auto terminated = decode_terminate_replication_response;
  return {
      expect("trigger_request.minimal",
             {.target = oslo, .uri = "ldap://oslo.example.com", .update = Request::Update::incremental, .file = {}},
             trigger),
      expect("trigger_request.full",
             {.target = oslo,
              .uri = "ldaps://oslo.example.com:1636",
              .update = Request::Update::full,
              .mode = Request::Mode::offline_write,
              .file = "oslo.ldup"},
             trigger),
      expect("trigger_request.read", {.target = "", .uri = "", .mode = Request::Mode::offline_read, .file = ""},
             trigger),
      expect("trigger_response.minimal", {}, triggered),
      expect("trigger_response.agreement", {.agreement = "cn=a", .session_id = {}}, triggered),
      expect("trigger_response.session", {.agreement = {}, .session_id = "7"}, triggered),
      expect("trigger_response.full", {.agreement = "cn=to oslo,cn=berlin,dc=example,dc=com", .session_id = "7"},
             triggered),
      expect("terminate_request.minimal", {}, terminate),
      expect("terminate_request.full", {.target = oslo, .uri = "ldap://oslo.example.com"}, terminate),
      expect("terminate_response.none", {.sessions = 0}, terminated),
      expect("terminate_response.some", {.sessions = 128}, terminated),
      expect("terminate_response.most", {.sessions = 2147483647}, terminated),
  };
}

std::vector<Expected> expected_searches() {
  using Request = SearchWithMetaDataRequest;
  const auto request = decode_search_with_meta_data_request;
  const auto entry = decode_search_meta_data_entry;
  const auto reference = decode_search_meta_data_reference;
  const std::string filter = "(&(|(cn=\\00\\ff)(sn=a*b*c))(!(uid>=1))(uid<=9)(cn~=z)(cn:dn:2.5.13.5:=v))";
  return {
      expect("search_request.minimal",
             {.base = "", .filter = model::Filter::parse("(objectClass=*)"), .attributes = {}}, request),
      expect("search_request.full",
             {.base = "dc=example,dc=com",
              .scope = Request::Scope::subtree,
              .dereference = Request::Dereference::always,
              .size_limit = 1000,
              .time_limit = 2147483647,
              .types_only = true,
              .filter = model::Filter::parse(filter),
              .attributes = {"*", "+"},
              .deleted_entries = true,
              .attribute_change_state = true},
             request),
      expect("search_request.state",
             {.base = "dc=com",
              .scope = Request::Scope::one_level,
              .dereference = Request::Dereference::finding,
              .size_limit = 128,
              .time_limit = 1,
              .filter = model::Filter::parse("(&)"),
              .attributes = {"1.1"},
              .attribute_change_state = true},
             request),
      expect("search_entry.minimal", {}, entry),
      expect("search_entry.full",
             {.name = "cn=a,dc=com",
              .attributes =
                  {{.type = "cn",
                    .values = {{.value = "a", .csn = usual, .distinguished = true},
                               {.value = "b", .deleted = true, .csn = csn("20261121074549Z#000016#berlin#000000")}},
                    .deletion_csn = {}},
                   {.type = "sn;lang-de", .values = {}, .deletion_csn = csn("20261121074549Z#000017#berlin#000000")}},
              .state = EntryState{.entry = uuid('4'),
                                  .deleted_csn = csn("20261121074549Z#000021#a#000000"),
                                  .created_csn = csn("20261121074549Z#000022#a#000000"),
                                  .rdn_csn = csn("20261121074549Z#000023#a#000000"),
                                  .superior = uuid('5'),
                                  .superior_csn = csn("20261121074549Z#000025#a#000000"),
                                  .glue = true}},
             entry),
      expect("search_entry.plain",
             {.name = "dc=com",
              .attributes = {{.type = "x", .values = {{.value = "\0\x01"s, .csn = {}}}, .deletion_csn = {}}},
              .state = EntryState()},
             entry),
      expect("search_reference.one", {{"ldap://a.example.com/dc=example,dc=com"}}, reference),
      expect("search_reference.two", {{"ldap://a.example.com/", "ldaps://b.example.com:1636/"}}, reference),
  };
}

std::vector<Expected> expected_meta_data_updates() {
  using Kind = MetaDataChange::Kind;
  const auto add = decode_add_with_meta_data_request;
  const auto remove = decode_delete_with_meta_data_request;
  const auto modify = decode_modify_with_meta_data_request;
  const auto updated = decode_meta_data_update_response;
  return {
      expect("add_request.minimal", {.entry = "cn=a", .attributes = {}}, add),
      expect("add_request.full",
             {.entry = "cn=a,dc=com",
              .attributes = {{.type = "objectClass", .values = {{.value = "person", .csn = {}}}, .deletion_csn = {}},
                             {.type = "sn",
                              .values = {{.value = "gone", .deleted = true, .csn = usual}},
                              .deletion_csn = csn("20261121074548Z#000015#berlin#000000")}}},
             add),
      expect("delete_request.minimal", {.entry = "cn=a", .deleted_csn = {}, .uuid = {}}, remove),
      expect("delete_request.csn", {.entry = "cn=a", .deleted_csn = usual, .uuid = uuid('4')}, remove),
      expect("delete_request.no_record", {.entry = "cn=a", .deleted_csn = {}, .no_record = true, .uuid = {}}, remove),
      expect("modify_request.minimal", {.entry = "cn=a", .changes = {}, .uuid = {}}, modify),
      expect("modify_request.full",
             {.entry = "cn=a,dc=com",
              .changes = {{Kind::add, {.type = "sn", .values = {{.value = "b", .csn = usual}}, .deletion_csn = {}}},
                          {Kind::remove, {.type = "sn", .values = {{.value = "c", .csn = {}}}, .deletion_csn = {}}},
                          {Kind::replace, {.type = "entryUUID", .values = {}, .deletion_csn = usual}}},
              .uuid = uuid('4')},
             modify),
      expect("update_response.minimal", {}, updated),
      expect("update_response.csn", {.uuid = {}, .csn = usual}, updated),
      expect("update_response.full", {.uuid = uuid('4'), .csn = usual}, updated),
  };
}

}  // namespace replkit::ldup::testing_
