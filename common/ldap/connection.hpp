// One connection to one server: opened, secured and bound; closed when it goes away. Not shared between threads.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/base/cancel.hpp"
#include "common/ldap/error.hpp"
#include "common/ldap/options.hpp"
#include "common/ldap/search.hpp"
#include "common/ldap/write.hpp"
#include "common/model/entry.hpp"
#include "common/model/ldif.hpp"

struct ldap;  // libldap's LDAP: only common/ldap knows more of it

namespace replkit::ldap {

class Connection {
 public:
  // Connects, starts TLS when asked, then binds (RFC 4513: in this order). Throws LdapError, which names the server,
  // what failed and what to do about it; UsageError for options that cannot work; Cancelled when the token says so. The
  // token must outlive the connection: every wait looks at it. SIGPIPE is ignored from here on, unless the program
  // handles it.
  static Connection open(const ConnectionOptions& options, const CancelToken& cancel);

  Connection(Connection&&) noexcept;
  Connection& operator=(Connection&&) noexcept;
  ~Connection();

  const std::string& uri() const;
  // Whether something has come that was not read. Without a request under way that is the end of the connection, or the
  // server's notice of it (RFC 4511 4.4.1).
  bool has_input() const;
  // Who the server takes us for (RFC 4532), e.g. "dn:cn=admin,dc=example,dc=com", "" for anonymous; nothing when it
  // does not say.
  std::optional<std::string> who_am_i();
  // What a person should know about this connection, e.g. that StartTLS was tried and refused.
  const std::vector<std::string>& warnings() const;
  // Whether TLS (or ldapi) protects the connection.
  bool is_protected() const;

  // Sends the search and calls visitor for each entry as it arrives; the result set is never held. Reads ahead and naps
  // between bursts, because a client that wakes for every entry slows the server down. With request.page_size the
  // control of RFC 2696 is used and the pages follow each other. A size or time limit, a referral or a lost connection
  // is an outcome, not an exception; an exception thrown by the visitor abandons the search and passes through. So is
  // every other result of the server; code `timeout` is its silence of Timeouts::operation. Throws UsageError for a
  // malformed filter, Cancelled. The visitor must not use this connection.
  SearchOutcome search(const SearchRequest& request, const EntryVisitor& visitor);

  // Sends up to `window` (default 64) base-object searches ahead of their answers: one network delay for many entries.
  // Calls visitor(i, entry-or-null) for each DN; null: no such object. Throws LdapError for any other result.
  void read_many(const std::vector<std::string>& dns, const std::vector<std::string>& attributes,
                 const std::function<void(std::size_t, const EntryView*)>& visitor);

  // Returns one entry, or nothing when there is none with this DN. Throws LdapError.
  std::optional<model::Entry> read(const std::string& dn, const std::vector<std::string>& attributes,
                                   const std::string& filter = "(objectClass=*)");

  // Sends the change with its controls, and returns what the server answered. Throws LdapError when the connection is
  // lost or the server stays silent: then nobody knows whether it was done.
  WriteOutcome write(const model::ChangeRecord& record);

 private:
  friend class ExtendedCalls;
  struct State;
  explicit Connection(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace replkit::ldap
