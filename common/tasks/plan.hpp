// What a task is going to do: LDAP operations, server by server, in their order. Made from facts, without a network.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/ldap/error.hpp"
#include "common/model/entry.hpp"
#include "common/model/ldif.hpp"

namespace replkit::tasks {

// One operation.
struct Step {
  std::string server;                     // its name: ServerFacts::name
  std::string what;                       // "create replica r2 (mrm 3.4)"
  model::ChangeRecord change;             // exactly what is sent, controls included
  std::vector<ldap::ResultCode> settled;  // results that mean: it was so already
  // Whether an entry that is added may get another entryUUID than it is given, where we may not give one.
  bool any_uuid = false;
  // Of an Add: what is changed instead where replication has brought this very entry by then, without what it does not
  // carry.
  std::vector<model::Modification> if_there = {};
};

// Something to be said about a server.
struct Remark {
  std::string server;
  std::string text;
};

// An entry that a step removes.
struct Removed {
  std::string server;
  model::Entry entry;
};

struct Plan {
  std::vector<Step> steps;
  std::vector<Remark> skipped;   // what is as it should be already, so that nothing is sent for it
  std::vector<Remark> notes;     // what the user should know before he says yes
  std::vector<Removed> removed;  // superiors first

  bool empty() const { return steps.empty(); }
  // Puts what the other does after this.
  void append(Plan other);
};

// Write-Unwriteable on every change, besides those that the draft wants it for.
struct WriteOptions {
  bool write_unwriteable = false;
};

// Writes each step as an LDIF change record, the server and the reason in comments before it. Values of passwords are
// replaced by "(not shown)".
void print_plan(const Plan& plan, const std::function<std::string(const std::string&)>& uri_of,
                const model::LdifWriter::Sink& sink);

// Whether the attribute's values are passwords or keys.
bool is_secret(std::string_view description);

// Returns the record with the values of password attributes replaced by "(not shown)".
model::ChangeRecord without_secrets(model::ChangeRecord record);

// Returns the LDIF that puts the entries back, as far as an Add may say it: attributes that servers maintain are left
// out, except entryUUID, which stands in a comment.
std::string backup_ldif(const Plan& plan, const std::function<std::string(const std::string&)>& uri_of);

}  // namespace replkit::tasks
