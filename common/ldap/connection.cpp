#include "common/ldap/connection.hpp"

#include <fmt/format.h>
#include <poll.h>

#include "common/base/text.hpp"
#include "common/ldap/bind.hpp"
#include "common/ldap/connection_state.hpp"
#include "common/ldap/stream.hpp"
#include "common/ldap/tls.hpp"

namespace replkit::ldap {

Connection::Connection(std::unique_ptr<State> state) : state_(std::move(state)) {}
Connection::Connection(Connection&&) noexcept = default;
Connection& Connection::operator=(Connection&&) noexcept = default;
Connection::~Connection() = default;

Connection Connection::open(const ConnectionOptions& options, const CancelToken& cancel) {
  check_bind_options(options.bind);
  auto state = std::make_unique<State>(options, cancel);
  secure(*state);
  bind(*state);
  state->forget_password();
  state->read_ahead();
  return Connection(std::move(state));
}

bool Connection::has_input() const {
  pollfd socket{.fd = state_->descriptor(), .events = POLLIN, .revents = 0};
  return ::poll(&socket, 1, 0) != 0;
}

const std::string& Connection::uri() const {
  return state_->uri();
}

const std::vector<std::string>& Connection::warnings() const {
  return state_->warnings;
}

bool Connection::is_protected() const {
  return state_->is_local() || state_->has_tls();
}

std::optional<std::string> Connection::who_am_i() {
  const std::string action = "ask who we are";
  state_->require_alive(action);
  int id = 0;
  const int code = ldap_whoami(state_->handle(), nullptr, nullptr, &id);
  if (code != LDAP_SUCCESS) state_->fail(code, action);
  const Message message = state_->wait(id, state_->options().timeouts.operation, action, ResultCode::timeout);
  if (parse_result(*state_, message.get(), action).code != LDAP_SUCCESS) return std::nullopt;
  berval* identity = nullptr;
  const int parsed = ldap_parse_whoami(state_->handle(), message.get(), &identity);
  const BervalPtr owned(identity);
  if (parsed != LDAP_SUCCESS) return std::nullopt;
  return identity ? std::string(identity->bv_val, identity->bv_len) : std::string();
}

SearchOutcome Connection::search(const SearchRequest& request, const EntryVisitor& visitor) {
  return stream_search(*state_, request, visitor);
}

void Connection::read_many(const std::vector<std::string>& dns, const std::vector<std::string>& attributes,
                           const std::function<void(std::size_t, const EntryView*)>& visitor) {
  pipeline_reads(*state_, dns, attributes, visitor);
}

std::optional<model::Entry> Connection::read(const std::string& dn, const std::vector<std::string>& attributes,
                                             const std::string& filter) {
  SearchRequest request;
  request.base = dn;
  request.scope = Scope::base;
  request.filter = filter;
  request.attributes = attributes;
  std::optional<model::Entry> entry;
  const SearchOutcome outcome = search(request, [&](const EntryView& view) { entry = view.copy(); });
  if (outcome.code == ResultCode::no_such_object) return std::nullopt;
  if (!outcome.complete())
    throw error_of(outcome, uri(), fmt::format("read {}", dn.empty() ? "the root DSE" : printable(dn)));
  return entry;
}

}  // namespace replkit::ldap
