#include "tests/refserver/exchange/partner_links.hpp"

namespace replkit::refserver::exchange {

namespace {

constexpr std::chrono::seconds idle_most{30};
// A password or certificate that has changed is used sooner or later.
constexpr std::chrono::minutes age_most{10};

bool same(const ldup::Credentials& a, const ldup::Credentials& b) {
  return a.bind_dn == b.bind_dn && a.mechanism == b.mechanism && a.start_tls == b.start_tls &&
         a.password.reveal() == b.password.reveal();
}

}  // namespace

PartnerLinkPtr PartnerLinks::take(const Key& key, const ldup::Credentials& credentials,
                                  const std::vector<std::string>& servers, Instant now) {
  PartnerLinkPtr link;
  {
    const std::lock_guard lock(mutex_);
    const auto found = links_.find(key);
    if (found == links_.end()) return nullptr;
    link = std::move(found->second);
    links_.erase(found);
  }
  const bool leads_there = !servers.empty() && link->connection->uri() == servers.front();
  const bool fresh = now - link->used < idle_most && now - link->opened < age_most;
  const bool alive = !link->connection->has_input();
  return leads_there && fresh && alive && same(link->credentials, credentials) ? link : nullptr;
}

void PartnerLinks::keep(const Key& key, PartnerLinkPtr link, Instant now) {
  link->used = now;
  const std::lock_guard lock(mutex_);
  std::swap(links_[key], link);
}

void PartnerLinks::expire(Instant now) {
  std::vector<PartnerLinkPtr> closed;  // once the lock is gone
  const std::lock_guard lock(mutex_);
  for (auto at = links_.begin(); at != links_.end();) {
    if (now - at->second->used < idle_most) {
      ++at;
      continue;
    }
    closed.push_back(std::move(at->second));
    at = links_.erase(at);
  }
}

}  // namespace replkit::refserver::exchange
