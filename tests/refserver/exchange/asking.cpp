#include "tests/refserver/exchange/asking.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "common/base/error.hpp"
#include "common/wire/result_code.hpp"
#include "tests/refserver/exchange/connector.hpp"

namespace replkit::refserver::exchange {

using std::chrono::milliseconds;

SupplierOutcome ask_supplier(Core& core, const LocalArea& area, const std::string& id, std::vector<std::string> servers,
                             bool full, const CancelToken& cancel) noexcept {
  try {
    const auto* known = area.partner(id);
    Partner partner;
    if (known != nullptr) {
      partner = *known;
    } else {
      partner.replica = *area.model.replica(id);
    }
    if (servers.empty()) servers = partner.replica.servers();
    return ask_to_supply(core, partner, servers, full, cancel);
  } catch (const std::exception& error) {
    SupplierOutcome out;
    out.text = error.what();
    return out;
  }
}

void Asking::start() {
  thread_ = std::thread([this] { work(); });
}

void Asking::stop() {
  cancel_.request();
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void Asking::ask_all(const model::Uuid& root, const std::string& but) {
  {
    const std::lock_guard lock(mutex_);
    wanted_[root] = but;
  }
  wake_.notify_all();
}

void Asking::expand() {
  const auto areas = core_.areas();
  const std::lock_guard lock(mutex_);
  for (const auto& [root, but] : wanted_) {
    const auto area = areas->by_root(root);
    if (!area || area->own == nullptr) continue;
    for (const auto& replica : area->model.replicas()) {
      if (replica.id == but || !area->is_supplied_by(replica.id)) continue;
      wishes_[{root, replica.id}] = {core_.clock.now(), core_.options.retry};
    }
  }
  wanted_.clear();
}

void Asking::work() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    if (wishes_.empty() && wanted_.empty()) {
      wake_.wait(lock, [&] { return stopping_ || !wanted_.empty(); });
      continue;
    }
    lock.unlock();
    milliseconds wait{1000};
    try {
      expand();
      wait = step();
    } catch (const std::exception& error) {
      core_.log(LogLevel::error, std::string("asking for changes: ") + error.what());
    }
    lock.lock();
    if (wait.count() > 0) wake_.wait_for(lock, wait, [&] { return stopping_ || !wanted_.empty(); });
  }
}

milliseconds Asking::step() {
  constexpr milliseconds longest{1000};
  LinkKey key;
  {
    const std::lock_guard lock(mutex_);
    const auto first = std::min_element(wishes_.begin(), wishes_.end(),
                                        [](const auto& a, const auto& b) { return a.second.next < b.second.next; });
    if (first == wishes_.end()) return {};
    const auto now = core_.clock.now();
    first->second.next = std::min<Instant>(first->second.next, now + core_.options.retry_most);  // clocks are set back
    const auto left = std::chrono::ceil<milliseconds>(first->second.next - now);
    if (left.count() > 0) return std::min(left, longest);
    key = first->first;
  }
  const bool done = ask(key);
  const std::lock_guard lock(mutex_);
  if (done) {
    wishes_.erase(key);
  } else if (const auto found = wishes_.find(key); found != wishes_.end()) {
    auto& wish = found->second;
    wish.next = core_.clock.now() + wish.pause;
    wish.pause = std::min(2 * wish.pause, core_.options.retry_most);
  }
  return {};
}

// Returns whether there is no need to ask again.
bool Asking::ask(const LinkKey& key) {
  const auto area = core_.areas()->by_root(key.first);
  const auto* replica = area ? area->model.replica(key.second) : nullptr;
  if (replica == nullptr || !area->is_supplied_by(key.second)) return true;
  if (!area->own->online || !replica->online || area->refreshing) return false;
  const auto outcome = ask_supplier(core_, *area, key.second, {}, false, cancel_);
  using enum SupplierOutcome::Kind;
  const bool refused = outcome.code != 0 && outcome.kind == failed;
  if (outcome.kind == success || refused) {
    core_.log(outcome.kind == success ? LogLevel::info : LogLevel::warning,
              fmt::format("{}: {} was asked for its changes{}{}", area->root_dn(), key.second, refused ? ": " : "",
                          refused ? outcome.text : ""));
  }
  return outcome.kind == success || refused;
}

}  // namespace replkit::refserver::exchange
