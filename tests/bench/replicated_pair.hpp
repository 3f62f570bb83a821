// A supplier with data and a consumer of all of it, of one kind of server each: for benchmarks.
#pragma once

#include <sys/types.h>

#include <memory>
#include <string>

#include "tests/bench/bench_load.hpp"
#include "tests/support/seed_data.hpp"
#include "tests/support/slapd.hpp"

namespace replkit::bench {

class ReplicatedPair {
 public:
  virtual ~ReplicatedPair() = default;

  virtual Side supplier() const = 0;
  virtual Side consumer() const = 0;

  // Makes the consumer anew and empty, has it take everything and returns the seconds from the order until a client
  // reads the last entry there and the changes to come arrive by themselves.
  virtual double refresh() = 0;

  virtual void stop_consumer() = 0;
  // Starts it and returns when it answers; what it has missed comes by itself, at the earliest moment.
  virtual void start_consumer() = 0;

  // User and system time of the processes so far, in seconds.
  double supplier_cpu() const;
  double consumer_cpu() const;
  double cpu() const { return supplier_cpu() + consumer_cpu(); }
  // Memory of their own, without the pages of files that are mapped, in MiB.
  double supplier_memory() const;
  double consumer_memory() const;

 protected:
  virtual pid_t supplier_pid() const = 0;
  virtual pid_t consumer_pid() const = 0;
};

// Durability::full: every change is on disk, at each, before it is answered; none: the system writes when it likes.
std::unique_ptr<ReplicatedPair> replserver_pair(const support::SeedOptions& seed, support::Durability durability);

enum class Syncrepl { plain, delta };  // refreshAndPersist; delta: with a log of changes (cn=accesslog)
std::unique_ptr<ReplicatedPair> slapd_pair(const support::SeedOptions& seed, support::Durability durability,
                                           Syncrepl how);

// Waits until the entry can be read there; throws LocalError after ten minutes.
void await_entry(const Side& side, const std::string& dn);

// Returns the number of entries below and at `base`, of those that a client sees in an ordinary search.
std::size_t count_entries(const Side& side, const std::string& base);

}  // namespace replkit::bench
