// A request on its way: what came, who asks, and what he may do.
#pragma once

#include <memory>
#include <string_view>

#include "tests/refserver/access/policy.hpp"
#include "tests/refserver/directory/context.hpp"
#include "tests/refserver/directory/request_controls.hpp"
#include "tests/refserver/protocol/messages.hpp"

namespace replkit::refserver::directory {

struct Call {
  const Context& context;
  protocol::RequestMessage message;
  RequestControls controls;
  access::Caller bound;   // the connection's identity
  access::Caller caller;  // that of the operation: the same, or the one that proxied authorization names (RFC 4370)
  access::View view;      // what `caller` may do. One thread at a time: the session's and the writer's never at once

  // Whether `caller` may know that there is an entry with this normalized DN.
  bool may_see(std::string_view key) const { return view.all() || view.entry(key).has(access::Right::read); }
};

// Reads the controls, finds the operation's caller and his rights. Throws protocol::Refusal and
// protocol::ProtocolError: what parse_controls() throws, and authorizationDenied when the connection's identity may not
// act as the one of proxied authorization.
Call make_call(const Context& context, const access::Caller& bound, protocol::RequestMessage message);

// Returns what the store tells about group membership now, for access rules.
access::Membership membership(const Context& context);

}  // namespace replkit::refserver::directory
