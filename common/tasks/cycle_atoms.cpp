#include "common/tasks/cycle_atoms.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "common/base/text.hpp"
#include "common/ldap/extended.hpp"
#include "common/ldup/oids.hpp"
#include "common/tasks/names.hpp"

namespace replkit::tasks {

namespace {

using ldap::ResultCode;
using Request = ldup::TriggerReplicationRequest;

void require_extension(const ServerFacts& server, std::string_view oid, std::string_view operation) {
  if (std::find(server.extensions.begin(), server.extensions.end(), oid) != server.extensions.end()) return;
  throw Precondition(
      fmt::format("{}: does not offer {} ({} is not among its supportedExtension)", server.name, operation, oid));
}

// Returns the URI to name: the one wanted, which must be the replica's, or its first.
std::string uri_of(const ServerFacts& server, const Replica& replica, const std::string& wanted) {
  auto uris = values_of(replica.entry, name::replica_uri);
  const auto secondary = values_of(replica.entry, name::replica_secondary_uri);
  uris.insert(uris.end(), secondary.begin(), secondary.end());
  if (uris.empty()) {
    throw Precondition(
        fmt::format("{}: the replica {} has no URI: repctl replica set-uri gives it one", server.name, replica.id));
  }
  if (wanted.empty()) return uris.front();
  const auto endpoint = endpoint_of(wanted);
  const bool known =
      endpoint && std::any_of(uris.begin(), uris.end(), [&](const auto& uri) { return endpoint_of(uri) == endpoint; });
  if (known) return wanted;
  throw Precondition(fmt::format("{}: {} is no URI of the replica {}, which has {}", server.name, printable(wanted),
                                 replica.id, printable(fmt::format("{}", fmt::join(uris, ", ")))));
}

const Replica* replica_with(const AreaFacts& area, const std::string& dn) {
  const auto found = std::find_if(area.replicas.begin(), area.replicas.end(),
                                  [&](const Replica& replica) { return same_dn(replica.entry.dn, dn); });
  return found == area.replicas.end() ? nullptr : &*found;
}

bool supplies(const Replica& supplier, const Replica& consumer) {
  const auto agreements = supplier.agreements();
  return std::any_of(agreements.begin(), agreements.end(), [&](const auto* agreement) {
    return same_dn(first_of(*agreement, name::replica_dn), consumer.entry.dn);
  });
}

bool is_online(const Replica& replica) {
  return equals_ignore_case(first_of(replica.entry, name::replica_online), "TRUE");
}

ldap::ExtendedAnswer call(ldap::Connection& connection, std::string_view oid, std::string value) {
  return ldap::ExtendedCalls(connection).call({.oid = std::string(oid), .value = std::move(value), .controls = {}});
}

ldap::WriteOutcome result_of(ldap::ExtendedAnswer& answer) {
  return {.code = answer.code,
          .diagnostic = std::move(answer.diagnostic),
          .matched_dn = std::move(answer.matched_dn),
          .referrals = std::move(answer.referrals)};
}

// Returns what both operations have in common; empty for other codes.
std::string common_hint(const ServerFacts& server, ResultCode code) {
  switch (code) {
    case ResultCode::insufficient_access:
      return fmt::format("managing replication needs a right of its own, which {} lacks",
                         server.identity.empty() ? "an anonymous user" : printable(server.identity));
    case ResultCode::confidentiality_required:
      return "this is done over TLS only: -ZZ, or an ldaps:// URI";
    case ResultCode::no_such_object:
      return "the replica went away since it was read, or is hidden from us: repctl replica list shows what there is";
    default:
      return {};
  }
}

std::string unwilling_hint(const ServerFacts& server, const AreaFacts& area, const Request& request) {
  const auto found = obstacles(server, area, request);
  if (!found.empty()) return fmt::format("{}", fmt::join(found, "; "));
  if (request.mode != Request::Mode::online) {
    return "files are read and written only in a folder that the server is configured with";
  }
  return "there must be an agreement one way or the other, with this URI, and for an incremental cycle both replicas "
         "online: repctl status";
}

// The server has tried to reach the target's. Which of the steps failed is in its own words only.
std::string unavailable_hint(const Request& request, const std::string& id, const std::string& reason) {
  if (reason.find("has no area") != std::string::npos) {
    return fmt::format(
        "on the server of {0}, {1}, repctl area list shows what it has; what it needs: repctl area copy-base, then "
        "replica create there for each replica",
        id, printable(request.uri));
  }
  if (reason.find("permission denied") != std::string::npos) {
    return fmt::format(
        "the server of {} answers, and takes no session: does whom the agreement's credentials bind as (repctl "
        "credentials show) have the right to replicate there, and has its copy of the area the replicas of both "
        "(repctl replica list)?",
        id);
  }
  if (reason.find(ldap::describe(ResultCode::invalid_credentials)) != std::string::npos) {
    return fmt::format(
        "that is what the agreement's credentials say (repctl credentials show), or, without any, the configuration of "
        "the server: repctl credentials modify changes the former; whom does the server of {} know, by which password?",
        id);
  }
  return fmt::format(
      "the server could not connect to {} or bind there: does the server of {} run, is that URI good from where this "
      "server is, and do the credentials of the agreement (repctl agreement list) work?",
      printable(request.uri), id);
}

std::string hint_for(const ServerFacts& server, const AreaFacts& area, const Request& request,
                     const ldap::WriteOutcome& outcome) {
  const auto code = outcome.code;
  const auto* target = replica_with(area, request.target);
  const auto id = target == nullptr ? request.target : target->id;
  switch (code) {
    case ResultCode::busy:
      return fmt::format(
          "a cycle of this area runs on one side or the other: wait for its end (repctl status), or end "
          "it with repctl cycle terminate {}",
          id);
    case ResultCode::unwilling_to_perform:
      return unwilling_hint(server, area, request);
    case ResultCode::unavailable:
      return unavailable_hint(request, id, outcome.diagnostic);
    case ResultCode::protocol_error:
      return "the server does not take this mode with this file";
    case ResultCode::entry_already_exists:
      return "the file is there already: choose another name, or remove it on the server";
    default:
      break;
  }
  // invalidAttributeSyntax, which has no name here.
  if (static_cast<int>(code) == 21) return "the URI is no LDAP URL for that server: repctl replica set-uri mends it";
  return common_hint(server, code);
}

std::string with_hint(const ldap::WriteOutcome& outcome, const ServerFacts& server, const std::string& action,
                      const std::string& hint) {
  std::string text = ldap::error_of(outcome, server.name, action).what();
  return hint.empty() ? text : text + "; " + hint;
}

}  // namespace

Request trigger_request(const ServerFacts& server, const AreaFacts& area, const CycleTarget& target,
                        Request::Update update, Request::Mode mode, const std::optional<std::string>& file) {
  require_ldup(server, "cycle");
  require_extension(server, ldup::oid::trigger_replication, "TriggerReplication");
  require_area(server, area);
  const auto& replica = require_replica(server, area, target.replica);
  const auto* own = own_replica(server, area);
  if (mode == Request::Mode::offline_read && own != nullptr && own != &replica) {
    throw Precondition(
        fmt::format("{}: a file is read by the replica it is for, and this server is {}: name that one, "
                    "or ask the server of {}",
                    server.name, own->id, replica.id));
  }
  if (mode != Request::Mode::offline_read && own == &replica) {
    throw Precondition(fmt::format("{}: {} is the server's own replica: name the one it is to exchange updates with",
                                   server.name, replica.id));
  }
  const bool to_send = own != nullptr && update == Request::Update::full && mode != Request::Mode::offline_read;
  if (to_send && !area.closed.empty() && (mode == Request::Mode::offline_write || supplies(*own, replica))) {
    throw Precondition(fmt::format("{}: has nothing to send: {}; {}", server.name, printable(area.closed),
                                   ways_to_fill(server, area)));
  }
  return {.target = replica.entry.dn,
          .uri = uri_of(server, replica, target.uri),
          .update = update,
          .mode = mode,
          .file = file};
}

ldup::TerminateReplicationRequest terminate_request(const ServerFacts& server, const AreaFacts& area,
                                                    const CycleTarget& target) {
  require_ldup(server, "cycle");
  require_extension(server, ldup::oid::terminate_replication, "TerminateReplication");
  require_area(server, area);
  const auto& replica = require_replica(server, area, target.replica);
  if (own_replica(server, area) == &replica) {
    throw Precondition(fmt::format("{}: {} is the server's own replica: name the one whose sessions with it are to end",
                                   server.name, replica.id));
  }
  return {.target = replica.entry.dn, .uri = uri_of(server, replica, target.uri)};
}

std::vector<std::string> obstacles(const ServerFacts& server, const AreaFacts& area, const Request& request) {
  std::vector<std::string> out;
  const auto* own = own_replica(server, area);
  const auto* target = replica_with(area, request.target);
  if (own == nullptr || target == nullptr || own == target) return out;
  // Without any agreement every replica sends to every other.
  const bool any = std::any_of(area.replicas.begin(), area.replicas.end(),
                               [](const Replica& replica) { return !replica.agreements().empty(); });
  if (any && !supplies(*own, *target) && !supplies(*target, *own)) {
    out.push_back(
        fmt::format("there is no agreement between {0} and {1}: repctl agreement add {0} {1}", own->id, target->id));
  }
  if (request.update == Request::Update::incremental && request.mode == Request::Mode::online) {
    for (const auto* replica : {own, target}) {
      if (is_online(*replica)) continue;
      out.push_back(fmt::format("{0} is suspended: repctl replica resume {0}, or a full update (--full)", replica->id));
    }
  }
  return out;
}

std::optional<FullUpdate> full_update(const ServerFacts& server, const AreaFacts& area, const Request& request) {
  const auto* own = own_replica(server, area);
  const auto* target = replica_with(area, request.target);
  if (request.update != Request::Update::full || request.mode == Request::Mode::offline_write) return std::nullopt;
  if (request.mode == Request::Mode::offline_read) {
    return FullUpdate{"the file", target == nullptr ? request.target : target->id, true};
  }
  if (own == nullptr || target == nullptr) {
    throw Precondition(
        fmt::format("{}: does not tell which replica it is, so nobody can say which one would lose its entries: repctl "
                    "replica set-uri gives its replica the URI it is reached at",
                    server.name));
  }
  const bool any = std::any_of(area.replicas.begin(), area.replicas.end(),
                               [](const Replica& replica) { return !replica.agreements().empty(); });
  if (!any || supplies(*own, *target)) return FullUpdate{own->id, target->id, false};
  if (supplies(*target, *own)) return FullUpdate{target->id, own->id, true};
  return std::nullopt;
}

TriggerOutcome trigger(ldap::Connection& connection, const Request& request) {
  auto answer = call(connection, ldup::oid::trigger_replication, ldup::encode(request));
  TriggerOutcome out;
  out.result = result_of(answer);
  if (!out.result.done() || !answer.value) return out;
  try {
    out.response = ldup::decode_trigger_replication_response(*answer.value);
  } catch (const Error&) {
    // It has begun: the response only adds what for the logs.
  }
  return out;
}

TerminateOutcome terminate(ldap::Connection& connection, const ldup::TerminateReplicationRequest& request) {
  auto answer = call(connection, ldup::oid::terminate_replication, ldup::encode(request));
  TerminateOutcome out;
  out.result = result_of(answer);
  if (out.result.done()) out.response = ldup::decode_terminate_replication_response(answer.value.value_or(""));
  return out;
}

std::string explain(const ServerFacts& server, const AreaFacts& area, const Request& request,
                    const ldap::WriteOutcome& outcome) {
  return with_hint(outcome, server, "trigger replication with " + printable(request.target),
                   hint_for(server, area, request, outcome));
}

std::string explain(const ServerFacts& server, const AreaFacts&, const ldup::TerminateReplicationRequest& request,
                    const ldap::WriteOutcome& outcome) {
  return with_hint(outcome, server, "terminate replication with " + printable(request.target),
                   common_hint(server, outcome.code));
}

}  // namespace replkit::tasks
