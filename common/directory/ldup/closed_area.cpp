#include "common/directory/ldup/closed_area.hpp"

#include "common/ldap/error.hpp"

namespace replkit::directory {

// Asks for an entry that is no part of replication itself.
std::string why_closed(ldap::Connection& connection, const std::string& area) {
  using enum ldap::ResultCode;
  ldap::SearchRequest request;
  request.base = area;
  request.scope = ldap::Scope::one;
  request.attributes = {"1.1"};
  request.size_limit = 1;
  const auto outcome = connection.search(request, [](const ldap::EntryView&) {});
  if (outcome.code == server_down || outcome.code == timeout) {
    throw ldap::error_of(outcome, connection.uri(), "search below " + area);
  }
  if (outcome.code != referral && outcome.code != busy && outcome.code != unavailable) return {};
  if (!outcome.diagnostic.empty()) return outcome.diagnostic;
  return outcome.code == referral ? "it refers to other servers" : ldap::describe(outcome.code);
}

}  // namespace replkit::directory
