#include "common/ldap/search.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <thread>

#include "common/base/text.hpp"
#include "common/base/time.hpp"
#include "common/ldap/stream.hpp"

namespace replkit::ldap {

namespace {

using std::chrono::milliseconds;

constexpr std::size_t kept_referrals = 100;

int scope_number(Scope scope) {
  switch (scope) {
    case Scope::base:
      return LDAP_SCOPE_BASE;
    case Scope::one:
      return LDAP_SCOPE_ONELEVEL;
    case Scope::subtree:
      return LDAP_SCOPE_SUBTREE;
    case Scope::children:
      return LDAP_SCOPE_SUBORDINATE;
  }
  return LDAP_SCOPE_SUBTREE;
}

std::string action_text(const SearchRequest& request) {
  if (request.scope == Scope::base)
    return fmt::format("read {}", request.base.empty() ? "the root DSE" : printable(request.base));
  return fmt::format("search below {}", request.base.empty() ? "the root" : printable(request.base));
}

// The request's controls and, for pages, the one of RFC 2696, as libldap takes them.
class Controls {
 public:
  Controls(Session& session, const SearchRequest& request, const std::string& cookie) {
    for (const Control& control : request.controls) {
      LDAPControl made{};
      made.ldctl_oid = const_cast<char*>(control.oid.c_str());
      made.ldctl_iscritical = control.critical ? 1 : 0;
      if (control.value) made.ldctl_value = view_of(*control.value);
      made_.push_back(made);
    }
    for (LDAPControl& each : made_) list_.push_back(&each);
    if (request.page_size != 0) {
      berval place = view_of(cookie);
      LDAPControl* page = nullptr;
      const auto size = static_cast<ber_int_t>(std::min(request.page_size, 0x7fffffffU));
      const int code = ldap_create_page_control(session.handle(), size, &place, 1, &page);
      if (code != LDAP_SUCCESS) session.fail(code, "ask for pages");
      page_.reset(page);
      list_.push_back(page);
    }
    list_.push_back(nullptr);
  }

  LDAPControl** get() { return list_.size() > 1 ? list_.data() : nullptr; }

