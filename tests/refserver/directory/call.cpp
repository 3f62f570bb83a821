#include "tests/refserver/directory/call.hpp"

#include "common/base/error.hpp"
#include "common/base/text.hpp"
#include "common/model/matching.hpp"
#include "tests/refserver/directory/extension.hpp"
#include "tests/refserver/protocol/refusal.hpp"

namespace replkit::refserver::directory {

namespace {

using protocol::Refusal;
using protocol::ResultCode;

// Whether the group entry has a value of these attributes that is `member_key`.
bool has_member(const store::LiveEntry& group, const model::Schema& schema, const std::string& member_key) {
  std::string form;
  for (const std::string_view name : {"member", "uniqueMember"}) {
    const auto* attribute = group.find(name);
    if (attribute == nullptr) continue;
    for (const auto value : attribute->values) {
      model::normalize_value(model::ValueKind::dn, value, schema, form);
      if (form == member_key) return true;
    }
  }
  return false;
}

// Returns the identity that proxied authorization names (RFC 4370).
access::Caller proxied_caller(const Context& context, const access::Caller& bound, const access::View& view,
                              const std::string& identity) {
  auto caller = context.authenticator.authorization_identity(identity);
  // One answer for unknown and forbidden, so that nobody can try out names.
  const Refusal denied(ResultCode::authorization_denied, "not allowed to act as that identity");
  if (!caller) throw denied;
  const bool allowed = caller->anonymous() || (!bound.anonymous() && caller->key == bound.key) || view.all() ||
                       view.entry(caller->key).has(access::Right::proxy);
  if (!allowed) throw denied;
  caller->mechanism = bound.mechanism;
  caller->security = bound.security;
  caller->connection = bound.connection;
  return *caller;
}

// Which controls an extension's operation takes.
TakesControl taken_controls(const Context& context, const protocol::Request& request) {
  const auto* extended = std::get_if<protocol::ExtendedRequest>(&request);
  const auto* extension = extended == nullptr ? nullptr : context.extensions.find(extended->oid);
  if (extension == nullptr) return {};
  return [extension, extended](std::string_view control) { return extension->takes_control(extended->oid, control); };
}

}  // namespace

access::Membership membership(const Context& context) {
  return [&context](const std::string& group_key, const std::string& member_key) {
    const auto snapshot = context.store.snapshot();
    store::LiveEntry group;
    const auto id = snapshot->find(group_key);
    return id != store::no_entry && snapshot->read(id, group) && has_member(group, context.schema.model(), member_key);
  };
}

Call make_call(const Context& context, const access::Caller& bound, protocol::RequestMessage message) {
  auto controls = parse_controls(message.request, message.controls, taken_controls(context, message.request));
  const auto policy = context.policy.get();
  auto view = policy->view(bound, membership(context));
  auto caller = bound;
  if (controls.proxied_authorization) {
    caller = proxied_caller(context, bound, view, *controls.proxied_authorization);
    view = policy->view(caller, membership(context));
  }
  return {context, std::move(message), std::move(controls), bound, std::move(caller), std::move(view)};
}

}  // namespace replkit::refserver::directory
