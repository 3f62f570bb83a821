#include "common/ldup/agreement.hpp"

#include <algorithm>

#include "common/base/error.hpp"
#include "common/base/text.hpp"
#include "common/ldup/oids.hpp"
#include "common/model/dn.hpp"
#include "common/model/schema.hpp"

namespace replkit::ldup {

namespace {

bool is_oid(std::string_view text) {
  return !text.empty() && is_ascii_digit(text.front()) && model::is_schema_name(text);
}

std::string read_mechanism(const EntryReader& entry) {
  const auto value = entry.one("replicationMechanismOID");
  if (!value) return {};
  if (equals_ignore_case(*value, oid::full_update_name)) return std::string(oid::full_update_protocol);
  if (equals_ignore_case(*value, oid::incremental_update_name)) return std::string(oid::incremental_update_protocol);
  if (is_oid(*value)) return *value;
  entry.wrong("replicationMechanismOID", "an OID of supportedReplicationProtocols, " +
                                             std::string(oid::incremental_update_name) + " or " +
                                             std::string(oid::full_update_name) + " is expected");
  return {};
}

std::string one_line(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7F'; }, ' ');
  return text;
}

}  // namespace

ReplicationStatus ReplicationStatus::parse(std::string_view text) {
  const ReplicationStatus unknown{std::nullopt, Outcome::unknown, std::string(text)};
  const auto first = text.find('#');
  if (first == std::string_view::npos) return unknown;
  const auto second = text.find('#', first + 1);
  const auto time = parse_generalized_time(trim(text.substr(0, first)));
  const auto word = trim(text.substr(first + 1, second == std::string_view::npos ? second : second - first - 1));
  ReplicationStatus status;
  status.time = time;
  if (equals_ignore_case(word, "success")) {
    status.outcome = Outcome::success;
  } else if (equals_ignore_case(word, "failure")) {
    status.outcome = Outcome::failure;
  }
  if (!time || status.outcome == Outcome::unknown) return unknown;
  if (second != std::string_view::npos) status.reason = trim(text.substr(second + 1));
  return status;
}

std::string ReplicationStatus::text() const {
  if (outcome == Outcome::unknown || !time) return one_line(reason);
  const std::string head =
      format_generalized_time(*time) + (outcome == Outcome::success ? " # Success #" : " # Failure #");
  return reason.empty() ? head : head + " " + one_line(reason);
}

Agreement Agreement::read(const EntryReader& entry, Findings& findings) {
  Agreement agreement;
  agreement.dn = entry.dn();
  if (agreement.supplier_dn().empty()) entry.wrong("", "its name is no DN below that of a replica");
  if (const auto uuid = entry.one("entryUUID")) {
    agreement.uuid = model::Uuid::parse(*uuid);
    if (!agreement.uuid) entry.wrong("entryUUID", "a UUID is expected");
  }
  agreement.replica_dn = entry.dn_value("replicaDN").value_or("");
  agreement.schedule_dn = entry.dn_value("replicationScheduleDN").value_or("");
  agreement.credentials_dn = entry.dn_value("replicationCredentialsDN").value_or("");
  agreement.mechanism = read_mechanism(entry);
  if (const auto list = entry.one("attributeExclusionFilter")) {
    try {
      agreement.exclusion = AttributeList::parse(*list);
    } catch (const ParseError& error) {
      entry.wrong("attributeExclusionFilter",
                  std::string("attributes separated by commas, * or 1.1 are expected (") + error.what() + ")");
    }
  }
  if (const auto status = entry.one("replicationStatus")) agreement.status = ReplicationStatus::parse(*status);
  agreement.description = entry.one("description").value_or("");
  if (agreement.replica_dn.empty() && entry.values("replicaDN").empty()) {
    findings.push_back({Severity::warning, "agreement-ignored", agreement.dn, "replicaDN",
                        "is missing, the DN of the consumer's replica is expected: nothing is sent under it"});
  }
  return agreement;
}

Agreement Agreement::read(const model::Entry& entry, Findings& findings) {
  return read(EntryReader(entry, findings), findings);
}

model::Entry Agreement::to_entry() const {
  auto entry = new_entry(dn, {"top", "subentry", "replicaAgreementSubentry-2"});
  entry.add("subtreeSpecification", "{ }");
  const auto put = [&entry](std::string_view name, const std::string& value) {
    if (!value.empty()) entry.add(name, value);
  };
  put("replicaDN", replica_dn);
  put("replicationScheduleDN", schedule_dn);
  put("replicationCredentialsDN", credentials_dn);
  put("replicationMechanismOID", mechanism);
  put("attributeExclusionFilter", exclusion.text());
  put("description", description);
  return entry;
}

std::string Agreement::supplier_dn() const {
  try {
    return model::Dn::parse(dn).parent().text();
  } catch (const ParseError&) {
    return {};
  }
}

bool Agreement::is_incremental() const {
  return mechanism.empty() || mechanism == oid::incremental_update_protocol;
}

namespace {

// The mechanisms a supplier can bind with (design of the server: no plain text but under the protection of TLS).
bool is_mechanism(std::string_view name) {
  return name == "simple" || name == "EXTERNAL" || name.substr(0, 6) == "SCRAM-";
}

void read_mechanism(const EntryReader& entry, Credentials& credentials) {
  const auto value = entry.one("ldupBindMechanism");
  if (!value) return;
  std::string name(*value);
  std::transform(name.begin(), name.end(), name.begin(),
                 [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
  if (name == "SIMPLE") name = "simple";
  if (is_mechanism(name)) {
    credentials.mechanism = name;
  } else {
    entry.wrong("ldupBindMechanism", "simple, EXTERNAL or SCRAM-... is expected");
  }
}

}  // namespace

Credentials Credentials::read(const EntryReader& entry, bool password_readable, Findings& findings) {
  Credentials credentials;
  credentials.dn = entry.dn();
  credentials.bind_dn = entry.dn_value("ldupBindDN").value_or("");
  read_mechanism(entry, credentials);
  credentials.start_tls = entry.boolean("ldupStartTLS").value_or(false);
  if (auto password = entry.one("ldupBindPassword")) {
    credentials.password = Secret(*password);
    wipe_memory(password->data(), password->size());
  }
  const bool external = credentials.mechanism == "EXTERNAL";
  if (!external && credentials.bind_dn.empty() && entry.values("ldupBindDN").empty())
    entry.wrong("ldupBindDN", "is missing, the DN to bind as is expected with " + credentials.mechanism);
  if (!external && password_readable && credentials.password.empty())
    entry.wrong("ldupBindPassword", "is missing, a password is expected with " + credentials.mechanism);
  if (external && !credentials.password.empty())
    findings.push_back({Severity::warning, "entry", credentials.dn, "ldupBindPassword", "is not used with EXTERNAL"});
  return credentials;
}

Credentials Credentials::read(const model::Entry& entry, bool password_readable, Findings& findings) {
  return read(EntryReader(entry, findings), password_readable, findings);
}

model::Entry Credentials::to_entry() const {
  auto entry = new_entry(dn, {"top", "ldupSimpleCredentials"});
  if (!bind_dn.empty()) entry.add("ldupBindDN", bind_dn);
  if (!password.empty()) entry.add("ldupBindPassword", password.reveal());
  entry.add("ldupBindMechanism", mechanism);
  entry.add("ldupStartTLS", start_tls ? "TRUE" : "FALSE");
  return entry;
}

}  // namespace replkit::ldup
