#include "tests/unit/refserver/replication/history.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdio>

#include "common/model/dn.hpp"
#include "tests/refserver/replication/purge.hpp"
#include "tests/refserver/store/attribute_key.hpp"
#include "tests/refserver/store/naming.hpp"

namespace replkit::refserver::replication {

using ldup::Csn;
using ldup::EntryUpdate;
using ldup::Primitive;
using store::EntryId;
using store::no_entry;

namespace {

constexpr std::size_t max_replicas = 5;

// Few, so that replicas get into each other's way.
constexpr std::array<const char*, 9> rdns{"uid=a",         "uid=b",      "uid=A", "cn=a",         "cn=b",
                                          "displayName=x", "cn=a+uid=b", "sn=s",  "displayName=y"};
constexpr std::array<const char*, 4> texts{"one", "two", "ONE", "three"};
constexpr std::array<const char*, 9> types{"description", "description;lang-de", "uid",   "cn",       "sn",
                                           "displayName", "employeeNumber",      "audio", "givenName"};

template <typename List>
auto choose(std::mt19937_64& random, const List& list) {
  return list[random() % list.size()];
}

// Half the time one of the same few.
EntryId choose_entry(std::mt19937_64& random, const std::vector<EntryId>& live) {
  return live[random() % (random() % 2 == 0 ? std::min<std::size_t>(live.size(), 3) : live.size())];
}

std::string value_of(std::mt19937_64& random, std::string_view type) {
  constexpr std::array<const char*, 4> names{"a", "b", "A", "s"};
  constexpr std::array<const char*, 2> shown{"x", "y"};
  if (type == "uid" || type == "cn" || type == "sn") return choose(random, names);
  if (type == "displayName") return choose(random, shown);
  return choose(random, texts);
}

}  // namespace

HistoryShape shape_of(std::uint64_t seed) {
  std::mt19937_64 random(seed);
  HistoryShape out;
  out.replicas = 2 + random() % 4;
  out.steps = 10 + random() % 50;
  out.read_only = out.replicas > 2 && random() % 3 == 0;
  out.protect = random() % 2 == 0;
  out.rough = random() % 3 == 0;
  out.common = random() % 6;
  out.quiet = 5 + random() % 40;
  return out;
}

std::vector<std::uint64_t> steps_of(std::uint64_t seed, const HistoryShape& shape) {
  std::mt19937_64 random(~seed);
  std::vector<std::uint64_t> out(shape.steps);
  for (auto& step : out) step = random();
  return out;
}

Player::Player() {
  for (std::size_t i = 0; i < max_replicas; ++i) {
    replicas_.push_back(std::make_unique<Replica>("r" + std::to_string(i + 1)));
  }
  log_replica_ = std::make_unique<Replica>("log", ReconcilerOptions{.read_only = true, .protect_names = false});
}

void Player::say(const std::string& text) {
  if (tell_) fmt::print("{}\n", text);
}

std::string Player::play(const HistoryShape& shape, const std::vector<std::uint64_t>& steps, bool tell) {
  shape_ = shape;
  tell_ = tell;
  problem_.clear();
  in_parts_ = false;
  log_.clear();
  sent_.clear();
  // Later than all before, so that a history is the same whatever was played on these stores.
  auto now = Instant::min();
  for (const auto& replica : replicas_) {
    now = std::max({now, replica->store().snapshot()->last_csn().time(), replica->clock.time});
  }
  for (const auto& replica : replicas_) replica->clock.time = now + std::chrono::seconds{10};
  for (std::size_t i = 0; i < shape.replicas; ++i) {
    const bool last = i + 1 == shape.replicas;
    at(i).reset({.read_only = shape.read_only && last,
                 .protect_names = shape.protect && i % 2 == 0,
                 .unknown = shape.rough ? UnknownEntry::glue : UnknownEntry::refuse});
  }
  for (std::size_t i = 0; i < shape.common; ++i) add_common(i);
  for (const auto number : steps) {
    step(number);
    if (!problem_.empty()) return problem_;
  }
  for (const auto check : {&Player::settle, &Player::compare, &Player::replay_log, &Player::fill_anew,
                           &Player::purge_all, &Player::fill_anew}) {
    if (auto problem = (this->*check)(); !problem.empty()) return problem;
    if (!problem_.empty()) return problem_;
    if (check == &Player::compare) {
      if (auto lost = find_lost(); !lost.empty()) return lost;
    }
  }
  return {};
}

// Adds an entry that all replicas have from the beginning.
void Player::add_common(std::size_t number) {
  const auto before = own_component(*at(0).store().snapshot(), at(0).id());
  const auto uuid = uuid_of(100 + number);
  const auto superior = at(0).find(number % 2 == 0 ? test_area().root : uuid_of(99 + number));
  if (!at(0).add(uuid, superior, rdns[number], {{"objectClass", {"inetOrgPerson"}}, {"cn", {"c"}}, {"sn", {"s"}}}))
    return;
  note(at(0), before);
  for (std::size_t i = 1; i < shape_.replicas; ++i) at(0).send_to(at(i));
}

void Player::step(std::uint64_t number) {
  Random random(number);
  auto& replica = at(pick(random, shape_.replicas));
  const auto what = pick(random, 100);
  if (what < 95 - shape_.quiet) {
    if (!replica.options().read_only) change(random, replica);
    return;
  }
  auto& other = at(pick(random, shape_.replicas));
  if (&other == &replica) return;
  if (what < 95 || !shape_.rough || sent_.empty()) return session(random, replica, other);
  say(fmt::format("{} gets an old update again", replica.id()));
  deliver(replica, {sent_[pick(random, sent_.size())]});
}

// Logs what the replica itself has done.
void Player::note(Replica& replica, const Csn& before) {
  for (auto& update : replica.own_changes_since(before)) {
    for (auto& primitive : update.primitives) log_.push_back({update.entry, {primitive}});
  }
}

void Player::change(Random& random, Replica& replica) {
  replica.clock.time += std::chrono::seconds{pick(random, 3) * pick(random, 2)};
  const auto before = own_component(*replica.store().snapshot(), replica.id());
  const auto live = replica.live();
  const auto what = pick(random, 10);
  bool done = false;
  std::string text;
  if (live.empty() || what < 2) {
    done = add(random, replica);
    text = "add";
  } else {
    const auto id = choose_entry(random, live);
    text = replica.store().snapshot()->dn(id);
    // Who changes glue before the entry is there sends others changes of an entry that they cannot know.
    if (!shape_.rough && replica.store().snapshot()->head(id)->glue) return;
    if (what < 5) {
      done = modify(random, replica, id);
      text = "modify " + text;
    } else if (what < 6) {
      done = replica.remove(id);
      text = "delete " + text;
    } else {
      Rename how;
      how.delete_old = pick(random, 2) == 0;
      if (what < 8) how.rdn = choose(random, rdns);
      if (what > 6) how.superior = pick(random, 4) == 0 ? replica.find(test_area().root) : choose_entry(random, live);
      done = replica.rename(id, how);
      text = fmt::format("rename {} to {} below {}", text, how.rdn.value_or("-"),
                         how.superior == no_entry ? "-" : replica.store().snapshot()->dn(how.superior));
    }
  }
  if (!done) return;
  ++operations;
  const auto first = log_.size();
  note(replica, before);
  if (tell_) {
    say(fmt::format("{}: {}", replica.id(), text));
    for (auto i = first; i < log_.size(); ++i) {
      const auto& primitive = log_[i].primitives.front();
      say(fmt::format("    {} {} {} {} {} {}", static_cast<int>(primitive.kind), log_[i].entry.text().substr(30),
                      primitive.csn.text(), primitive.rdn, primitive.type, primitive.value));
    }
  }
}

bool Player::add(Random& random, Replica& replica) {
  const auto live = replica.live();
  const auto dead = replica.tombstones();
  const bool again = !dead.empty() && pick(random, 3) == 0;
  const auto uuid = again ? choose(random, dead) : uuid_of(random() % 100'000'000 + 1000);
  const auto superior =
      live.empty() || pick(random, 2) == 0 ? replica.find(test_area().root) : live[pick(random, live.size())];
  std::vector<model::Attribute> attributes{
      {"objectClass", {"inetOrgPerson", "extensibleObject"}}, {"cn", {value_of(random, "cn")}}, {"sn", {"s"}}};
  if (pick(random, 2) == 0) attributes.push_back({"description", {choose(random, texts)}});
  if (pick(random, 3) == 0) attributes.push_back({"employeeNumber", {choose(random, texts)}});
  if (pick(random, 4) == 0) attributes.push_back({"audio", {choose(random, texts)}});
  return replica.add(uuid, superior, choose(random, rdns), attributes);
}

bool Player::modify(Random& random, Replica& replica, EntryId id) {
  std::vector<model::Modification> changes;
  for (auto left = 1 + pick(random, 2); left > 0; --left) {
    const std::string type = choose(random, types);
    model::Modification change{.kind = model::ModifyKind::add, .description = type, .values = {value_of(random, type)}};
    const auto what = pick(random, 8);
    if (what < 3) change.kind = model::ModifyKind::replace;
    if (what == 0 && pick(random, 2) == 0) change.values.push_back(value_of(random, type));
    if (what >= 3 && what < 5) change.kind = model::ModifyKind::remove;
    if (what == 5) {
      change.kind = pick(random, 2) == 0 ? model::ModifyKind::remove : model::ModifyKind::replace;
      change.values.clear();
    }
    changes.push_back(std::move(change));
  }
  return replica.modify(id, changes);
}

// Returns whether all was applied.
bool Player::deliver(Replica& consumer, const std::vector<EntryUpdate>& updates) {
  const auto before = own_component(*consumer.store().snapshot(), consumer.id());
  const auto results = consumer.apply(updates);
  updates_applied += updates.size();
  bool all = true;
  for (const auto& result : results) {
    if (result.verdict == Verdict::lingering) {
      // Between two parts an entry that was added anew may be unknown: the old add went with the first, as nothing.
      if (!in_parts_) problem_ = "an update was taken for that of a lingering entry";
      all = false;
    }
    for (const auto& event : result.events) {
      ++events[static_cast<std::size_t>(event.kind)];
      say(fmt::format("    {}: {} {} {}", consumer.id(), text_of(event.kind), event.entry.text().substr(30), event.dn));
    }
  }
  if (consumer.options().read_only) {
    if (!consumer.own_changes_since(before).empty()) problem_ = "a read-only replica has made a change";
    return all;
  }
  note(consumer, before);
  return all;
}

void Player::session(Random& random, Replica& supplier, Replica& consumer) {
  const auto entries = pick(random, 3) == 0 ? 1 + pick(random, 6) : 0;
  auto [updates, reached] = supplier.leg(consumer.vector(), entries);
  if (entries != 0 && updates.size() >= entries) in_parts_ = true;
  if (pick(random, 2) == 0) std::shuffle(updates.begin(), updates.end(), random);
  const bool cut = pick(random, 4) == 0;
  if (cut && !updates.empty()) updates.resize(pick(random, updates.size()));
  if (pick(random, 4) == 0) updates.insert(updates.end(), updates.begin(), updates.end());
  if (shape_.rough && pick(random, 3) == 0) {
    std::vector<EntryUpdate> split;
    for (const auto& update : updates) {
      for (const auto& primitive : update.primitives) split.push_back({update.entry, {primitive}});
    }
    std::shuffle(split.begin(), split.end(), random);
    updates = std::move(split);
  }
  say(fmt::format("{} sends {} updates to {}{}", supplier.id(), updates.size(), consumer.id(), cut ? ", cut off" : ""));
  sent_.insert(sent_.end(), updates.begin(), updates.end());
  if (deliver(consumer, updates) && !cut) consumer.merge(reached);
}

// --- The end ---

std::string Player::settle() {
  constexpr int max_rounds = 12;
  for (int round = 0; round < max_rounds; ++round) {
    std::size_t sent = 0;
    for (std::size_t s = 0; s < shape_.replicas; ++s) {
      for (std::size_t c = 0; c < shape_.replicas; ++c) {
        if (s == c) continue;
        const auto vector = at(s).vector();
        const auto updates = at(s).harvest(at(c).vector());
        sent += updates.size();
        if (!updates.empty()) say(fmt::format("{} settles {} updates with {}", at(s).id(), updates.size(), at(c).id()));
        if (deliver(at(c), updates)) at(c).merge(vector);
      }
    }
    if (sent == 0) return {};
  }
  return "the replicas do not come to rest";
}

std::string Player::compare() {
  const auto first = at(0).dump();
  if (tell_) {
    for (const auto& line : first) say(line);
  }
  for (std::size_t i = 0; i < shape_.replicas; ++i) {
    const auto wrong = at(i).store().check(5);
    if (!wrong.empty()) return fmt::format("{}: the store is not sound: {}", at(i).id(), wrong.front());
    const auto other = at(i).dump();
    if (other == first) continue;
    std::string out;
    for (const auto& line : first) {
      if (std::find(other.begin(), other.end(), line) == other.end())
        out += fmt::format("\n< {}: {}", at(0).id(), line);
    }
    for (const auto& line : other) {
      if (std::find(first.begin(), first.end(), line) == first.end())
        out += fmt::format("\n> {}: {}", at(i).id(), line);
    }
    return "the replicas differ:" + out;
  }
  return {};
}

// What was written and is neither there nor superseded by something later.
std::string Player::find_lost() const {
  const auto& model = test_schema().model();
  for (const auto& [uuid, primitives] : log_) {
    const auto& primitive = primitives.front();
    const auto& csn = primitive.csn;
    const auto entry = replicas_.front()->load(uuid);
    const auto lost = [&] {
      return fmt::format("lost: {} of {} at {}: {}{} {}", static_cast<int>(primitive.kind), uuid.text(), csn.text(),
                         primitive.rdn, primitive.type, primitive.value);
    };
    if (!entry) return lost();
    const auto removed = entry->deleted ? entry->deleted : entry->outlived;
    if ((removed && *removed >= csn) || (!entry->deleted && !entry->glue && entry->csn > csn)) continue;
    const auto* type = model.attribute(model::base_type(primitive.type));
    const auto* attribute = store::find_attribute(*entry, model, store::attribute_key(model, primitive.type));
    switch (primitive.kind) {
      case Primitive::Kind::add_entry:
        if (entry->csn < csn || entry->glue) return lost();
        break;
      case Primitive::Kind::move_entry:
        if (entry->superior_csn < csn) return lost();
        break;
      case Primitive::Kind::rename_entry:
        if (entry->rdn_csn < csn) return lost();
        break;
      case Primitive::Kind::remove_entry:
        return lost();
      case Primitive::Kind::add_value: {
        if (attribute == nullptr) return lost();
        if (attribute->deleted && *attribute->deleted > csn) break;
        const auto form = store::normal_form(model, *type, primitive.value);
        const auto is_it = [&](const auto& value) {
          return value.csn >= csn && (type->single_value || store::normal_form(model, *type, value.bytes) == form);
        };
        const bool there = std::any_of(attribute->values.begin(), attribute->values.end(), is_it) ||
                           std::any_of(attribute->deleted_values.begin(), attribute->deleted_values.end(), is_it);
        if (!there) return lost();
        break;
      }
      case Primitive::Kind::remove_value:
      case Primitive::Kind::remove_attribute:
        if (attribute == nullptr) return lost();
        break;
    }
  }
  return {};
}

std::string Player::compare_log_replica(const std::string& what) {
  const auto wanted = at(0).dump();
  const auto there = log_replica_->dump();
  if (there == wanted) return {};
  std::string out = what + " leads elsewhere:";
  for (const auto& line : wanted) {
    if (std::find(there.begin(), there.end(), line) == there.end()) out += "\n< " + line;
  }
  for (const auto& line : there) {
    if (std::find(wanted.begin(), wanted.end(), line) == wanted.end()) out += "\n> " + line;
  }
  return out;
}

// All primitives one by one in any order, as a supplier with a log would send them, lead to the same.
std::string Player::replay_log() {
  log_replica_->reset({.read_only = true, .protect_names = false});
  auto log = log_;
  Random random(log.size());
  std::shuffle(log.begin(), log.end(), random);
  log_replica_->apply(log);
  return compare_log_replica("the log played in another order");
}

// A full update makes the same of a replica that knows nothing, of what was deleted as well.
std::string Player::fill_anew() {
  log_replica_->reset({.read_only = true, .protect_names = false});
  log_replica_->apply(at(0).everything());
  return compare_log_replica("a full update");
}

std::string Player::purge_all() {
  std::vector<ldup::UpdateVector> vectors;
  std::vector<std::string> ids;
  for (std::size_t i = 0; i < shape_.replicas; ++i) ids.push_back(at(i).id());
  for (std::size_t i = 0; i < shape_.replicas; ++i) {
    auto vector = at(i).vector();
    for (std::size_t j = 0; j < shape_.replicas; ++j) {
      vector.merge(own_component(*at(j).store().snapshot(), ids[j]));  // what they would tell when idle
    }
    vectors.push_back(vector);
  }
  const auto bound = purge_bound(vectors, ids, Instant::max());
  if (!bound) return "there is no bound to purge to";
  for (std::size_t i = 0; i < shape_.replicas; ++i) {
    std::vector<EntryId> found;
    EntryId after = no_entry;
    while (find_purgeable(*at(i).store().snapshot(), test_schema().model(), test_area(), *bound, after, 3, found)) {
    }
    at(i).store().apply(
        [&](store::Writer& writer) { purge(writer, test_schema().model(), test_area(), *bound, found); });
    found.clear();
    after = no_entry;
    while (find_purgeable(*at(i).store().snapshot(), test_schema().model(), test_area(), *bound, after, 1000, found)) {
    }
    if (!found.empty()) return "purging has left something to purge";
  }
  auto problem = compare();
  return problem.empty() ? problem : "after purging: " + problem;
}

}  // namespace replkit::refserver::replication
