// The part of Reconciler that read-only replicas need: an entry whose move would make a loop stands in Lost & Found
// until that has resolved itself elsewhere, but its move is kept as it came, because this replica may not correct it.
#include <algorithm>

#include "tests/refserver/replication/reconcile.hpp"

namespace replkit::refserver::replication {

namespace {

constexpr std::string_view state_prefix = "displaced ";

}  // namespace

std::vector<model::Uuid> Reconciler::displaced() const {
  std::vector<model::Uuid> out;
  const auto bytes = writer_.state(std::string(state_prefix) + area_.root.text());
  for (std::size_t at = 0; bytes && at + sizeof(model::Uuid::bytes) <= bytes->size();
       at += sizeof(model::Uuid::bytes)) {
    std::copy_n(bytes->begin() + static_cast<std::ptrdiff_t>(at), sizeof(model::Uuid::bytes),
                out.emplace_back().bytes.begin());
  }
  return out;
}

void Reconciler::set_displaced(const model::Uuid& uuid, bool displaced) {
  auto all = this->displaced();
  std::erase(all, uuid);
  if (displaced) all.push_back(uuid);
  std::string bytes;
  for (const auto& one : all) bytes.append(one.bytes.begin(), one.bytes.end());
  const auto name = std::string(state_prefix) + area_.root.text();
  if (bytes.empty()) {
    writer_.remove_state(name);
  } else {
    writer_.put_state(name, bytes);
  }
}

// Puts what stands in Lost & Found where it belongs, as far as that goes by now.
void Reconciler::retry_displaced() {
  for (bool again = true; again;) {
    again = false;
    for (const auto& uuid : displaced()) {
      const auto entry = writer_.load(writer_.find(uuid));
      if (!entry || entry->deleted || !entry->wanted_superior) {
        set_displaced(uuid, false);
        continue;
      }
      // What is above a tombstone is where it was: it comes back as glue.
      const auto wanted = writer_.find(*entry->wanted_superior);
      const auto above = wanted == store::no_entry ? std::nullopt : writer_.head(wanted);
      if (options_.read_only && above && !above->tombstone && is_below(wanted, entry->id)) continue;
      auto state = load_state(*entry);
      settle(state, false);
      again = true;
    }
  }
}

}  // namespace replkit::refserver::replication
