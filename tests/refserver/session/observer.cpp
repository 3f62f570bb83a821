#include "tests/refserver/session/observer.hpp"

namespace replkit::refserver::session {

namespace {

struct Describer {
  RequestInfo& out;

  void operator()(const protocol::BindRequest& bind) {
    out.name = bind.dn;
    const auto* sasl = std::get_if<protocol::SaslCredentials>(&bind.authentication);
    out.detail = sasl != nullptr ? sasl->mechanism : "simple";
  }
  void operator()(const protocol::UnbindRequest&) {}
  void operator()(const protocol::SearchRequest& search) {
    constexpr const char* scopes[] = {"base", "one", "sub"};
    out.name = search.base;
    out.detail = scopes[static_cast<std::size_t>(search.scope)];
  }
  void operator()(const protocol::ModifyRequest& modify) {
    out.name = modify.dn;
    for (const auto& change : modify.changes) out.attributes.push_back(change.description);
  }
  void operator()(const protocol::AddRequest& add) {
    out.name = add.dn;
    for (const auto& attribute : add.attributes) out.attributes.push_back(attribute.description);
  }
  void operator()(const protocol::DeleteRequest& remove) { out.name = remove.dn; }
  void operator()(const protocol::ModifyDnRequest& rename) {
    out.name = rename.dn;
    out.detail = rename.new_rdn;
    if (rename.new_superior) out.detail += " below \"" + *rename.new_superior + '"';
  }
  void operator()(const protocol::CompareRequest& compare) {
    out.name = compare.dn;
    out.attributes.push_back(compare.description);
  }
  void operator()(const protocol::AbandonRequest& abandon) { out.detail = std::to_string(abandon.message_id); }
  void operator()(const protocol::ExtendedRequest& extended) { out.name = extended.oid; }
};

}  // namespace

RequestInfo describe(const protocol::RequestMessage& message) {
  RequestInfo out;
  out.id = message.id;
  out.operation = protocol::operation_of(message.request);
  std::visit(Describer{out}, message.request);
  return out;
}

}  // namespace replkit::refserver::session
