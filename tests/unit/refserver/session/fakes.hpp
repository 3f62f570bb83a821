// A directory, an authenticator and an observer to test sessions with.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "tests/refserver/directory/operation.hpp"
#include "tests/refserver/session/binder.hpp"
#include "tests/refserver/session/observer.hpp"

namespace replkit::refserver::session::testing_ {

// What it does depends on the base of the search (or the DN of another request):
//   "entries=N"  N entries, then success      "big=N"     the same, each with a value of 1000 bytes
//   "hang"       waits for release()          "stuck"     the same, and cannot be stopped
//   "late"       waits, woken from another thread before start() returns
//   "null"       nothing is started           "throw"     start() throws         "step"  step() throws
//   else         success at once
// Who am I answers "dn:" and the caller's DN; "1.2.3" the caller's security as text.
class FakeService : public directory::Service {
 public:
  FakeService() = default;
  FakeService(const FakeService&) = delete;
  FakeService& operator=(const FakeService&) = delete;
  ~FakeService() override;

  std::unique_ptr<directory::Operation> start(const access::Caller& caller, protocol::RequestMessage request,
                                              directory::Wake wake) override;
  void forget(std::uint64_t connection) override;
  void rebind(std::uint64_t connection) override;
  bool is_grouped(std::uint64_t connection) const override;

  // Lets all that hang go on, now and later.
  void release();
  bool released() const { return released_; }

  std::atomic<int> alive{0};  // operations
  std::atomic<int> started{0};
  std::atomic<int> stopped{0};
  std::atomic<std::uint64_t> steps{0};
  std::atomic<int> forgotten{0};  // connections
  std::atomic<int> rebound{0};
  std::atomic<bool> grouped{false};  // until the next bind

 private:
  friend class FakeOperation;
  std::mutex mutex_;
  std::vector<directory::Wake> wakes_;
  std::atomic<bool> released_{false};
};

// cn=admin and cn=other have the password "secret"; cn=slow too, but the bind waits for release(); "cn=throw" throws.
// Mechanisms: TWO-STEP (first answers "challenge", then succeeds as cn=sasl when the credentials are "right");
// EXTERNAL (the certificate's subject or cn=peer+uid=N).
class FakeBinder : public Binder {
 public:
  auth::BindOutcome simple(const std::string& dn, const Secret& password, const access::Security& security) override;
  std::unique_ptr<auth::SaslExchange> begin(const std::string& mechanism, const access::Security& security) override;

  void release();

  std::atomic<int> binds{0};
  std::atomic<int> waiting{0};

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool released_ = false;
};

// Keeps everything as lines.
class FakeObserver : public Observer {
 public:
  void connected(std::uint64_t connection, const access::Security& security) override;
  void refused(const std::string& peer, std::string_view reason) override;
  void secured(std::uint64_t connection, const access::Security& security) override;
  void started(const access::Caller& caller, const RequestInfo& request) override;
  void finished(const access::Caller& caller, const RequestInfo& request, const RequestEnd& end) override;
  void disconnected(std::uint64_t connection, std::string_view reason) override;
  void trouble(std::string_view what) override;

  std::vector<std::string> lines() const;
  // Whether a line has this in it.
  bool has(std::string_view text) const;
  std::atomic<int> connections{0};
  std::atomic<int> disconnections{0};

 private:
  void note(std::string line);

  mutable std::mutex mutex_;
  std::vector<std::string> lines_;
};

}  // namespace replkit::refserver::session::testing_
