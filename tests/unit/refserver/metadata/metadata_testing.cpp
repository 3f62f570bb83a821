#include "tests/unit/refserver/metadata/metadata_testing.hpp"

#include <fmt/format.h>

#include "common/base/text.hpp"
#include "common/ldup/oids.hpp"
#include "common/model/dn.hpp"
#include "common/wire/ber.hpp"
#include "tests/refserver/metadata/extension.hpp"

namespace replkit::refserver::metadata {

namespace oid = ldup::oid;

namespace {

constexpr const char* tree = R"(dn: dc=example,dc=com
objectClass: domain
dc: example

dn: ou=people,dc=example,dc=com
objectClass: organizationalUnit
ou: people

dn: cn=Ann,ou=people,dc=example,dc=com
objectClass: person
cn: Ann
sn: Lee
userPassword: {ARGON2}$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$KKbc0ZBoP0w9pTB1PBXk2Q

dn: cn=Bob,ou=people,dc=example,dc=com
objectClass: person
cn: Bob
sn: Roe
)";

directory::ServerOptions options(TestAudit& audit) {
  directory::ServerOptions out;
  out.audit = &audit;
  out.rules = {
      directory::rule({"administrators"}, {"*"}, {"userPassword"}, access::Rights::all()),
      directory::rule({"administrators"}, {"*"}, {}, access::Rights::all()),
      directory::rule({"dn:cn=helper"}, {"subtree:" + people}, {},
                      *access::rights_named("read") | access::Right::metadata | access::Right::metadata_write),
      directory::rule({"dn:cn=looker"}, {"*"}, {}, *access::rights_named("read") | access::Right::metadata),
      directory::rule({"dn:cn=mender"}, {"*"}, {}, *access::rights_named("read") | access::Right::metadata_write),
      directory::rule({"users"}, {"*"}, {}, *access::rights_named("read"))};
  return out;
}

}  // namespace

void TestAudit::record(const directory::AuditRecord& record) noexcept {
  lines.push_back(fmt::format("{} {} {} [{}] {}", record.caller->dn, record.operation, record.dn,
                              fmt::join(record.attributes, " "), static_cast<int>(record.result)));
}

std::vector<std::string> MetaDataFound::names() const {
  std::vector<std::string> out;
  for (const auto& entry : entries) out.push_back(entry.name);
  return out;
}

MetaDataTest::MetaDataTest() : server_(tree, options(audit_)) {
  server_.directory().add(make_extension(server_.directory()));
  server_.directory().add(listener_);
}

access::Caller MetaDataTest::over_tls(access::Caller caller) {
  caller.security.tls = true;
  return caller;
}

std::vector<protocol::ResponseMessage> MetaDataTest::ask(std::string_view name, std::string value,
                                                         std::vector<protocol::Control> controls) {
  const auto operation =
      server_.start(caller_, protocol::ExtendedRequest{std::string(name), std::move(value)}, std::move(controls));
  server_.store().apply([](store::Writer&) {});  // after which a change has ended
  std::string bytes;
  for (int steps = 0; operation->step(bytes, 100) != directory::Operation::State::done; ++steps) {
    if (steps == 1'000'000) throw std::runtime_error("the operation does not end");
  }
  std::vector<protocol::ResponseMessage> out;
  for (std::string_view rest = bytes; !rest.empty();) {
    const auto header = wire::read_header(rest).value();
    out.push_back(protocol::decode_response(rest.substr(0, header.size + header.length)));
    rest.remove_prefix(header.size + header.length);
  }
  return out;
}

MetaDataFound MetaDataTest::search(const ldup::SearchWithMetaDataRequest& request,
                                   std::vector<protocol::Control> controls) {
  MetaDataFound out;
  for (const auto& message : ask(oid::search_with_meta_data, encode(request), std::move(controls))) {
    if (message.kind != protocol::ResponseKind::intermediate) {
      out.result = message.result;
    } else if (message.name == oid::meta_data_entry) {
      out.entries.push_back(ldup::decode_search_meta_data_entry(message.value.value()));
    } else {
      EXPECT_EQ(message.name, oid::meta_data_reference);
      out.references.push_back(ldup::decode_search_meta_data_reference(message.value.value()));
    }
  }
  return out;
}

Answer MetaDataTest::change(std::string_view name, std::string value) {
  const auto messages = ask(name, std::move(value));
  EXPECT_EQ(messages.size(), 1U);
  Answer out;
  out.response = messages.at(0);
  if (out.response.value) out.value = ldup::decode_meta_data_update_response(*out.response.value);
  return out;
}

Answer MetaDataTest::add_entry(const ldup::AddWithMetaDataRequest& request) {
  return change(oid::add_with_meta_data, encode(request));
}

Answer MetaDataTest::delete_entry(const ldup::DeleteWithMetaDataRequest& request) {
  return change(oid::delete_with_meta_data, encode(request));
}

Answer MetaDataTest::modify(const ldup::ModifyWithMetaDataRequest& request) {
  return change(oid::modify_with_meta_data, encode(request));
}

Answer MetaDataTest::modify(const std::string& dn, MetaDataChange::Kind kind, MetaDataAttribute attribute) {
  return modify(ldup::ModifyWithMetaDataRequest{dn, {{kind, std::move(attribute)}}, {}});
}

void MetaDataTest::plain(protocol::Request request) {
  const auto operation = server_.start(TestDirectory::administrator(), std::move(request));
  server_.store().apply([](store::Writer&) {});
  std::string bytes;
  ASSERT_EQ(operation->step(bytes, 100), directory::Operation::State::done);
  ASSERT_EQ(protocol::decode_response(bytes).result.code, ResultCode::success)
      << protocol::decode_response(bytes).result.diagnostic;
}

store::StoredEntry MetaDataTest::load(const std::string& dn) {
  const auto snapshot = server_.store().snapshot();
  std::string key;
  model::normalize_dn(dn, server_.directory().context().schema.model(), key);
  return snapshot->load(snapshot->find(key)).value();
}

std::optional<store::StoredEntry> MetaDataTest::load(const model::Uuid& uuid) {
  const auto snapshot = server_.store().snapshot();
  return snapshot->load(snapshot->find(uuid));
}

ldup::Csn berlin(unsigned n) {
  return {Instant{std::chrono::seconds{1'580'000'000}}, n, "berlin", 0};
}

ldup::MetaDataValue triple(std::string value, std::optional<ldup::Csn> csn, bool deleted) {
  return {.value = std::move(value), .deleted = deleted, .csn = std::move(csn), .distinguished = false};
}

ldup::SearchWithMetaDataRequest search_of(const std::string& base, std::vector<std::string> attributes) {
  ldup::SearchWithMetaDataRequest out;
  out.base = base;
  out.scope = ldup::SearchWithMetaDataRequest::Scope::subtree;
  out.filter = model::Filter::parse("(objectClass=*)");
  out.attributes = std::move(attributes);
  return out;
}

const MetaDataAttribute* find(const ldup::SearchMetaDataEntry& entry, std::string_view type) {
  for (const auto& attribute : entry.attributes) {
    if (equals_ignore_case(attribute.type, type)) return &attribute;
  }
  return nullptr;
}

model::Modification replacement(std::string description, std::vector<std::string> values) {
  return {.kind = model::ModifyKind::replace, .description = std::move(description), .values = std::move(values)};
}

}  // namespace replkit::refserver::metadata
