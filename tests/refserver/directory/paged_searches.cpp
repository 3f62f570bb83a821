#include "tests/refserver/directory/paged_searches.hpp"

#include <algorithm>

#include "tests/refserver/protocol/refusal.hpp"

namespace replkit::refserver::directory {

std::string PagedSearches::put(std::uint64_t connection, std::size_t request, std::unique_ptr<SearchProgress> search) {
  const std::lock_guard lock(mutex_);
  auto cookie = std::to_string(++last_);
  auto& waiting = waiting_[connection];
  waiting.push_back({cookie, request, std::move(search)});
  if (waiting.size() > limit_) waiting.pop_front();
  return cookie;
}

std::unique_ptr<SearchProgress> PagedSearches::take(std::uint64_t connection, std::size_t request,
                                                    std::string_view cookie) {
  const std::lock_guard lock(mutex_);
  const protocol::Refusal unknown(protocol::ResultCode::unwilling_to_perform,
                                  "the cookie of the paged search is not known (any more)");
  const auto of_connection = waiting_.find(connection);
  if (of_connection == waiting_.end()) throw unknown;
  auto& waiting = of_connection->second;
  const auto found =
      std::find_if(waiting.begin(), waiting.end(), [&](const Waiting& one) { return one.cookie == cookie; });
  if (found == waiting.end()) throw unknown;
  if (found->request != request) {
    throw protocol::Refusal(protocol::ResultCode::unwilling_to_perform,
                            "the cookie belongs to another search than this one");
  }
  auto search = std::move(found->search);
  waiting.erase(found);
  if (waiting.empty()) waiting_.erase(of_connection);
  return search;
}

void PagedSearches::forget(std::uint64_t connection) {
  const std::lock_guard lock(mutex_);
  waiting_.erase(connection);
}

}  // namespace replkit::refserver::directory
