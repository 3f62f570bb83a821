// Random histories of a few replicas: each step makes its choices from a number of its own, so that steps can be left
// out and the others do much the same.
#pragma once

#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "tests/unit/refserver/replication/replica.hpp"

namespace replkit::refserver::replication {

struct HistoryShape {
  std::size_t replicas = 3;
  std::size_t steps = 40;
  bool read_only = false;  // the last one only relays
  bool protect = true;     // those that may put names back
  std::size_t common = 0;  // entries that all have at the beginning
  std::size_t quiet = 30;  // of a hundred steps, sessions
  bool rough = false;      // updates come split and are replayed: then nothing can be said of unknown entries
};

// Returns the shape and the steps that belong to this seed.
HistoryShape shape_of(std::uint64_t seed);
std::vector<std::uint64_t> steps_of(std::uint64_t seed, const HistoryShape& shape);

// Plays histories one after the other on the same stores.
class Player {
 public:
  Player();

  // Plays the steps, lets all replicas talk until they are quiet, and returns what is wrong then; empty: nothing.
  std::string play(const HistoryShape& shape, const std::vector<std::uint64_t>& steps, bool tell = false);

  // Counted over all histories.
  std::size_t operations = 0;
  std::size_t updates_applied = 0;
  std::size_t events[10] = {};

 private:
  using Random = std::mt19937_64;

  std::size_t pick(Random& random, std::size_t below) const { return random() % below; }
  Replica& at(std::size_t i) { return *replicas_[i]; }
  void step(std::uint64_t number);
  void add_common(std::size_t number);
  void change(Random& random, Replica& replica);
  bool add(Random& random, Replica& replica);
  bool modify(Random& random, Replica& replica, store::EntryId id);
  void session(Random& random, Replica& supplier, Replica& consumer);
  bool deliver(Replica& consumer, const std::vector<ldup::EntryUpdate>& updates);
  void note(Replica& replica, const ldup::Csn& before);
  void say(const std::string& text);

  std::string settle();
  std::string compare();
  std::string find_lost() const;
  std::string replay_log();
  std::string fill_anew();
  std::string compare_log_replica(const std::string& what);
  std::string purge_all();

  std::vector<std::unique_ptr<Replica>> replicas_;
  std::unique_ptr<Replica> log_replica_;
  HistoryShape shape_;
  std::vector<ldup::EntryUpdate> log_;   // all that clients and corrections did, primitive by primitive
  std::vector<ldup::EntryUpdate> sent_;  // some of what was sent, to be replayed
  std::string problem_;
  bool in_parts_ = false;  // some session was one part of a long cycle
  bool tell_ = false;
};

}  // namespace replkit::refserver::replication
