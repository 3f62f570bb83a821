#include "tests/refserver/metadata/request.hpp"

#include <algorithm>

#include "common/ldup/metadata.hpp"
#include "common/ldup/oids.hpp"
#include "common/wire/ber.hpp"
#include "tests/refserver/directory/managed.hpp"
#include "tests/refserver/protocol/refusal.hpp"

namespace replkit::refserver::metadata {

using directory::AuditRecord;
using directory::Call;
using protocol::Refusal;
using protocol::ResultCode;
namespace oid = ldup::oid;

std::string_view value_of(const Call& call) {
  const auto& value = std::get<protocol::ExtendedRequest>(call.message.request).value;
  return value ? std::string_view(*value) : std::string_view();
}

void require_confidentiality(const Call& call) {
  const auto& security = call.bound.security;
  if (security.confidential() || security.loopback) return;
  throw Refusal(ResultCode::confidentiality_required, "meta-data is for TLS or ldapi only");
}

void require_audit(const Call& call) {
  if (call.context.audit == nullptr) return;
  if (const auto why = call.context.audit->refuses()) {
    throw Refusal(ResultCode::unavailable, "the request could not be recorded: " + *why);
  }
}

void require_metadata_right(const Call& call, std::string_view key, access::Right right) {
  if (call.view.all() || call.view.entry(key).has(right)) return;
  throw Refusal(ResultCode::insufficient_access_rights, right == access::Right::metadata
                                                            ? "not allowed to see meta-data here"
                                                            : "not allowed to change meta-data here");
}

void require_manage_right(const Call& call, std::string_view key) {
  if (directory::may_manage_replication(call, key)) return;
  throw Refusal(ResultCode::insufficient_access_rights, "not allowed to manage replication here");
}

void describe_change(const Call& call, AuditRecord& record) {
  const auto& name = std::get<protocol::ExtendedRequest>(call.message.request).oid;
  const auto add = [&](const std::string& type) {
    auto& seen = record.attributes;
    if (std::find(seen.begin(), seen.end(), type) == seen.end()) seen.push_back(type);
  };
  record.operation = name == oid::add_with_meta_data      ? "addWithMetaData"
                     : name == oid::delete_with_meta_data ? "deleteWithMetaData"
                                                          : "modifyWithMetaData";
  try {
    if (name == oid::add_with_meta_data) {
      const auto request = ldup::decode_add_with_meta_data_request(value_of(call));
      record.dn = request.entry;
      for (const auto& attribute : request.attributes) add(attribute.type);
    } else if (name == oid::delete_with_meta_data) {
      record.dn = ldup::decode_delete_with_meta_data_request(value_of(call)).entry;
    } else {
      const auto request = ldup::decode_modify_with_meta_data_request(value_of(call));
      record.dn = request.entry;
      for (const auto& change : request.changes) add(change.attribute.type);
    }
  } catch (const wire::ProtocolError&) {
    // What cannot be read is refused, and recorded as that.
  }
}

}  // namespace replkit::refserver::metadata
