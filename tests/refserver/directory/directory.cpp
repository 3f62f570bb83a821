#include "tests/refserver/directory/directory.hpp"

#include <algorithm>

#include "tests/refserver/directory/answer.hpp"
#include "tests/refserver/directory/call.hpp"
#include "tests/refserver/directory/compare.hpp"
#include "tests/refserver/directory/extension.hpp"
#include "tests/refserver/directory/paged_searches.hpp"
#include "tests/refserver/directory/search.hpp"
#include "tests/refserver/directory/special_entries.hpp"
#include "tests/refserver/directory/update.hpp"
#include "tests/refserver/protocol/encode.hpp"
#include "tests/refserver/protocol/extended.hpp"
#include "tests/refserver/protocol/oids.hpp"
#include "tests/refserver/protocol/result.hpp"

namespace replkit::refserver::directory {

namespace {

// RFC 4532.
std::unique_ptr<Operation> who_am_i(const Call& call, const protocol::ExtendedRequest& request) {
  protocol::expect_no_value(request);
  const auto identity = call.caller.anonymous() ? std::string() : "dn:" + call.caller.dn;
  std::string out;
  protocol::encode_extended_response(out, call.message.id, {}, std::nullopt, identity);
  return answered(std::move(out));
}

std::unique_ptr<Operation> ended(std::int32_t id, protocol::Operation operation, const protocol::Result& result) {
  std::string out;
  protocol::encode_result(out, id, operation, result);
  return answered(std::move(out));
}

}  // namespace

Directory::Directory(const schema::Schema& schema, store::Store& store, const auth::Authenticator& authenticator,
                     std::shared_ptr<const access::Policy> policy, AuditSink* audit, const Clock& clock,
                     DirectoryOptions options)
    : context_(schema, store, authenticator, std::move(policy), audit, clock, std::move(options)),
      subschema_(std::make_unique<HeldEntry>(subschema_entry(schema, clock.now()))),
      paged_(std::make_unique<PagedSearches>(context_.options.paged_searches)),
      updates_(std::make_unique<Updates>()) {}

Directory::~Directory() = default;

std::unique_ptr<Operation> Directory::start(const access::Caller& caller, protocol::RequestMessage request, Wake wake) {
  const auto id = request.id;
  const auto operation = protocol::operation_of(request.request);
  try {
    return dispatch(caller, std::move(request), std::move(wake));
  } catch (...) {
    return ended(id, operation, current_exception_result());
  }
}

std::unique_ptr<Operation> Directory::dispatch(const access::Caller& caller, protocol::RequestMessage request,
                                               Wake wake) {
  auto call = make_call(context_, caller, std::move(request));
  for (const auto& extension : context_.extensions.all()) extension->admit(call);
  const auto operation = protocol::operation_of(call.message.request);
  switch (operation) {
    case protocol::Operation::search:
      for (const auto& extension : context_.extensions.all()) {
        if (auto out = extension->search(call)) return out;
      }
      return directory::start_search(std::move(call), *paged_, *subschema_);
    case protocol::Operation::compare:
      return ended(call.message.id, operation, compare(call, *subschema_));
    case protocol::Operation::extended: {
      const auto& extended = std::get<protocol::ExtendedRequest>(call.message.request);
      if (extended.oid == protocol::oid::who_am_i) return who_am_i(call, extended);
      if (extended.oid == protocol::oid::password_modify) return updates_->start(std::move(call), std::move(wake));
      if (auto* extension = context_.extensions.find(extended.oid)) {
        if (extension->is_change(extended.oid)) return updates_->start(std::move(call), std::move(wake));
        return extension->start(std::move(call), std::move(wake));
      }
      throw protocol::ProtocolError::answer("unknown extended operation");
    }
    default:
      return updates_->start(std::move(call), std::move(wake));
  }
}

std::unique_ptr<Operation> Directory::start_search(
    Call call, const std::function<std::unique_ptr<SearchAnswer>(const Call&)>& make_answer) {
  return directory::start_search(std::move(call), *paged_, *subschema_, make_answer);
}

void Directory::add(std::shared_ptr<Extension> extension) {
  context_.extensions.add(std::move(extension));
}

void Directory::forget(std::uint64_t connection) {
  paged_->forget(connection);
  rebind(connection);
}

void Directory::rebind(std::uint64_t connection) {
  for (const auto& extension : context_.extensions.all()) extension->forget(connection);
}

bool Directory::is_grouped(std::uint64_t connection) const {
  const auto& all = context_.extensions.all();
  return std::any_of(all.begin(), all.end(), [&](const auto& each) { return each->is_grouped(connection); });
}

void Directory::set_policy(std::shared_ptr<const access::Policy> policy) {
  context_.policy.set(std::move(policy));
}

}  // namespace replkit::refserver::directory
