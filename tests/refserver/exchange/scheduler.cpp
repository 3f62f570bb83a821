#include "tests/refserver/exchange/scheduler.hpp"

#include <algorithm>

#include "common/base/error.hpp"
#include "tests/refserver/exchange/status.hpp"

namespace replkit::refserver::exchange {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds longest_wait{1000};
constexpr std::chrono::seconds publish_every{60};  // a write to the disk, and a change for all
constexpr std::size_t most_notes = 100;            // of one area that wait
constexpr std::size_t most_demands = 1000;

SupplierOutcome refused(SupplierOutcome::Kind kind, std::string text) {
  SupplierOutcome out;
  out.kind = kind;
  out.text = std::move(text);
  return out;
}

}  // namespace

Scheduler::Scheduler(Core& core, Cycles& cycles, Consumers& consumers)
    : core_(core), cycles_(cycles), consumers_(consumers), links_(core), upkeep_(core) {}

Scheduler::~Scheduler() {
  stop();
}

void Scheduler::start() {
  upkeep_.start(core_.clock.now());
  thread_ = std::thread([this] { work(); });
}

void Scheduler::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
  for (auto& demand : demands_) {
    if (demand.begun) demand.begun(false, refused(SupplierOutcome::Kind::failed, "the server is ending"));
  }
  demands_.clear();
}

void Scheduler::note(Note note) {
  {
    const std::lock_guard lock(mutex_);
    auto& waiting = notes_[note.root];
    const auto same = std::find_if(waiting.begin(), waiting.end(), [&](const Note& each) {
      return each.from == note.from && each.vector_only == note.vector_only && each.attributes == note.attributes;
    });
    if (same != waiting.end()) {
      same->count += note.count;
    } else if (waiting.size() < most_notes) {
      waiting.push_back(std::move(note));
    } else {
      waiting.back().count += note.count;
      if (!note.vector_only) waiting.back().vector_only = false;
      if (waiting.back().from != note.from) waiting.back().from.clear();
    }
  }
  wake_.notify_all();
}

void Scheduler::demand(Demand demand) {
  {
    const std::lock_guard lock(mutex_);
    if (!stopping_ && demands_.size() < most_demands) {
      demands_.push_back(std::move(demand));
      wake_.notify_all();
      return;
    }
  }
  if (demand.begun) demand.begun(false, refused(SupplierOutcome::Kind::busy, "too many wait"));
}

void Scheduler::work() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    lock.unlock();
    auto next = core_.clock.now() + longest_wait;
    try {
      next = std::min(next, step(core_.clock.now()));
    } catch (const std::exception& error) {
      core_.log(LogLevel::error, std::string("replication: ") + error.what());
    }
    lock.lock();
    const auto wait = std::chrono::ceil<milliseconds>(next - core_.clock.now());
    if (wait.count() > 0) {
      wake_.wait_for(lock, std::min(wait, longest_wait),
                     [&] { return stopping_ || !notes_.empty() || !ended_.empty() || !demands_.empty(); });
    }
  }
}

Instant Scheduler::step(Instant now) {
  std::unique_lock lock(mutex_);
  const auto notes = std::exchange(notes_, {});
  const auto ended = std::exchange(ended_, {});
  auto demands = std::exchange(demands_, {});
  lock.unlock();
  take_areas(now);  // not before: what has been noted may have changed them
  for (const auto& each : ended) links_.ended(each.key, each.kind, each.full, now);
  for (const auto& [root, each] : notes) {
    upkeep_.vector_raised(root);
    for (const auto& note : each) links_.note(note, now);
  }
  for (auto& each : demands) take(std::move(each), now);
  std::vector<Links::Due> due;
  const auto next = links_.next(now, due);
  for (auto& each : due) {
    Demand demand;
    demand.reason = std::move(each.reason);
    demand.for_vector = each.for_vector;
    run(*links_.find(each.key), each.key, std::move(demand), now);
  }
  consumers_.expire(now);
  cycles_.expire(now);
  cycles_.recovery().settle(*areas_);
  return std::min(next, upkeep_.run(*areas_, now));
}

// When they cannot be read things stay as they were: what has been noted is not to be lost.
void Scheduler::take_areas(Instant now) {
  try {
    const auto areas = core_.areas();
    if (areas == areas_) return;
    areas_ = areas;
  } catch (const std::exception& error) {
    core_.log(LogLevel::error, std::string("areas of replication: ") + error.what());
    if (areas_) return;
    areas_ = core_.last_areas();
  }
  links_.rebuild(*areas_, now);
  upkeep_.areas_changed(*areas_);
}

void Scheduler::take(Demand demand, Instant now) {
  const LinkKey key{demand.area->root(), demand.partner};
  auto* link = links_.find(key);
  const auto refuse = [&](SupplierOutcome::Kind kind, const char* text) {
    if (demand.begun) demand.begun(false, refused(kind, text));
  };
  if (link == nullptr) return refuse(SupplierOutcome::Kind::failed, "there is no agreement with this replica");
  if (link->running) return refuse(SupplierOutcome::Kind::busy, "a session with this replica is under way");
  run(*link, key, std::move(demand), now);
}

void Scheduler::run(Link& link, const LinkKey& key, Demand demand, Instant now) {
  Cycle cycle;
  cycle.area = link.area;
  cycle.partner = link.partner;
  cycle.full = demand.full;
  cycle.reason = std::move(demand.reason);
  cycle.servers = demand.servers.empty() ? link.partner.replica.servers() : std::move(demand.servers);
  cycle.begun = std::move(demand.begun);
  auto& published = published_[key.first];
  cycle.publish = demand.for_vector || now - published >= std::min(publish_every, core_.options.vector_interval);
  if (cycle.publish) published = now;
  cycle.ended = [this, key, full = demand.full, then = std::move(demand.ended)](const SupplierOutcome& outcome) {
    {
      const std::lock_guard lock(mutex_);
      ended_.push_back({key, outcome.kind, full});
    }
    wake_.notify_all();
    if (then) then(outcome);
  };
  links_.started(link, published, now);
  cycles_.start(std::move(cycle));
}

}  // namespace replkit::refserver::exchange
