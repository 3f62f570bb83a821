// Memory that all connections share.
#pragma once

#include <atomic>
#include <cstddef>
#include <utility>

namespace replkit::refserver::session {

class Budget {
 public:
  explicit Budget(std::size_t bytes) : total_(bytes) {}

  std::size_t total() const { return total_; }
  std::size_t used() const { return used_.load(std::memory_order_relaxed); }

  // Takes the bytes, or nothing when they are not there.
  bool take(std::size_t bytes) {
    auto used = used_.load(std::memory_order_relaxed);
    do {
      if (bytes > total_ - used) return false;
    } while (!used_.compare_exchange_weak(used, used + bytes, std::memory_order_relaxed));
    return true;
  }
  void give_back(std::size_t bytes) { used_.fetch_sub(bytes, std::memory_order_relaxed); }

 private:
  const std::size_t total_;
  std::atomic<std::size_t> used_{0};
};

// One connection's account with the budget: its first bytes are free, so that small requests are served whatever others
// hold. On one strand.
class Account {
 public:
  Account(Budget& budget, std::size_t free) : budget_(budget), free_(free) {}
  Account(const Account&) = delete;
  Account& operator=(const Account&) = delete;

  std::size_t held() const { return held_; }

  bool take(std::size_t bytes) {
    if (!budget_.take(above_free(held_ + bytes) - above_free(held_))) return false;
    held_ += bytes;
    return true;
  }
  void give_back(std::size_t bytes) {
    budget_.give_back(above_free(held_) - above_free(held_ - bytes));
    held_ -= bytes;
  }

 private:
  std::size_t above_free(std::size_t bytes) const { return bytes > free_ ? bytes - free_ : 0; }

  Budget& budget_;
  const std::size_t free_;
  std::size_t held_ = 0;
};

// Bytes taken from an account, given back when it goes away.
class Charge {
 public:
  Charge() = default;
  Charge(Account& account, std::size_t bytes) : account_(&account), bytes_(bytes) {}
  Charge(Charge&& other) noexcept
      : account_(std::exchange(other.account_, nullptr)), bytes_(std::exchange(other.bytes_, 0)) {}
  Charge& operator=(Charge&& other) noexcept {
    std::swap(account_, other.account_);
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  ~Charge() {
    if (account_ != nullptr) account_->give_back(bytes_);
  }

  std::size_t bytes() const { return bytes_; }

 private:
  Account* account_ = nullptr;
  std::size_t bytes_ = 0;
};

}  // namespace replkit::refserver::session
