#include "tests/refserver/store/committer.hpp"

#include <utility>

namespace replkit::refserver::store {

namespace {

// What goes into one transaction at most.
constexpr std::size_t max_changes = 256;
constexpr std::size_t max_bytes = 64U << 20;

// Returns what made the change or the transaction fail; null when nothing did.
std::exception_ptr run_change(const Store::Change& change, ChangeWriter& writer) {
  std::exception_ptr error;
  try {
    change(writer);
  } catch (...) {
    error = std::current_exception();
  }
  try {
    writer.check_usable();
  } catch (...) {
    error = std::current_exception();
  }
  return error;
}

bool is_map_full(const std::exception_ptr& error) {
  if (!error) return false;
  try {
    std::rethrow_exception(error);
  } catch (const MapFull&) {
    return true;
  } catch (...) {
    return false;
  }
}

}  // namespace

Committer::Committer(Environment& environment, const schema::Schema& schema, const IndexSet& indexes,
                     const Clock& clock, const StoreOptions& options)
    : environment_(environment),
      schema_(schema),
      indexes_(indexes),
      committed_(read_state(ReadTransaction(environment).get(), environment.tables())),
      csns_(clock, options.replica_id, committed_.last_csn) {
  thread_ = std::thread([this] { work(); });
}

Committer::~Committer() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  arrived_.notify_one();
  thread_.join();
}

void Committer::submit(Store::Change change, Store::Done done) {
  {
    const std::lock_guard lock(mutex_);
    waiting_.push_back({std::move(change), std::move(done), nullptr});
  }
  arrived_.notify_one();
}

void Committer::work() {
  Group group;
  for (;;) {
    group.clear();
    {
      std::unique_lock lock(mutex_);
      arrived_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
      if (waiting_.empty()) return;
      while (!waiting_.empty() && group.size() < max_changes) {
        group.push_back(std::move(waiting_.front()));
        waiting_.pop_front();
      }
    }
    run(group, 0, group.size());
  }
}

// Settles all of [first, last), in as few transactions as it takes.
void Committer::run(Group& group, std::size_t first, std::size_t last) {
  while (first < last) {
    try {
      first = attempt(group, first, last);
    } catch (...) {  // the disk's failure, not a change's
      settle(group, first, last, std::current_exception());
      return;
    }
  }
}

// Runs changes from `first` on in one transaction, commits and settles them. Returns the first that it left: `first`
// again when the map had to grow. When one fails half way, all of the transaction is lost: those before it, which went
// well, run again on their own, so that it costs them one more round and no more.
std::size_t Committer::attempt(Group& group, std::size_t first, std::size_t last) {
  std::size_t at = first;
  std::exception_ptr half_way;
  bool full = false;
  {
    ChangeWriter writer(environment_, schema_, indexes_, csns_, committed_);
    for (; at < last && writer.bytes() < max_bytes; ++at) {
      const auto steps = writer.steps();
      const auto error = run_change(group[at].change, writer);
      full = is_map_full(error);
      if (full || (error && writer.steps() != steps)) {
        half_way = error;
        break;
      }
      group[at].error = error;
    }
    if (!half_way) {
      try {
        committed_ = writer.commit();
      } catch (const MapFull&) {
        full = true;
      }
    }
  }
  if (full) {
    environment_.grow();
    return first;
  }
  if (!half_way) {
    settle(group, first, at, nullptr);
    return at;
  }
  run(group, first, at);
  group[at].error = nullptr;
  settle(group, at, at + 1, half_way);
  return at + 1;
}

void Committer::settle(Group& group, std::size_t first, std::size_t last, const std::exception_ptr& failure) {
  for (auto i = first; i < last; ++i) {
    auto& pending = group[i];
    pending.change = nullptr;  // what it holds goes before its caller hears of the end
    pending.done(pending.error ? pending.error : failure);
    pending.done = nullptr;
  }
}

}  // namespace replkit::refserver::store
