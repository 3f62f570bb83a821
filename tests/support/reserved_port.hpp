// A TCP port of 127.0.0.1 that nobody else gets while this object lives.
#pragma once

namespace replkit::support {

// The kernel chooses the port. It stays bound, with SO_REUSEADDR and without listening: so a server with SO_REUSEADDR
// (as slapd) may listen on it, again after a restart too, connections are refused while none does, and no other bind(0)
// or connect() gets it.
class ReservedPort {
 public:
  ReservedPort();
  ReservedPort(const ReservedPort&) = delete;
  ReservedPort& operator=(const ReservedPort&) = delete;
  ~ReservedPort();

  int number() const { return number_; }

 private:
  int fd_ = -1;
  int number_ = 0;
};

}  // namespace replkit::support
