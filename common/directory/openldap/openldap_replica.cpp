#include "common/directory/openldap/openldap_replica.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "common/base/text.hpp"
#include "common/directory/openldap/syncrepl_value.hpp"
#include "common/model/dn.hpp"
#include "common/model/filter.hpp"

namespace replkit::directory {

namespace {

// What every slapd keeps for itself: replication state, and what overlays note of local binds and maintain by
// themselves.
const std::vector<std::string> local_attributes{
    "contextCSN",     "entryCSN",      "entryDN",        "subschemaSubentry", "hasSubordinates",
    "syncreplCookie", "authTimestamp", "pwdLastSuccess", "pwdFailureTime",    "memberOf"};

// Runs a look-up that rights may forbid. Returns nothing when the server will not answer it; a lost connection is an
// error.
template <typename LookUp>
auto if_readable(LookUp&& look_up) -> decltype(look_up()) {
  try {
    return look_up();
  } catch (const ldap::LdapError& error) {
    if (error.connection_lost()) throw;
    return std::nullopt;
  }
}

std::string normalized(std::string_view dn) {
  std::string out;
  model::normalize_dn(dn, model::Schema::standard(), out);
  return out;
}

// Returns the first entry that a search finds; nothing when it finds none or is refused.
std::optional<model::Entry> find_one(ldap::Connection& connection, const std::string& base, const std::string& filter,
                                     std::vector<std::string> attributes) {
  ldap::SearchRequest request;
  request.base = base;
  request.filter = filter;
  request.attributes = std::move(attributes);
  std::optional<model::Entry> found;
  connection.search(request, [&](const ldap::EntryView& entry) {
    if (!found) found = entry.copy();
  });
  return found;
}

bool is_refreshing(const model::Entry& consumer, Instant now) {
  if (!equals_ignore_case(consumer.first("olmSRSyncPhase"), "Refresh")) return false;
  // A refreshOnly consumer shows Refresh also while it idles until its next connect.
  const auto next = parse_generalized_time(consumer.first("olmSRNextConnect"));
  return !next || *next <= now;
}

}  // namespace

OpenldapReplica::OpenldapReplica(ldap::ConnectionOptions options, ldap::Connection opened, RootDse root,
                                 std::string context)
    : Replica(std::move(options), std::move(opened), std::move(root), std::move(context)) {}

std::optional<ldup::Csn> OpenldapReplica::parse_csn(std::string_view value) const {
  try {
    return ldup::Csn::parse(value);
  } catch (const ParseError&) {
    return std::nullopt;
  }
}

std::optional<ldup::UpdateVector> OpenldapReplica::update_vector() {
  if (context().empty()) return std::nullopt;
  const auto top = if_readable([&] { return connection().read(context(), {"contextCSN"}); });
  if (!top) return std::nullopt;
  const auto* values = top->find("contextCSN");
  if (values == nullptr) return std::nullopt;
  ldup::UpdateVector vector;
  for (const auto& value : values->values) {
    if (const auto csn = parse_csn(value)) vector.merge(*csn);
  }
  if (vector.empty()) return std::nullopt;
  return vector;
}

std::optional<model::Entry> OpenldapReplica::config_database() {
  if (!config_database_) {
    config_database_ = if_readable([&]() -> std::optional<model::Entry> {
      if (context().empty() || root_dse().config_context.empty()) return std::nullopt;
      return find_one(connection(), root_dse().config_context,
                      "(&(objectClass=olcDatabaseConfig)(olcSuffix=" + model::escape_filter_value(context()) + "))",
                      {"olcSyncrepl", "olcDbIndex", "olcSuffix"});
    });
  }
  return *config_database_;
}

std::optional<model::Entry> OpenldapReplica::monitor_database() {
  if (!monitor_database_) {
    monitor_database_ = if_readable([&]() -> std::optional<model::Entry> {
      if (context().empty() || root_dse().monitor_context.empty()) return std::nullopt;
      return find_one(connection(), "cn=Databases," + root_dse().monitor_context,
                      "(&(objectClass=monitoredObject)(namingContexts=" + model::escape_filter_value(context()) + "))",
                      {"namingContexts", "olmMDBEntries"});
    });
  }
  return *monitor_database_;
}

Refresh OpenldapReplica::refresh() {
  const auto database = monitor_database();
  if (!database) return Refresh::unknown;
  ldap::SearchRequest request;
  request.base = database->dn;
  request.filter = "(objectClass=olmSyncReplInstance)";
  request.attributes = {"olmSRSyncPhase", "olmSRNextConnect"};
  bool running = false;
  const auto now = system_clock().now();
  const auto outcome = connection().search(
      request, [&](const ldap::EntryView& entry) { running = running || is_refreshing(entry.copy(), now); });
  if (!outcome.complete()) return Refresh::unknown;
  return running ? Refresh::running : Refresh::idle;
}

Unreplicated OpenldapReplica::unreplicated() {
  Unreplicated out;
  out.excluded = local_attributes;
  const auto database = config_database();
  if (!database) {
    out.notes.push_back(
        "cn=config is not readable for this identity, so attributes left out by syncrepl (attrs=, exattrs=) "
        "are not known; name them with --exclude-attrs");
    return out;
  }
  const auto* values = database->find("olcSyncrepl");
  if (values == nullptr) return out;
  for (const auto& value : values->values) {
    const auto syncrepl = parse_syncrepl(value);
    if (!syncrepl.excluded_attributes.empty()) {
      out.excluded.insert(out.excluded.end(), syncrepl.excluded_attributes.begin(), syncrepl.excluded_attributes.end());
      out.notes.push_back(fmt::format("syncrepl rid={} does not replicate {}", syncrepl.rid,
                                      fmt::join(syncrepl.excluded_attributes, ", ")));
    }
    if (!replicates_all_user_attributes(syncrepl)) {
      if (!out.only) out.only.emplace();
      out.only->insert(out.only->end(), syncrepl.attributes.begin(), syncrepl.attributes.end());
      out.notes.push_back(
          fmt::format("syncrepl rid={} replicates only {}", syncrepl.rid, fmt::join(syncrepl.attributes, ", ")));
    }
    if (!syncrepl.filter.empty() && syncrepl.filter != "(objectClass=*)" && syncrepl.filter != "(objectclass=*)") {
      out.notes.push_back(fmt::format("syncrepl rid={} replicates only entries that match {}: compare with that filter",
                                      syncrepl.rid, syncrepl.filter));
    }
    if (!syncrepl.search_base.empty() && normalized(syncrepl.search_base) != normalized(context())) {
      out.notes.push_back(
          fmt::format("syncrepl rid={} replicates only what is below {}", syncrepl.rid, syncrepl.search_base));
    }
  }
  return out;
}

std::optional<std::uint64_t> OpenldapReplica::entry_count() {
  const auto database = monitor_database();
  if (!database) return std::nullopt;
  const auto fresh = if_readable([&] { return connection().read(database->dn, {"olmMDBEntries"}); });
  return fresh ? parse_uint(fresh->first("olmMDBEntries")) : std::nullopt;
}

std::optional<bool> OpenldapReplica::id_is_indexed() {
  const auto database = config_database();
  if (!database) return std::nullopt;
  const auto* indexes = database->find("olcDbIndex");
  if (indexes == nullptr) return false;
  return std::any_of(indexes->values.begin(), indexes->values.end(), [](const std::string& value) {
    const auto lower = to_lower(value);
    return lower.find("entryuuid") != std::string::npos && (lower.find("eq") != std::string::npos);
  });
}

}  // namespace replkit::directory
