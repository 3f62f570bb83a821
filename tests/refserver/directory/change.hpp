// A request that changes the directory, from what was asked to what is put into the store.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/ldup/csn.hpp"
#include "tests/refserver/directory/call.hpp"
#include "tests/refserver/protocol/messages.hpp"
#include "tests/refserver/store/store.hpp"

namespace replkit::refserver::directory {

// What comes of a change that was made.
struct Outcome {
  std::optional<ldup::Csn> csn;  // none: there was nothing to change, or it was made under CSNs that were given
  bool edited = false;           // something was made under CSNs that were given
  std::vector<protocol::Control> controls;
  std::optional<std::string> value;  // of an extended response
};

// Made by plan_...() on a session's thread: that finds out all that needs no store, or only a look at it. What it and
// its functions throw ends the request.
class Change {
 public:
  virtual ~Change() = default;

  // Of an extended request: the normalized DN of the entry it is about.
  virtual std::string_view key() const { return {}; }

  // Of an extended request: whether it deletes the entry.
  virtual bool is_removal() const { return false; }
  // Of an extended request: whether it may be made on a read-only replica.
  virtual bool is_forced() const { return false; }

  // Whether prepare() has to be called before make(), on a thread where it may take its time. Passwords do.
  virtual bool is_slow() const { return false; }
  virtual void prepare() {}

  // Checks and makes the change, on the store's writer thread. May be called again, from the start.
  virtual Outcome make(store::Writer& writer) = 0;
};

// `call` must outlive the change; its request is of that kind.
std::unique_ptr<Change> plan_add(const Call& call);
std::unique_ptr<Change> plan_modify(const Call& call);
std::unique_ptr<Change> plan_delete(const Call& call);
std::unique_ptr<Change> plan_modify_dn(const Call& call);
std::unique_ptr<Change> plan_password_modify(const Call& call);

}  // namespace replkit::refserver::directory
