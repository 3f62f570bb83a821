// The audit trail (draft-ietf-ldup-mrm 4.19): who changed what. Kept outside the directory, so that it outlives it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/base/time.hpp"
#include "tests/refserver/access/caller.hpp"
#include "tests/refserver/protocol/result.hpp"

namespace replkit::refserver::directory {

// One request to change the directory, done or refused. Holds no values.
struct AuditRecord {
  Instant time;
  const access::Caller* caller = nullptr;  // the authorization identity; its security names the peer
  std::string authenticated_dn;            // who was bound, when proxied authorization made it another
  std::string operation;  // "add", "delete", "modify", "modifyDN", "passwordModify", "searchWithMetaData", ...
  std::string dn;         // as requested; of a tree delete its top
  std::string new_dn;     // of a modifyDN
  std::vector<std::string> attributes;  // descriptions of those it adds, deletes or replaces
  bool write_unwriteable = false;       // asked for with that control
  protocol::ResultCode result = protocol::ResultCode::success;
  std::string csn;  // of the change; empty when refused
};

class AuditSink {
 public:
  virtual ~AuditSink() = default;

  // Asked before a change: returns why it must not be made, because it could not be recorded; nothing when all is well.
  // The change is then refused (unavailable).
  virtual std::optional<std::string> refuses() const = 0;

  // Writes the record. Called from any thread, once for each request, after its end is known. Never throws.
  virtual void record(const AuditRecord& record) noexcept = 0;
};

}  // namespace replkit::refserver::directory
