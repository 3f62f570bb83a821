// Write load: clients that add, modify, rename and delete entries of their own until they are stopped.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

namespace replkit::support {

struct LoadOptions {
  std::string uri = {};
  std::string bind_dn = {};
  std::string password = {};
  std::string base = {};   // an entry that exists, as ou=load,SUFFIX
  std::string name = "a";  // in the names of the entries: two loads with different names never meet
  unsigned threads = 2;    // a connection each
  double rate = 300;       // changes a second that all threads together aim for
  std::uint64_t seed = 1;
};

// Begins at once and ends with stop() or the object. When the server goes away it connects again for as long as it
// runs.
class Load {
 public:
  explicit Load(LoadOptions options);
  ~Load() { stop(); }
  void stop();

  // Changes that the server acknowledged, and that it refused or whose answer was lost.
  std::uint64_t acknowledged() const { return acknowledged_; }
  std::uint64_t failed() const { return failed_; }

 private:
  void write(std::stop_token stop, unsigned thread);

  LoadOptions options_;
  std::atomic<std::uint64_t> acknowledged_{0}, failed_{0};
  std::vector<std::jthread> threads_;
};

}  // namespace replkit::support
