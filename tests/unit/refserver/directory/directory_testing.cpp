#include "tests/unit/refserver/directory/directory_testing.hpp"

#include "common/base/text.hpp"
#include "common/model/dn.hpp"
#include "common/wire/ber.hpp"
#include "tests/refserver/directory/import.hpp"

namespace replkit::refserver::directory {

namespace {

const schema::Schema& directory_schema() {
  static const auto schema = schema::Schema::load({"core", "cosine", "inetorgperson", "nis", "ldup"});
  return schema;
}

auth::AuthOptions auth_options() {
  auth::AuthOptions options;
  options.administrators.push_back({"cn=admin", ""});
  return options;
}

}  // namespace

std::vector<std::string> Found::dns() const {
  std::vector<std::string> out;
  for (const auto& entry : entries) out.push_back(entry.dn);
  return out;
}

std::optional<protocol::PagedResults> Found::paged() const {
  for (const auto& one : controls) {
    if (one.oid == protocol::oid::paged_results) return protocol::decode_paged_results(one);
  }
  return std::nullopt;
}

std::optional<protocol::SortResult> Found::sorted() const {
  for (const auto& one : controls) {
    if (one.oid == protocol::oid::sort_response) return protocol::decode_sort_response(one);
  }
  return std::nullopt;
}

std::vector<model::Entry> entries_of(std::string_view ldif) {
  std::vector<model::Entry> out;
  bool fresh = true;
  for (const auto line : split(ldif, '\n')) {
    const auto colon = line.find(": ");
    if (colon == line.npos) {
      fresh = true;
      continue;
    }
    if (fresh) out.emplace_back();
    fresh = false;
    if (line.starts_with("dn: ")) {
      out.back().dn = line.substr(colon + 2);
    } else {
      out.back().add(line.substr(0, colon), line.substr(colon + 2));
    }
  }
  return out;
}

protocol::SearchRequest search_of(std::string base, std::string_view filter, protocol::Scope scope,
                                  std::vector<std::string> attributes) {
  protocol::SearchRequest request;
  request.base = std::move(base);
  request.scope = scope;
  request.filter = model::Filter::parse(filter);
  request.attributes = std::move(attributes);
  return request;
}

TestDirectory::TestDirectory(std::string_view ldif, ServerOptions options) {
  store::StoreOptions store_options;
  store_options.directory = folder_.path() / "store";
  store_options.durability = store::Durability::none;
  store_options.indexes = options.indexes;
  store_ = std::make_unique<store::Store>(std::move(store_options), directory_schema(), clock_);
  authenticator_ = std::make_unique<auth::Authenticator>(auth_options(), directory_schema(), *store_);
  if (options.directory.contexts.empty()) options.directory.contexts = {"dc=example,dc=com"};
  directory_ = std::make_unique<Directory>(directory_schema(), *store_, *authenticator_,
                                           std::make_shared<access::Policy>(options.rules, directory_schema().model()),
                                           options.audit, clock_, options.directory);
  load(entries_of(ldif));
}

void TestDirectory::load(const std::vector<model::Entry>& entries) {
  Importer importer(*store_, directory_schema(), clock_, {});
  for (const auto& entry : entries) importer.add(entry);
  importer.flush();
}

access::Caller TestDirectory::administrator() {
  auto caller = user("cn=admin");
  caller.administrator = true;
  return caller;
}

access::Caller TestDirectory::user(const std::string& dn) {
  access::Caller caller;
  caller.dn = dn;
  model::normalize_dn(dn, directory_schema().model(), caller.key);
  caller.mechanism = "simple";
  caller.connection = 1;
  return caller;
}

std::unique_ptr<Operation> TestDirectory::start(const access::Caller& caller, protocol::Request request,
                                                std::vector<protocol::Control> controls) {
  return directory_->start(caller, {7, std::move(request), std::move(controls)}, [] {});
}

void add_responses(std::string_view bytes, Found& found) {
  while (!bytes.empty()) {
    const auto header = wire::read_header(bytes);
    ASSERT_TRUE(header);
    const auto size = header->size + header->length;
    const auto response = protocol::decode_response(bytes.substr(0, size));
    bytes.remove_prefix(size);
    EXPECT_EQ(response.id, 7);
    switch (response.kind) {
      case protocol::ResponseKind::entry:
        found.entries.push_back(response.entry);
        break;
      case protocol::ResponseKind::reference:
        found.references.push_back(response.uris);
        break;
      default:
        EXPECT_EQ(response.kind, protocol::ResponseKind::search_done);
        EXPECT_TRUE(bytes.empty()) << "the result is the last response";
        found.result = response.result;
        found.controls = response.controls;
    }
  }
}

Found TestDirectory::search(const access::Caller& caller, protocol::SearchRequest request,
                            std::vector<protocol::Control> controls, std::size_t step_bytes) {
  const auto operation = start(caller, std::move(request), std::move(controls));
  Found found;
  for (auto state = Operation::State::more; state != Operation::State::done; ++found.steps) {
    std::string out;
    state = operation->step(out, step_bytes);
    add_responses(out, found);
  }
  return found;
}

protocol::ResponseMessage TestDirectory::ask(const access::Caller& caller, protocol::Request request,
                                             std::vector<protocol::Control> controls) {
  const auto operation = start(caller, std::move(request), std::move(controls));
  std::string out;
  EXPECT_EQ(operation->step(out, 65'536), Operation::State::done);
  return protocol::decode_response(out);
}

void TestDirectory::set_rules(std::vector<access::Rule> rules) {
  directory_->set_policy(std::make_shared<access::Policy>(rules, directory_schema().model()));
}

access::Rule everything(std::vector<std::string> who) {
  return rule(std::move(who), {"*"}, {}, access::Rights::all());
}

access::Rule rule(std::vector<std::string> who, std::vector<std::string> target, std::vector<std::string> attributes,
                  access::Rights rights) {
  access::Rule out;
  out.who = std::move(who);
  out.target = std::move(target);
  out.attributes = std::move(attributes);
  out.rights = rights;
  return out;
}

protocol::Control control(std::string_view oid, bool critical) {
  return {std::string(oid), critical, std::nullopt};
}

}  // namespace replkit::refserver::directory
