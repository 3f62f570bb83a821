// Searches on a session, entry by entry. For common/ldap only.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "common/ldap/search.hpp"
#include "common/ldap/session.hpp"

namespace replkit::ldap {

// Connection::search() on this session.
SearchOutcome stream_search(Session& session, const SearchRequest& request, const EntryVisitor& visitor);

// Connection::read_many() on this session.
void pipeline_reads(Session& session, const std::vector<std::string>& dns, const std::vector<std::string>& attributes,
                    const std::function<void(std::size_t, const EntryView*)>& visitor);

// Returns a view of a search entry message, valid as long as the message. Throws LdapError(protocol_error).
EntryView view_entry(const Session& session, LDAPMessage* message);

// Sends one search and returns its message id. `controls` may be null. Throws LdapError, UsageError.
int send_search(Session& session, const SearchRequest& request, LDAPControl** controls, const std::string& action);

// A search on its way: abandoned when this goes away before end() was called.
class Pending {
 public:
  Pending(Session& session, int id) : session_(session), id_(id) {}
  Pending(const Pending&) = delete;
  Pending& operator=(const Pending&) = delete;
  ~Pending() {
    if (!ended_) session_.abandon(id_);
  }
  int id() const { return id_; }
  void end() { ended_ = true; }

 private:
  Session& session_;
  int id_;
  bool ended_ = false;
};

// Waits for the next message of one operation, or of any, the way that costs a busy server least: takes what is there,
// naps for a moment once that is used up, and blocks only when nothing came during the nap.
class Receiver {
 public:
  // `id` may be LDAP_RES_ANY. `silence` is how long the server may say nothing.
  Receiver(Session& session, int id, std::string action);

  // Returns the next message. Throws LdapError(server_down, or timeout for silence), Cancelled.
  Message next();

 private:
  Message wait_blocked();

  Session& session_;
  int id_;
  std::string action_;
  unsigned since_nap_ = 0;
};

}  // namespace replkit::ldap
