// The entries seen on some sources and not yet on all: 32 bytes each, in a hash table that grows in small steps. An
// entry that turns up equal everywhere leaves no trace, so that memory follows the disorder between the sources and not
// their size.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "common/compare/fingerprint.hpp"

namespace replkit::compare {

// The most sources one run can compare: their bits share a word with the DN's hash.
constexpr std::size_t max_sources = 14;

// An entry that has to be looked at again, and which sources showed it.
struct Candidate {
  EntryKey key;
  std::uint16_t seen = 0;  // a bit for each source
  bool content_differs = false;
  bool dn_differs = false;
};

class UnmatchedTable {
 public:
  // `sources`: how many there are, 2 to max_sources.
  explicit UnmatchedTable(std::size_t sources);

  enum class Added : std::uint8_t { waiting, matched, differs, repeated };

  // Notes that a source showed this entry; those that hold none of its name count as if they had shown the same. O(1).
  // matched: all sources have shown it, equal. differs: all have, and it is not. repeated: the source had shown it
  // before.
  Added add(std::size_t source, const Fingerprint& fingerprint);

  // The entries that were shown by all sources and differ, in the order found; then call visit_rest for those that were
  // not.
  const std::vector<Candidate>& differing() const { return differing_; }
  void visit_rest(const std::function<void(const Candidate&)>& visitor) const;

  // How many entries wait for other sources.
  std::size_t waiting() const { return waiting_; }
  // The bytes that the table of waiting entries takes: at most 48 for each entry that ever waited at the same time, and
  // 200 KiB.
  std::size_t memory() const;

 private:
  struct Slot {
    EntryKey key;
    std::uint64_t content = 0;
    std::uint64_t tag = 0;  // 48 bits of the DN's hash, then a bit for each source seen, then the two bits below
  };
  struct Shard {
    std::vector<Slot> slots;
    std::size_t used = 0;
  };

  Shard& shard_of(std::uint64_t hash) { return shards_[hash >> 58]; }
  static std::size_t home(std::uint64_t hash, std::size_t slots);
  static Slot* find(Shard& shard, std::uint64_t hash, const EntryKey& key);
  void grow(Shard& shard) const;
  void erase(Shard& shard, Slot* slot) const;
  std::uint64_t hash_of(const EntryKey& key) const;
  static Candidate candidate(const Slot& slot);

  std::uint64_t all_seen_;
  std::uint64_t seed_;
  std::vector<Shard> shards_;
  std::vector<Candidate> differing_;
  std::size_t waiting_ = 0;
};

}  // namespace replkit::compare
