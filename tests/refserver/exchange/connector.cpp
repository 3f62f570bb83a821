#include "tests/refserver/exchange/connector.hpp"

#include <fmt/format.h>

#include "common/base/error.hpp"
#include "common/base/files.hpp"
#include "common/base/text.hpp"
#include "common/ldup/grouping.hpp"
#include "common/ldup/oids.hpp"
#include "common/model/dn.hpp"

namespace replkit::refserver::exchange {

namespace {

// The first line of the file.
Secret read_password(const std::filesystem::path& file) {
  if (file.empty()) return {};
  auto text = read_file(file, 64 << 10);
  const auto end = text.find_first_of("\r\n");
  Secret out(std::string_view(text).substr(0, end));
  wipe_memory(text.data(), text.size());
  return out;
}

ldup::Credentials configured(const Options& options) {
  if (options.bind_dn.empty() && options.bind_mechanism == "simple") {
    throw Error(ExitStatus::authentication, "the agreement names no credentials, and [replication] has no bind_dn");
  }
  ldup::Credentials out;
  out.bind_dn = options.bind_dn;
  out.password = read_password(options.bind_password_file);
  out.mechanism = options.bind_mechanism;
  out.start_tls = options.start_tls;
  return out;
}

ldap::ConnectionOptions options_for(const Core& core, const ldup::Credentials& credentials, const std::string& uri) {
  ldap::ConnectionOptions out;
  out.uri = uri;
  if (credentials.mechanism == "simple") {
    out.bind.method = ldap::BindMethod::simple;
    out.bind.dn = credentials.bind_dn;
  } else {
    out.bind.method = ldap::BindMethod::sasl;
    out.bind.mechanism = credentials.mechanism;
    if (!credentials.bind_dn.empty()) out.bind.authentication_id = "dn:" + credentials.bind_dn;
  }
  out.bind.password = credentials.password;
  const bool plain = uri.starts_with("ldap://");
  if (credentials.start_tls && plain) out.tls.start_tls = ldap::StartTls::required;
  out.tls.check = ldap::CertificateCheck::demand;
  out.tls.ca_file = core.options.ca.string();
  out.tls.certificate_file = core.options.certificate.string();
  out.tls.key_file = core.options.key.string();
  out.timeouts.connect = core.options.connect_time;
  out.timeouts.operation = core.options.answer_time;
  return out;
}

}  // namespace

ldup::Credentials credentials_for(Core& core, const Partner& partner) {
  if (!partner.agreement || partner.agreement->credentials_dn.empty()) return configured(core.options);
  const auto& dn = partner.agreement->credentials_dn;
  std::string key;
  const bool is_dn = model::normalize_dn(dn, core.schema.model(), key);
  const auto snapshot = core.store.snapshot();
  store::LiveEntry entry;
  if (!is_dn || !snapshot->read(snapshot->find(key), entry)) {
    throw Error(ExitStatus::authentication, fmt::format("the credentials {} are not there", printable(dn)));
  }
  ldup::Findings findings;
  auto out = ldup::Credentials::read(entry_of(*snapshot, entry), true, findings);
  for (const auto& finding : findings) {
    if (finding.severity == ldup::Severity::error) throw Error(ExitStatus::authentication, ldup::describe(finding));
  }
  return out;
}

ldap::Connection connect(Core& core, const Partner& partner, const std::vector<std::string>& servers,
                         const CancelToken& cancel) {
  const auto credentials = credentials_for(core, partner);
  std::string problems;
  for (const auto& uri : servers) {
    try {
      return ldap::Connection::open(options_for(core, credentials, uri), cancel);
    } catch (const Cancelled&) {
      throw;
    } catch (const Error& error) {
      problems += (problems.empty() ? "" : "; ") + std::string(error.what());
    }
  }
  throw Error(ExitStatus::connection, problems.empty() ? "the replica says no URI" : problems);
}

SupplierOutcome ask_to_supply(Core& core, const Partner& partner, const std::vector<std::string>& servers, bool full,
                              const CancelToken& cancel) {
  auto connection = connect(core, partner, servers, cancel);
  const std::atomic<bool> stop{false};
  ConnectedSession connected(core, connection, stop);
  const bool begun = connected.session.begin(request_for(core, partner, full, ldup::Initiator::consumer));
  auto out = connected.session.outcome();
  if (begun) out.kind = SupplierOutcome::Kind::success;
  return out;
}

ConnectedSession::ConnectedSession(const Core& core, ldap::Connection& connection, const std::atomic<bool>& stop)
    : port(connection),
      options{.window = core.options.window, .answer_time = core.options.answer_time},
      session(port, options, stop) {}

ldup::CreateReplGroupRequest request_for(const Core& core, const Partner& partner, bool full,
                                         ldup::Initiator initiator) {
  ldup::CreateReplGroupRequest out;
  out.area = partner.replica.dn;
  out.replica_id = core.replica_id;
  out.protocol_oid = full ? ldup::oid::full_update_protocol : ldup::oid::incremental_update_protocol;
  out.initiator = initiator;
  return out;
}

int ConnectedConsumer::send(std::string_view oid, const std::string& value, const std::string& cookie) {
  ldap::ExtendedRequest request{.oid = std::string(oid), .value = value, .controls = {}};
  if (!cookie.empty()) {
    request.controls.push_back({std::string(ldup::oid::grouping_control), true,
                                ldup::encode(ldup::GroupingControl{.cookie = cookie, .value = {}})});
  }
  return calls_.send(request);
}

std::optional<ConsumerPort::Message> ConnectedConsumer::receive(std::chrono::milliseconds patience) {
  auto answer = calls_.receive(patience);
  if (!answer) return std::nullopt;
  return Message{.id = answer->id,
                 .code = static_cast<int>(answer->code),
                 .diagnostic = std::move(answer->diagnostic),
                 .oid = std::move(answer->oid),
                 .value = std::move(answer->value)};
}

}  // namespace replkit::refserver::exchange
