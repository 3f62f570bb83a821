// Damage on a server, by the operations with meta-data.
#include <fmt/format.h>

#include <functional>

#include "common/base/text.hpp"
#include "common/metadata/operations.hpp"
#include "common/model/filter.hpp"
#include "tools/lab/damage.hpp"

namespace replkit::tools::lab {

namespace {

using ldup::AddWithMetaDataRequest;
using ldup::SearchMetaDataEntry;

[[noreturn]] void refuse(const ldap::Connection& server, const ldap::WriteOutcome& outcome, metadata::Verb verb,
                         const std::string& dn) {
  const auto error = ldap::error_of(outcome, server.uri(), "changing " + printable(dn) + " with its meta-data");
  const auto hint = metadata::hint_for(verb, outcome.code, {});
  throw Error(error.status(), hint.empty() ? error.what() : fmt::format("{}; {}", error.what(), hint));
}

void add(ldap::Connection& server, const AddWithMetaDataRequest& request) {
  const auto outcome = metadata::add(server, request).result;
  if (!outcome.done()) refuse(server, outcome, metadata::Verb::add, request.entry);
}

// Leaves no record: nobody learns of it.
void remove(ldap::Connection& server, const std::string& dn) {
  ldup::DeleteWithMetaDataRequest request;
  request.entry = dn;
  request.no_record = true;
  const auto outcome = metadata::remove(server, request).result;
  if (!outcome.done()) refuse(server, outcome, metadata::Verb::remove, dn);
}

void modify(ldap::Connection& server, const ldup::ModifyWithMetaDataRequest& request) {
  const auto outcome = metadata::modify(server, request).result;
  if (!outcome.done()) refuse(server, outcome, metadata::Verb::modify, request.entry);
}

std::optional<SearchMetaDataEntry> read(ldap::Connection& server, const std::string& dn) {
  ldup::SearchWithMetaDataRequest request;
  request.base = dn;
  request.filter = model::Filter::parse("(objectClass=*)");
  request.attributes = {"*", "+"};
  request.attribute_change_state = true;
  std::optional<SearchMetaDataEntry> out;
  const auto outcome = metadata::search(
      server, request,
      {.entry = [&](SearchMetaDataEntry&& entry) { out = std::move(entry); }, .malformed = [](const auto&, auto) {}});
  if (outcome.code != ldap::ResultCode::success && outcome.code != ldap::ResultCode::no_such_object) {
    refuse(server, {.code = outcome.code, .diagnostic = outcome.diagnostic, .matched_dn = {}, .referrals = {}},
           metadata::Verb::search, dn);
  }
  return out;
}

// Returns the DNs of entries to damage; what replication itself made is left out.
std::vector<std::string> candidates(ldap::Connection& server, const std::string& base) {
  std::vector<std::string> dns;
  ldap::SearchRequest request;
  request.base = base;
  request.attributes = {"1.1"};
  request.filter = "(!(objectClass=glueEntry))";
  server.search(request, [&](const ldap::EntryView& entry) { dns.emplace_back(entry.dn()); });
  std::erase_if(dns, [](const std::string& dn) { return to_lower(dn).starts_with("cn=lostandfound,"); });
  return leaves(dns);
}

// Gives candidates to `apply` until it took `count` of them, and removes them from the list.
void take(ldap::Connection& server, std::vector<std::string>& dns, std::size_t count,
          const std::function<bool(const SearchMetaDataEntry&)>& apply) {
  std::size_t used = 0;
  for (std::size_t taken = 0; taken < count && used < dns.size(); ++used) {
    const auto entry = read(server, dns[used]);
    if (entry && apply(*entry)) ++taken;
  }
  dns.erase(dns.begin(), dns.begin() + static_cast<std::ptrdiff_t>(used));
}

}  // namespace

std::vector<Damage> linger(ldap::Connection& server, const std::string& base, std::size_t count, Instant since) {
  std::vector<Damage> done;
  auto dns = candidates(server, base);
  take(server, dns, count, [&](const SearchMetaDataEntry& entry) {
    auto copy = copied(entry, "-lingering");
    if (!copy || read(server, copy->entry)) return false;
    date_back(*copy, since);
    add(server, *copy);
    done.push_back({copy->entry, "lingers: the others deleted it long ago and forgot it"});
    return true;
  });
  return done;
}

std::vector<Damage> diverge(ldap::Connection& server, const std::string& base, std::size_t each) {
  std::vector<Damage> done;
  auto dns = candidates(server, base);
  take(server, dns, each, [&](const SearchMetaDataEntry& entry) {
    remove(server, entry.name);
    done.push_back({entry.name, "is missing"});
    return true;
  });
  take(server, dns, each, [&](const SearchMetaDataEntry& entry) {
    const auto change = changed(entry);
    if (!change) return false;
    modify(server, *change);
    done.push_back({entry.name, "has another " + change->changes.front().attribute.type});
    return true;
  });
  take(server, dns, each, [&](const SearchMetaDataEntry& entry) {
    const auto other = renamed(entry, "-renamed");
    if (!other || read(server, other->entry)) return false;
    remove(server, entry.name);
    add(server, *other);
    done.push_back({entry.name, "is called " + other->entry});
    return true;
  });
  take(server, dns, each, [&](const SearchMetaDataEntry& entry) {
    const auto copy = copied(entry, "-extra");
    if (!copy || read(server, copy->entry)) return false;
    add(server, *copy);
    done.push_back({copy->entry, "is there though no other server has it"});
    return true;
  });
  return done;
}

}  // namespace replkit::tools::lab
