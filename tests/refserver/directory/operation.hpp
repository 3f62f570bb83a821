// A request being answered, as a session sees it: it asks for the next piece of the answer when the client has taken
// the last. No operation keeps a thread, a snapshot or a transaction while it waits.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "tests/refserver/access/caller.hpp"
#include "tests/refserver/protocol/messages.hpp"

namespace replkit::refserver::directory {

class Operation {
 public:
  enum class State : std::uint8_t {
    more,     // call step() again once `out` is on its way
    waiting,  // call it again after wake() was called
    done,     // the last response is in `out`
  };

  virtual ~Operation() = default;

  // Appends responses to `out`, about `limit` bytes, working a few milliseconds at most. Never throws.
  virtual State step(std::string& out, std::size_t limit) = 0;

  // Stops it for Abandon or Cancel; returns whether that was possible (RFC 3909: a change on its way to the disk cannot
  // be stopped). When it was, the session sends what is due (nothing, or the response `canceled`) and destroys it.
  virtual bool stop() = 0;
};

// May be called from any thread, before start() returns, and after the operation was destroyed.
using Wake = std::function<void()>;

// What sessions ask: implemented by Directory, and by tests.
class Service {
 public:
  virtual ~Service() = default;
  // Begins search, compare, add, delete, modify, modifyDN, and extended requests that are not the session's own (Who am
  // I, Password Modify). Never throws; refusals are responses.
  virtual std::unique_ptr<Operation> start(const access::Caller& caller, protocol::RequestMessage request,
                                           Wake wake) = 0;
  // Called when a connection ends: its paged searches are forgotten.
  virtual void forget(std::uint64_t connection) = 0;
  // Called when a connection begins to bind: its groups of operations are forgotten.
  virtual void rebind(std::uint64_t /*connection*/) {}
  // Whether the connection has an open group of operations, so that it cannot begin TLS.
  virtual bool is_grouped(std::uint64_t /*connection*/) const { return false; }
};

}  // namespace replkit::refserver::directory
