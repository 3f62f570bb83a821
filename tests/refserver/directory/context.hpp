// What all operations of a server share.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/time.hpp"
#include "tests/refserver/access/policy.hpp"
#include "tests/refserver/auth/authenticator.hpp"
#include "tests/refserver/auth/password.hpp"
#include "tests/refserver/directory/audit.hpp"
#include "tests/refserver/directory/extensions.hpp"
#include "tests/refserver/schema/schema.hpp"
#include "tests/refserver/store/store.hpp"

namespace replkit::refserver::directory {

struct DirectoryOptions {
  // DNs of the naming contexts; "*": every entry without a superior is the top of one.
  std::vector<std::string> contexts;
  std::vector<std::string> referrals;     // LDAP URLs for what no context holds; none: noSuchObject
  std::vector<std::string> alternatives;  // altServer
  std::string vendor_name = "replkit";
  std::string vendor_version;
  bool start_tls = true;  // StartTLS is among the supported extensions

  // Limits of one search. The client may ask for less, never for more; 0: none. Administrators are bound by none but
  // their own (limits_bind_administrators: by these too).
  std::int32_t size_limit = 0;                // entries returned
  std::chrono::seconds time_limit{3600};      //
  std::uint64_t lookthrough_limit = 0;        // entries looked at
  bool limits_bind_administrators = false;    //
  std::size_t sort_limit = 100'000;           // entries sorted (RFC 2891)
  std::size_t sort_memory = 64U << 20U;       // bytes of sort keys
  std::size_t paged_searches = 8;             // open ones of a connection; the oldest goes
  std::size_t candidate_limit = 100'000;      // more candidates than this from an index: the tree is walked
  std::uint64_t tree_delete_limit = 100'000;  // entries one tree delete may remove
  auth::PasswordCost password_cost;           // of passwords that are set
  std::string digest_realm;                   // "": no secrets for DIGEST-MD5 are made of them
};

// A naming context that is configured.
struct NamingContext {
  std::string dn;   // as configured
  std::string key;  // normalized
};

// The access rules in force: read by every operation, replaced when the configuration is read again.
class SharedPolicy {
 public:
  explicit SharedPolicy(std::shared_ptr<const access::Policy> policy) : policy_(std::move(policy)) {}

  std::shared_ptr<const access::Policy> get() const {
    const std::lock_guard lock(mutex_);
    return policy_;
  }
  void set(std::shared_ptr<const access::Policy> policy) {
    const std::lock_guard lock(mutex_);
    policy_ = std::move(policy);
  }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const access::Policy> policy_;
};

struct Context {
  // Throws UsageError when a context of the options is no DN. `audit` may be null.
  Context(const schema::Schema& schema, store::Store& store, const auth::Authenticator& authenticator,
          std::shared_ptr<const access::Policy> policy, AuditSink* audit, const Clock& clock, DirectoryOptions options);

  const schema::Schema& schema;
  store::Store& store;
  const auth::Authenticator& authenticator;
  SharedPolicy policy;
  AuditSink* audit;
  const Clock& clock;
  const DirectoryOptions options;
  const std::vector<NamingContext> contexts;  // without "*"
  const bool any_context;                     // "*" is among the configured ones
  Extensions extensions;                      // the first to go: they may use the rest

  // Returns the configured context that holds the normalized DN: the longest; null when there is none.
  const NamingContext* context_of(std::string_view key) const;
  // Whether the server answers for this DN: a context holds it, or "*" is configured.
  bool holds(std::string_view key) const { return any_context || context_of(key) != nullptr; }
};

}  // namespace replkit::refserver::directory
