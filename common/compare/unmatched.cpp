#include "common/compare/unmatched.hpp"

#include <xxhash.h>

#include <random>

namespace replkit::compare {

namespace {

constexpr std::size_t shard_count = 64;
constexpr unsigned source_shift = 48;
constexpr std::uint64_t dn_mask = (std::uint64_t{1} << source_shift) - 1;
constexpr std::uint64_t content_flag = std::uint64_t{1} << 62;
constexpr std::uint64_t dn_flag = std::uint64_t{1} << 63;
constexpr std::uint64_t source_mask = ((std::uint64_t{1} << max_sources) - 1) << source_shift;

}  // namespace

UnmatchedTable::UnmatchedTable(std::size_t sources)
    : all_seen_(((std::uint64_t{1} << sources) - 1) << source_shift),
      seed_(std::random_device{}()),
      shards_(shard_count) {
  // Shards of different sizes fill up at different times: the table grows a 64th at a time, not all of it at once. The
  // sizes span one step of growth, so that on average a shard is filled to 7/8 / 1.25: 46 bytes an entry.
  for (std::size_t i = 0; i < shard_count; ++i) shards_[i].slots.resize(64 + i / 2);
}

std::uint64_t UnmatchedTable::hash_of(const EntryKey& key) const {
  return XXH3_64bits_withSeed(key.words.data(), sizeof key.words, seed_);
}

std::size_t UnmatchedTable::home(std::uint64_t hash, std::size_t slots) {
  return static_cast<std::size_t>((hash & 0xFFFFFFFF) * slots >> 32);
}

// Returns the key's slot, or the empty one where it would stand.
UnmatchedTable::Slot* UnmatchedTable::find(Shard& shard, std::uint64_t hash, const EntryKey& key) {
  auto at = home(hash, shard.slots.size());
  while (shard.slots[at].tag != 0 && shard.slots[at].key != key) {
    if (++at == shard.slots.size()) at = 0;
  }
  return &shard.slots[at];
}

void UnmatchedTable::grow(Shard& shard) const {
  Shard larger;
  larger.slots.resize(shard.slots.size() + shard.slots.size() / 2);
  larger.used = shard.used;
  for (const auto& slot : shard.slots) {
    if (slot.tag != 0) *find(larger, hash_of(slot.key), slot.key) = slot;
  }
  shard = std::move(larger);
}

// Empties the slot and moves later ones of its run up, so that no search ends too early.
void UnmatchedTable::erase(Shard& shard, Slot* slot) const {
  const auto size = shard.slots.size();
  auto hole = static_cast<std::size_t>(slot - shard.slots.data());
  for (auto next = hole;;) {
    if (++next == size) next = 0;
    if (shard.slots[next].tag == 0) break;
    const auto wanted = home(hash_of(shard.slots[next].key), size);
    const bool stays = hole < next ? (wanted > hole && wanted <= next) : (wanted > hole || wanted <= next);
    if (stays) continue;
    shard.slots[hole] = shard.slots[next];
    hole = next;
  }
  shard.slots[hole] = Slot{};
  --shard.used;
}

Candidate UnmatchedTable::candidate(const Slot& slot) {
  return {slot.key, static_cast<std::uint16_t>((slot.tag & source_mask) >> source_shift),
          (slot.tag & content_flag) != 0, (slot.tag & dn_flag) != 0};
}

UnmatchedTable::Added UnmatchedTable::add(std::size_t source, const Fingerprint& fingerprint) {
  const auto hash = hash_of(fingerprint.key);
  auto& shard = shard_of(hash);
  const auto bit = std::uint64_t{1} << (source_shift + source);
  const auto outside = std::uint64_t{fingerprint.outside} << source_shift & source_mask;
  auto* slot = find(shard, hash, fingerprint.key);
  if (slot->tag == 0) {
    if ((shard.used + 1) * 8 > shard.slots.size() * 7) {
      grow(shard);
      slot = find(shard, hash, fingerprint.key);
    }
    *slot = {fingerprint.key, fingerprint.content, (fingerprint.dn & dn_mask) | bit | outside};
    ++shard.used;
    ++waiting_;
    return Added::waiting;
  }
  if ((slot->tag & bit) != 0) {
    slot->tag |= content_flag;  // shown twice: looked at again whatever it is
    return Added::repeated;
  }
  if (slot->content != fingerprint.content) slot->tag |= content_flag;
  if ((slot->tag & dn_mask) != (fingerprint.dn & dn_mask)) slot->tag |= dn_flag;
  slot->tag |= bit | outside;
  if ((slot->tag & source_mask) != all_seen_) return Added::waiting;
  const bool differs = (slot->tag & (content_flag | dn_flag)) != 0;
  if (differs) differing_.push_back(candidate(*slot));
  erase(shard, slot);
  --waiting_;
  return differs ? Added::differs : Added::matched;
}

std::size_t UnmatchedTable::memory() const {
  std::size_t bytes = 0;
  for (const auto& shard : shards_) bytes += shard.slots.capacity() * sizeof(Slot);
  return bytes;
}

void UnmatchedTable::visit_rest(const std::function<void(const Candidate&)>& visitor) const {
  for (const auto& shard : shards_) {
    for (const auto& slot : shard.slots) {
      if (slot.tag != 0) visitor(candidate(slot));
    }
  }
}

}  // namespace replkit::compare
