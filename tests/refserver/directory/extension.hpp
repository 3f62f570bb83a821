// What other folders add to the directory: extended operations, attributes of the root DSE, a word about changes before
// they are made, and the news of those that were.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/ldup/csn.hpp"
#include "common/model/entry.hpp"
#include "tests/refserver/directory/audit.hpp"
#include "tests/refserver/directory/call.hpp"
#include "tests/refserver/directory/change.hpp"
#include "tests/refserver/directory/operation.hpp"

namespace replkit::refserver::directory {

// A change that a client has asked for.
struct LocalChange {
  // `extended`: Password Modify, or an extension's that deletes nothing; else it is `remove`.
  protocol::Operation operation = protocol::Operation::modify;
  std::string key;                      // normalized DN of the entry
  std::string new_key;                  // of a modifyDN: what it becomes
  std::vector<std::string> attributes;  // descriptions of those it adds, deletes or replaces
  std::vector<std::string> classes;     // of an add: the values of objectClass
  bool forced = false;  // it may be made on a read-only replica too: Write-Unwriteable, operations with meta-data
  // Of its last modification. The least one as long as it is not made, and when meta-data was edited under given CSNs:
  // that is no change of this replica.
  ldup::Csn csn;
  bool held_back = false;  // made() has said so: its news are told by changed()
};

// Registered with Directory::add() before the first request. Its functions are called from any thread, several at once,
// unless they say otherwise.
class Extension {
 public:
  virtual ~Extension() = default;

  // The OIDs of its extended operations: what the root DSE lists as supportedExtension, and the aliases that it does
  // not list.
  virtual std::vector<std::string> operations() const { return {}; }
  virtual std::vector<std::string> aliases() const { return {}; }

  // Whether its operation `oid` takes this control. What the directory knows itself is then in call.controls, the rest
  // in call.message.controls. Others are ignored, or refused when they are critical.
  virtual bool takes_control(std::string_view /*oid*/, std::string_view /*control*/) const { return false; }

  // Begins one of its operations that are not changes. Throws protocol::Refusal and protocol::ProtocolError, which end
  // it. All of a connection are begun in the order in which they came, on the session's thread.
  virtual std::unique_ptr<Operation> start(Call call, Wake wake);

  // Whether its operation `oid` is a change of the directory: then it is not begun, but planned as the others are
  // (change.hpp) and told to the audit trail with what describe() adds: operation, DN, attributes.
  virtual bool is_change(std::string_view /*oid*/) const { return false; }
  virtual std::unique_ptr<Change> plan(const Call& call);
  virtual void describe(const Call& /*call*/, AuditRecord& /*record*/) const {}

  // Adds to the root DSE as this call sees it.
  virtual void describe_root(const Call& /*call*/, const store::Reader& /*reader*/, model::Entry& /*root*/) const {}

  // Called for each request, its own too, before anything else is done about it. Throws protocol::Refusal when it must
  // not be done now: the connection belongs to a session of the update protocol, the entries are being replaced.
  virtual void admit(const Call& /*call*/) {}

  // Whether a search, which was admitted, is answered by the extension; null: the directory answers it.
  virtual std::unique_ptr<Operation> search(const Call& /*call*/) { return nullptr; }

  // Called on the store's writer thread for a change that the caller has the right to make, in the transaction that is
  // to hold it; perhaps several times. Throws protocol::Refusal when it must not be made here: a referral to where it
  // may be.
  virtual void check(const Call& /*call*/, const store::Reader& /*reader*/, const LocalChange& /*change*/) {}

  // Called there once such a change is made, which is then written to the disk: that may fail yet, and it may be made
  // again. Not for those that changed nothing.
  virtual void made(LocalChange& /*change*/) noexcept {}

  // Called once such a change is on disk, before the client hears of it, on the store's writer thread. Not for those
  // that changed nothing.
  virtual void changed(const LocalChange& /*change*/) noexcept {}

  // Whether a group of operations (draft-zeilenga-ldap-grouping) is open on the connection: it then cannot begin TLS.
  virtual bool is_grouped(std::uint64_t /*connection*/) const { return false; }

  // Called when a connection ends or begins a bind: what is kept for it goes.
  virtual void forget(std::uint64_t /*connection*/) {}
};

}  // namespace replkit::refserver::directory
