#include "tests/unit/refserver/session/fakes.hpp"

#include <fmt/format.h>

#include <thread>

#include "common/base/text.hpp"
#include "tests/refserver/protocol/encode.hpp"
#include "tests/refserver/protocol/oids.hpp"

namespace replkit::refserver::session::testing_ {

namespace {

using protocol::ResultCode;

std::string subject_of(const protocol::Request& request) {
  if (const auto* search = std::get_if<protocol::SearchRequest>(&request)) return search->base;
  if (const auto* modify = std::get_if<protocol::ModifyRequest>(&request)) return modify->dn;
  if (const auto* remove = std::get_if<protocol::DeleteRequest>(&request)) return remove->dn;
  return {};
}

std::size_t number_after(const std::string& text, std::string_view prefix) {
  return text.starts_with(prefix) ? parse_uint(text.substr(prefix.size())).value_or(0) : 0;
}

}  // namespace

class FakeOperation : public directory::Operation {
 public:
  FakeOperation(FakeService& service, const access::Caller& caller, protocol::RequestMessage message)
      : service_(service), caller_(caller), message_(std::move(message)), subject_(subject_of(message_.request)) {
    ++service_.alive;
    ++service_.started;
    left_ = number_after(subject_, "entries=") + number_after(subject_, "big=");
    value_.assign(subject_.starts_with("big=") ? 1000 : 10, 'v');
    waits_ = subject_ == "hang" || subject_ == "stuck" || subject_ == "late";
  }
  FakeOperation(const FakeOperation&) = delete;
  FakeOperation& operator=(const FakeOperation&) = delete;
  ~FakeOperation() override { --service_.alive; }

  State step(std::string& out, std::size_t limit) override {
    ++service_.steps;
    if (subject_ == "step") throw std::runtime_error("step failed");
    if (waits_ && !service_.released()) {
      if (subject_ != "late" || ++late_steps_ < 2) return State::waiting;
    }
    const auto before = out.size();
    for (; left_ > 0; --left_) {
      if (out.size() - before >= limit) return State::more;
      model::Entry entry;
      entry.dn = fmt::format("cn={}", left_);
      entry.attributes.push_back({"description", {value_}});
      protocol::encode_entry(out, message_.id, entry);
    }
    answer(out);
    return State::done;
  }

  bool stop() override {
    if (subject_ == "stuck") return false;
    ++service_.stopped;
    return true;
  }

 private:
  void answer(std::string& out) {
    if (const auto* extended = std::get_if<protocol::ExtendedRequest>(&message_.request)) {
      std::string value = "dn:" + caller_.dn;
      if (extended->oid == "1.2.3") {
        const auto& security = caller_.security;
        value = fmt::format("tls={} local={} loopback={} strength={} subject={} uid={} peer={}", security.tls,
                            security.local, security.loopback, security.strength, security.certificate_subject,
                            security.peer_uid.value_or(0), security.peer);
      }
      protocol::encode_extended_response(out, message_.id, {}, std::nullopt, value);
    } else {
      protocol::encode_result(out, message_.id, protocol::operation_of(message_.request), {});
    }
  }

  FakeService& service_;
  const access::Caller caller_;
  const protocol::RequestMessage message_;
  const std::string subject_;
  std::string value_;
  std::size_t left_ = 0;
  bool waits_ = false;
  int late_steps_ = 0;
};

FakeService::~FakeService() = default;

std::unique_ptr<directory::Operation> FakeService::start(const access::Caller& caller, protocol::RequestMessage request,
                                                         directory::Wake wake) {
  const auto subject = subject_of(request.request);
  if (subject == "null") return nullptr;
  if (subject == "throw") throw std::runtime_error("start failed");
  if (subject == "late") {
    std::thread([wake] { wake(); }).join();
  } else if (subject == "hang" || subject == "stuck") {
    const std::lock_guard lock(mutex_);
    wakes_.push_back(std::move(wake));
  }
  return std::make_unique<FakeOperation>(*this, caller, std::move(request));
}

void FakeService::forget(std::uint64_t) {
  ++forgotten;
}

void FakeService::rebind(std::uint64_t) {
  ++rebound;
  grouped = false;
}

bool FakeService::is_grouped(std::uint64_t) const {
  return grouped;
}

void FakeService::release() {
  const std::lock_guard lock(mutex_);
  released_ = true;
  for (const auto& wake : wakes_) wake();
}

// --- Binds ---

namespace {

auth::BindOutcome refuse(ResultCode code) {
  return {protocol::Result{code, {}, "refused", {}}, std::nullopt, std::nullopt};
}

auth::BindOutcome accept(const std::string& dn, const std::string& mechanism) {
  auth::BindOutcome out;
  if (!dn.empty()) {
    out.caller.emplace();
    out.caller->dn = out.caller->key = dn;
    out.caller->mechanism = mechanism;
  } else {
    out.caller.emplace();
  }
  return out;
}

class TwoSteps : public auth::SaslExchange {
 public:
  auth::BindOutcome step(const std::optional<Secret>& credentials) override {
    if (!challenged_) {
      challenged_ = true;
      auth::BindOutcome out;
      out.result.code = ResultCode::sasl_bind_in_progress;
      out.server_credentials = "challenge";
      return out;
    }
    const bool is_right = credentials && credentials->reveal() == "right";
    return is_right ? accept("cn=sasl", "TWO-STEP") : refuse(ResultCode::invalid_credentials);
  }

