// A server with fakes around it, for each test one.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "tests/refserver/protocol/oids.hpp"
#include "tests/refserver/session/server.hpp"
#include "tests/unit/refserver/session/fakes.hpp"
#include "tests/unit/refserver/session/wire_client.hpp"

namespace replkit::refserver::session::testing_ {

using std::chrono::milliseconds;

// Waits until it holds, asking again every few milliseconds. Returns whether it did in time.
bool eventually(const std::function<bool()>& condition, milliseconds timeout = std::chrono::seconds(20));

// How many descriptors this process has open.
std::size_t open_descriptors();

class ServerTest : public testing::Test {
 protected:
  void TearDown() override;

  // Starts it on a port of 127.0.0.1, unless options_ says otherwise.
  void start();
  std::string uri(std::size_t number = 0) const { return server_->addresses().at(number); }
  WireClient connect() const { return WireClient(uri()); }

  // Whether a new connection is served; at once, in human terms.
  testing::AssertionResult serves() const;

  ServerOptions options_;
  FakeService service_;
  FakeBinder binder_;
  FakeObserver observer_;
  std::unique_ptr<Server> server_;
};

// Expects a Notice of Disconnection with this code and then the end of the connection.
void expect_disconnection(WireClient& client, protocol::ResultCode code);

}  // namespace replkit::refserver::session::testing_
