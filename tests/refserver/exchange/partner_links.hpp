// Connections to partners that outlive a session: the next one begins without connecting, TLS and a bind.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "common/base/cancel.hpp"
#include "common/base/time.hpp"
#include "common/ldap/connection.hpp"
#include "common/ldup/agreement.hpp"
#include "tests/refserver/exchange/links.hpp"

namespace replkit::refserver::exchange {

struct PartnerLink {
  CancelToken cancel;  // cuts the connection off
  ldup::Credentials credentials;
  std::optional<ldap::Connection> connection;
  Instant opened;
  Instant used;
};
using PartnerLinkPtr = std::shared_ptr<PartnerLink>;

// Safe to use from any thread.
class PartnerLinks {
 public:
  using Key = LinkKey;

  // Returns the link of the last session, now the caller's, if it leads to the first of these servers and is bound with
  // the same credentials; else null. The partner may have closed it.
  PartnerLinkPtr take(const Key& key, const ldup::Credentials& credentials, const std::vector<std::string>& servers,
                      Instant now);

  // Keeps a link with nothing under way.
  void keep(const Key& key, PartnerLinkPtr link, Instant now);

  // Closes those that were not used for a while.
  void expire(Instant now);

 private:
  std::mutex mutex_;
  std::map<Key, PartnerLinkPtr> links_;
};

}  // namespace replkit::refserver::exchange