 private:
  bool challenged_ = false;
};

class External : public auth::SaslExchange {
 public:
  explicit External(const access::Security& security) : security_(security) {}
  auth::BindOutcome step(const std::optional<Secret>&) override {
    if (!security_.certificate_subject.empty()) return accept(security_.certificate_subject, "EXTERNAL");
    if (security_.peer_uid) return accept(fmt::format("cn=peer+uid={}", *security_.peer_uid), "EXTERNAL");
    return refuse(ResultCode::inappropriate_authentication);
  }

 private:
  const access::Security security_;
};

}  // namespace

auth::BindOutcome FakeBinder::simple(const std::string& dn, const Secret& password, const access::Security&) {
  ++binds;
  if (dn == "cn=throw") throw std::runtime_error("bind failed");
  if (dn == "cn=slow") {
    ++waiting;
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return released_; });
    --waiting;
  }
  if (dn.empty() && password.empty()) return accept({}, {});
  if (password.reveal() == "secret") return accept(dn, "simple");
  return refuse(ResultCode::invalid_credentials);
}

std::unique_ptr<auth::SaslExchange> FakeBinder::begin(const std::string& mechanism, const access::Security& security) {
  ++binds;
  if (mechanism == "TWO-STEP") return std::make_unique<TwoSteps>();
  if (mechanism == "EXTERNAL") return std::make_unique<External>(security);
  return nullptr;
}

void FakeBinder::release() {
  const std::lock_guard lock(mutex_);
  released_ = true;
  changed_.notify_all();
}

// --- Observer ---

void FakeObserver::note(std::string line) {
  const std::lock_guard lock(mutex_);
  lines_.push_back(std::move(line));
}

void FakeObserver::connected(std::uint64_t connection, const access::Security& security) {
  ++connections;
  note(fmt::format("{} connected {}", connection, security.peer));
}

void FakeObserver::refused(const std::string& peer, std::string_view reason) {
  note(fmt::format("refused {}: {}", peer, reason));
}

void FakeObserver::secured(std::uint64_t connection, const access::Security& security) {
  note(fmt::format("{} secured {} {}", connection, security.strength, security.certificate_subject));
}

void FakeObserver::started(const access::Caller& caller, const RequestInfo& request) {
  note(fmt::format("{} started {} {} {} [{}] by \"{}\"", caller.connection, request.id,
                   static_cast<int>(request.operation), request.name, request.detail, caller.dn));
}

void FakeObserver::finished(const access::Caller& caller, const RequestInfo& request, const RequestEnd& end) {
  const auto code = end.code ? std::to_string(static_cast<int>(*end.code)) : "none";
  note(fmt::format("{} finished {} code={} entries={} as \"{}\"", caller.connection, request.id, code, end.entries,
                   caller.dn));
}

void FakeObserver::disconnected(std::uint64_t connection, std::string_view reason) {
  note(fmt::format("{} disconnected: {}", connection, reason));
  ++disconnections;
}

void FakeObserver::trouble(std::string_view what) {
  note(fmt::format("trouble: {}", what));
}

std::vector<std::string> FakeObserver::lines() const {
  const std::lock_guard lock(mutex_);
  return lines_;
}

bool FakeObserver::has(std::string_view text) const {
  const std::lock_guard lock(mutex_);
  for (const auto& line : lines_) {
    if (line.find(text) != line.npos) return true;
  }
  return false;
}

}  // namespace replkit::refserver::session::testing_