 private:
  struct FreeControl {
    void operator()(LDAPControl* control) const noexcept { ldap_control_free(control); }
  };
  std::vector<LDAPControl> made_;
  std::unique_ptr<LDAPControl, FreeControl> page_;
  std::vector<LDAPControl*> list_;
};

void add_referrals(SearchOutcome& outcome, const std::vector<std::string>& urls) {
  ++outcome.referral_count;
  for (const std::string& url : urls) {
    if (outcome.referrals.size() < kept_referrals) outcome.referrals.push_back(url);
  }
}

void add_reference(const Session& session, SearchOutcome& outcome, LDAPMessage* message) {
  char** urls = nullptr;
  ldap_parse_reference(session.handle(), message, &urls, nullptr, 0);
  add_referrals(outcome, to_strings(StringList(urls)));
}

// Returns where the next page begins; empty after the last one.
std::string next_cookie(const Session& session, const Result& result) {
  LDAPControl* page =
      result.controls ? ldap_control_find(LDAP_CONTROL_PAGEDRESULTS, result.controls.get(), nullptr) : nullptr;
  if (!page) return {};
  ber_int_t estimate = 0;
  berval cookie{};
  if (ldap_parse_pageresponse_control(session.handle(), page, &estimate, &cookie) != LDAP_SUCCESS) return {};
  const CString owned(cookie.bv_val);
  return cookie.bv_val ? std::string(cookie.bv_val, cookie.bv_len) : std::string();
}

void record(SearchOutcome& outcome, const Result& result) {
  outcome.code = static_cast<ResultCode>(result.code);
  outcome.diagnostic = result.diagnostic;
  outcome.matched_dn = result.matched_dn;
  if (!result.referrals.empty() || outcome.code == ResultCode::referral) add_referrals(outcome, result.referrals);
}

// Does one search of its own, or one page. Returns the cookie of the next page.
std::string receive(Session& session, int id, SearchOutcome& outcome, const EntryVisitor& visitor,
                    const std::string& action) {
  Pending pending(session, id);
  Receiver receiver(session, id, action);
  while (true) {
    const Message message = receiver.next();
    switch (ldap_msgtype(message.get())) {
      case LDAP_RES_SEARCH_ENTRY:
        ++outcome.entries;
        visitor(view_entry(session, message.get()));
        break;
      case LDAP_RES_SEARCH_REFERENCE:
        add_reference(session, outcome, message.get());
        break;
      case LDAP_RES_SEARCH_RESULT: {
        pending.end();
        const Result result = parse_result(session, message.get(), action);
        record(outcome, result);
        return next_cookie(session, result);
      }
      default:  // intermediate responses of controls nobody asked us to read
        break;
    }
  }
}

}  // namespace

Receiver::Receiver(Session& session, int id, std::string action)
    : session_(session), id_(id), action_(std::move(action)) {}

Message Receiver::next() {
  constexpr unsigned look_up_every = 256;
  constexpr std::chrono::microseconds nap{300};
  while (true) {
    if (Message message = session_.poll(id_, milliseconds{0}, action_)) {
      if (++since_nap_ % look_up_every == 0) session_.cancel().check();
      return message;
    }
    session_.cancel().check();
    if (since_nap_ == 0) return wait_blocked();
    since_nap_ = 0;
    std::this_thread::sleep_for(nap);
  }
}

Message Receiver::wait_blocked() {
  constexpr milliseconds slice{250};
  const milliseconds silence = session_.options().timeouts.operation;
  const auto deadline = std::chrono::steady_clock::now() + silence;
  while (true) {
    const auto left = std::chrono::ceil<milliseconds>(deadline - std::chrono::steady_clock::now());
    if (Message message = session_.poll(id_, std::clamp(left, milliseconds{0}, slice), action_)) {
      since_nap_ = 1;
      return message;
    }
    session_.cancel().check();
    if (left.count() <= 0) {
      throw LdapError(ResultCode::timeout, session_.uri(), action_,
                      fmt::format("the server said nothing for {}", format_duration(silence)));
    }
  }
}

EntryView view_entry(const Session& session, LDAPMessage* message) {
  berval dn{};
  if (ldap_get_dn_ber(session.handle(), message, nullptr, &dn) != LDAP_SUCCESS) {
    throw LdapError(ResultCode::protocol_error, session.uri(), "read entry", "the entry is malformed BER");
  }
  // The PartialAttributeList lies right behind the DN, and liblber has checked that its header and its content are
  // within the message. Its tag byte is overwritten: liblber ends the DN with a NUL there. To ask liblber for the
  // content costs an allocation.
  const auto* header = reinterpret_cast<const unsigned char*>(dn.bv_val) + dn.bv_len + 1;
  std::size_t length = *header++;
  if (length >= 0x80) {
    std::size_t digits = length - 0x80;
    for (length = 0; digits > 0; --digits) length = length << 8 | *header++;
  }
  return EntryView({dn.bv_val, dn.bv_len}, {reinterpret_cast<const char*>(header), length});
}

int send_search(Session& session, const SearchRequest& request, LDAPControl** controls, const std::string& action) {
  std::vector<char*> names;
  for (const std::string& name : request.attributes) names.push_back(const_cast<char*>(name.c_str()));
  names.push_back(nullptr);
  timeval limit{};
  limit.tv_sec = static_cast<decltype(limit.tv_sec)>(request.time_limit.count());
  int id = 0;
  const int code = ldap_search_ext(session.handle(), request.base.c_str(), scope_number(request.scope),
                                   request.filter.c_str(), names.size() > 1 ? names.data() : nullptr, 0, controls,
                                   nullptr, request.time_limit.count() > 0 ? &limit : nullptr,
                                   request.size_limit > 0 ? request.size_limit : -1 /* as ldap.conf says */, &id);
  if (code == LDAP_FILTER_ERROR)
    throw UsageError(fmt::format("\"{}\" is not a search filter", printable(request.filter)));
  if (code != LDAP_SUCCESS) session.fail(code, action);
  return id;
}

SearchOutcome stream_search(Session& session, const SearchRequest& request, const EntryVisitor& visitor) {
  const std::string action = action_text(request);
  SearchOutcome outcome;
  std::string cookie;
  bool visiting = false;  // the visitor's own LdapError must pass through
  const EntryVisitor guarded = [&](const EntryView& entry) {
    visiting = true;
    visitor(entry);
    visiting = false;
  };
  try {
    session.require_alive(action);
    do {
      Controls controls(session, request, cookie);
      cookie = receive(session, send_search(session, request, controls.get(), action), outcome, guarded, action);
    } while (!cookie.empty() && outcome.code == ResultCode::success);
  } catch (const LdapError& error) {
    if (visiting || (error.code() != ResultCode::server_down && error.code() != ResultCode::timeout)) throw;
    outcome.code = error.code();
    outcome.diagnostic = error.diagnostic();
  }
  return outcome;
}

LdapError error_of(const SearchOutcome& outcome, const std::string& server, const std::string& action) {
  if (outcome.code == ResultCode::success || outcome.code == ResultCode::referral) {
    const std::string urls = outcome.referrals.empty() ? std::string() : ", e.g. " + outcome.referrals.front();
    return LdapError(ResultCode::referral, server, action,
                     fmt::format("{} referrals to other servers{}", outcome.referral_count, urls), outcome.matched_dn);
  }
  return LdapError(outcome.code, server, action, outcome.diagnostic, outcome.matched_dn);
}

}  // namespace replkit::ldap
