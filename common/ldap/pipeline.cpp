#include <fmt/format.h>

#include <algorithm>

#include "common/base/text.hpp"
#include "common/ldap/stream.hpp"

namespace replkit::ldap {

namespace {

constexpr std::size_t window = 64;

// The searches on their way; what is left is abandoned when this goes away.
class Flights {
 public:
  explicit Flights(Session& session) : session_(session) {}
  Flights(const Flights&) = delete;
  Flights& operator=(const Flights&) = delete;
  ~Flights() {
    for (const Flight& each : flights_) session_.abandon(each.id);
  }

  struct Flight {
    int id;
    std::size_t index;
    bool seen;
  };

  bool full() const { return flights_.size() >= window; }
  bool empty() const { return flights_.empty(); }
  void add(int id, std::size_t index) { flights_.push_back({id, index, false}); }
  Flight* find(int id) {
    const auto found =
        std::find_if(flights_.begin(), flights_.end(), [id](const Flight& each) { return each.id == id; });
    return found == flights_.end() ? nullptr : &*found;
  }
  void remove(int id) {
    std::erase_if(flights_, [id](const Flight& each) { return each.id == id; });
  }

 private:
  Session& session_;
  std::vector<Flight> flights_;
};

void check_result(const Result& result, const std::string& server, const std::string& action) {
  const auto code = static_cast<ResultCode>(result.code);
  if (code == ResultCode::success || code == ResultCode::no_such_object) return;
  const std::string urls = result.referrals.empty() ? result.diagnostic : result.referrals.front();
  throw LdapError(code, server, action, urls, result.matched_dn);
}

}  // namespace

void pipeline_reads(Session& session, const std::vector<std::string>& dns, const std::vector<std::string>& attributes,
                    const std::function<void(std::size_t, const EntryView*)>& visitor) {
  const std::string action = "read entries";
  session.require_alive(action);
  SearchRequest request;
  request.scope = Scope::base;
  request.attributes = attributes;
  Flights flights(session);
  Receiver receiver(session, LDAP_RES_ANY, action);
  std::size_t sent = 0;
  while (sent < dns.size() || !flights.empty()) {
    for (; sent < dns.size() && !flights.full(); ++sent) {
      request.base = dns[sent];
      flights.add(send_search(session, request, nullptr, action), sent);
    }
    const Message message = receiver.next();
    Flights::Flight* flight = flights.find(ldap_msgid(message.get()));
    if (!flight) continue;
    const std::size_t index = flight->index;
    if (ldap_msgtype(message.get()) == LDAP_RES_SEARCH_ENTRY) {
      flight->seen = true;
      const EntryView entry = view_entry(session, message.get());
      visitor(index, &entry);
    } else if (ldap_msgtype(message.get()) == LDAP_RES_SEARCH_RESULT) {
      const bool seen = flight->seen;
      flights.remove(flight->id);
      check_result(parse_result(session, message.get(), action), session.uri(), "read " + printable(dns[index]));
      if (!seen) visitor(index, nullptr);
    }
  }
}

}  // namespace replkit::ldap
