// Searches that wait for the request of their next page (RFC 2696): the server's half of the cookies.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "tests/refserver/directory/walk.hpp"
#include "tests/refserver/protocol/result.hpp"

namespace replkit::refserver::directory {

// How far a search has come; its pages hand it on.
struct SearchProgress {
  Walk walk;
  store::EntryId base = store::no_entry;
  std::uint64_t returned = 0;
  std::uint64_t examined = 0;
  // Of a sorted search, for the response control.
  protocol::ResultCode sort_code = protocol::ResultCode::success;
  std::string sort_attribute;
};

// Safe to call from any thread.
class PagedSearches {
 public:
  // A connection has at most `limit` of them open: then the oldest goes.
  explicit PagedSearches(std::size_t limit) : limit_(limit) {}

  // Keeps the search for the connection and returns the cookie for it. `request` stands for what must not change from
  // page to page, the caller included.
  std::string put(std::uint64_t connection, std::size_t request, std::unique_ptr<SearchProgress> search);

  // Returns what put() kept under the cookie, which is then forgotten. Throws protocol::Refusal (unwillingToPerform)
  // when there is no such search or it was another one.
  std::unique_ptr<SearchProgress> take(std::uint64_t connection, std::size_t request, std::string_view cookie);

  void forget(std::uint64_t connection);

 private:
  struct Waiting {
    std::string cookie;
    std::size_t request = 0;
    std::unique_ptr<SearchProgress> search;
  };

  const std::size_t limit_;
  std::mutex mutex_;
  std::uint64_t last_ = 0;                                          // number of the newest cookie
  std::unordered_map<std::uint64_t, std::deque<Waiting>> waiting_;  // by connection, the oldest first
};

}  // namespace replkit::refserver::directory
