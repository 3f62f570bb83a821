#include "tests/refserver/directory/update.hpp"

#include <algorithm>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <thread>
#include <utility>

#include "common/model/dn.hpp"
#include "tests/refserver/directory/answer.hpp"
#include "tests/refserver/directory/audit.hpp"
#include "tests/refserver/directory/change.hpp"
#include "tests/refserver/directory/extension.hpp"
#include "tests/refserver/directory/lookup.hpp"
#include "tests/refserver/directory/worker_pool.hpp"
#include "tests/refserver/protocol/encode.hpp"
#include "tests/refserver/protocol/extended.hpp"
#include "tests/refserver/protocol/refusal.hpp"

namespace replkit::refserver::directory {

using protocol::Refusal;
using protocol::Result;
using protocol::ResultCode;

namespace {

// More changes than this wait neither for the disk nor for a password: a queue that long is answered late anyway.
constexpr std::size_t max_waiting = 4096;

// Returns whose operation it is; null for the directory's own.
Extension* extension_of(const Call& call) {
  const auto* request = std::get_if<protocol::ExtendedRequest>(&call.message.request);
  return request == nullptr ? nullptr : call.context.extensions.find(request->oid);
}

std::unique_ptr<Change> plan(const Call& call) {
  switch (protocol::operation_of(call.message.request)) {
    case protocol::Operation::add:
      return plan_add(call);
    case protocol::Operation::modify:
      return plan_modify(call);
    case protocol::Operation::remove:
      return plan_delete(call);
    case protocol::Operation::modify_dn:
      return plan_modify_dn(call);
    default:
      if (auto* extension = extension_of(call)) return extension->plan(call);
      return plan_password_modify(call);
  }
}

// --- What the audit trail is told ---

void describe(const protocol::AddRequest& request, AuditRecord& record) {
  record.operation = "add";
  record.dn = request.dn;
  for (const auto& attribute : request.attributes) record.attributes.push_back(attribute.description);
}

void describe(const protocol::ModifyRequest& request, AuditRecord& record) {
  record.operation = "modify";
  record.dn = request.dn;
  for (const auto& change : request.changes) {
    auto& seen = record.attributes;
    if (std::find(seen.begin(), seen.end(), change.description) == seen.end()) seen.push_back(change.description);
  }
}

void describe(const protocol::DeleteRequest& request, AuditRecord& record) {
  record.operation = "delete";
  record.dn = request.dn;
}

void describe(const protocol::ModifyDnRequest& request, AuditRecord& record) {
  record.operation = "modifyDN";
  record.dn = request.dn;
  record.new_dn = request.new_rdn;
  const auto superior = request.new_superior ? std::string_view(*request.new_superior) : model::parent_of(request.dn);
  if (!superior.empty()) record.new_dn.append(",").append(superior);
}

void describe(const protocol::ExtendedRequest& request, AuditRecord& record) {
  record.operation = "passwordModify";
  record.dn = record.caller->dn;
  record.attributes = {"userPassword"};
  try {
    const auto identity = protocol::decode_password_modify(request).identity;
    if (identity && !identity->empty()) record.dn = *identity;
  } catch (const protocol::ProtocolError&) {
    record.dn.clear();
  }
}

template <typename Other>
void describe(const Other&, AuditRecord&) {}

void describe(const Call& call, AuditRecord& record) {
  if (const auto* extension = extension_of(call)) return extension->describe(call, record);
  std::visit([&](const auto& request) { describe(request, record); }, call.message.request);
}

void record(const Call& call, const Result& result, const Outcome& outcome) {
  if (call.context.audit == nullptr) return;
  AuditRecord record;
  record.time = call.context.clock.now();
  record.caller = &call.caller;
  if (call.bound.key != call.caller.key) record.authenticated_dn = call.bound.dn;
  describe(call, record);
  record.write_unwriteable = call.controls.write_unwriteable;
  record.result = result.code;
  if (outcome.csn) record.csn = outcome.csn->text();
  call.context.audit->record(record);
}

void append_response(std::string& out, const Call& call, const Result& result, const Outcome& outcome) {
  const auto operation = protocol::operation_of(call.message.request);
  if (operation == protocol::Operation::extended) {
    const auto* extension = extension_of(call);
    const auto& name = std::get<protocol::ExtendedRequest>(call.message.request).oid;
    protocol::encode_extended_response(out, call.message.id, result,
                                       extension == nullptr ? std::nullopt : std::optional<std::string_view>(name),
                                       outcome.value, outcome.controls);
  } else {
    protocol::encode_result(out, call.message.id, operation, result, outcome.controls);
  }
}

// --- What extensions are told ---

std::vector<std::string> classes_of(const protocol::AddRequest& request, const model::Schema& schema) {
  const auto* wanted = schema.attribute("objectClass");
  for (const auto& attribute : request.attributes) {
    if (schema.attribute(model::base_type(attribute.description)) == wanted) return attribute.values;
  }
  return {};
}

LocalChange local_change(const Call& call, const Change& change) {
  const auto& context = call.context;
  AuditRecord described;
  described.caller = &call.caller;
  describe(call, described);
  LocalChange out;
  out.operation = protocol::operation_of(call.message.request);
  const bool is_extended = out.operation == protocol::Operation::extended;
  out.key = is_extended ? std::string(change.key()) : dn_key(context, described.dn);
  if (change.is_removal()) out.operation = protocol::Operation::remove;
  if (!described.new_dn.empty()) out.new_key = dn_key(context, described.new_dn);
  out.attributes = std::move(described.attributes);
  if (const auto* add = std::get_if<protocol::AddRequest>(&call.message.request)) {
    out.classes = classes_of(*add, context.schema.model());
  }
  out.forced = call.controls.write_unwriteable || change.is_forced();
  return out;
}

// --- One change under way ---

// Shared by the operation that a session holds and by the thread that works on it.
class Job {
 public:
  Job(Call call, Wake wake) : call_(std::move(call)), wake_(std::move(wake)) {}

  const Call& call() const { return call_; }
  Change& change() { return *change_; }
  void plan_it() {
    change_ = plan(call_);
    if (!call_.context.extensions.all().empty()) about_ = local_change(call_, *change_);
  }

  // Returns false when it was stopped before.
  bool begin_writing() {
    const std::lock_guard lock(mutex_);
    if (phase_ == Phase::stopped) return false;
    phase_ = Phase::writing;
    return true;
  }

  void make(store::Writer& writer) {
    about_.csn = {};
    for (const auto& extension : call_.context.extensions.all()) extension->check(call_, writer, about_);
    outcome_ = change_->make(writer);
    if (!outcome_.csn && !outcome_.edited) return;
    if (outcome_.csn) about_.csn = *outcome_.csn;
    for (const auto& extension : call_.context.extensions.all()) extension->made(about_);
  }

  void announce() {
    if (!outcome_.csn && !outcome_.edited) return;
    for (const auto& extension : call_.context.extensions.all()) extension->changed(about_);
  }

  // Takes the result, which goes to the audit trail before the client hears of it.
  void end(Result result) {
    if (result.code != ResultCode::success) outcome_ = {};
    record(call_, result, outcome_);
    {
      const std::lock_guard lock(mutex_);
      result_ = std::move(result);
      phase_ = Phase::ended;
    }
    wake_();
  }

  bool stop() {
    const std::lock_guard lock(mutex_);
    if (phase_ != Phase::preparing) return false;
    phase_ = Phase::stopped;
    record(call_, {.code = ResultCode::canceled, .matched_dn = {}, .diagnostic = {}, .referrals = {}}, {});
    return true;
  }

  // Appends the response, once there is one.
  bool take_response(std::string& out) {
    {
      const std::lock_guard lock(mutex_);
      if (phase_ != Phase::ended) return false;
    }
    append_response(out, call_, result_, outcome_);
    return true;
  }

 private:
  enum class Phase : std::uint8_t { preparing, writing, ended, stopped };

  const Call call_;
  const Wake wake_;
  std::unique_ptr<Change> change_;
  LocalChange about_;
  Outcome outcome_;
  std::mutex mutex_;  // of what follows
  Phase phase_ = Phase::preparing;
  Result result_;
};

class UpdateOperation : public Operation {
 public:
  explicit UpdateOperation(std::shared_ptr<Job> job) : job_(std::move(job)) {}

  State step(std::string& out, std::size_t) override { return job_->take_response(out) ? State::done : State::waiting; }
  bool stop() override { return job_->stop(); }

 private:
  std::shared_ptr<Job> job_;
};

}  // namespace

class Updates::Impl {
 public:
  Impl() : pool_(std::clamp(std::thread::hardware_concurrency(), 1U, 4U)) {}

  ~Impl() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return waiting_ == 0; });
  }

  std::unique_ptr<Operation> start(Call call, Wake wake) {
    const auto job = std::make_shared<Job>(std::move(call), std::move(wake));
    try {
      check_audit(job->call());
      job->plan_it();
      enter();
    } catch (...) {
      const auto result = current_exception_result();
      record(job->call(), result, {});
      std::string response;
      append_response(response, job->call(), result, {});
      return answered(std::move(response));
    }
    if (job->change().is_slow()) {
      pool_.submit([this, job] { prepare(job); });
    } else {
      write(job);
    }
    return std::make_unique<UpdateOperation>(job);
  }

 private:
  static void check_audit(const Call& call) {
    if (call.context.audit == nullptr) return;
    if (const auto why = call.context.audit->refuses()) {
      throw Refusal(ResultCode::unavailable, "the change could not be recorded: " + *why);
    }
  }

  void enter() {
    const std::lock_guard lock(mutex_);
    if (waiting_ == max_waiting) throw Refusal(ResultCode::busy, "too many changes are waiting");
    ++waiting_;
  }

  void leave() {
    const std::lock_guard lock(mutex_);
    --waiting_;
    changed_.notify_all();
  }

  void prepare(const std::shared_ptr<Job>& job) {
    try {
      job->change().prepare();
    } catch (...) {
      const auto result = current_exception_result();
      if (job->begin_writing()) job->end(result);
      return leave();
    }
    write(job);
  }

  void write(const std::shared_ptr<Job>& job) {
    if (!job->begin_writing()) return leave();
    job->call().context.store.submit([job](store::Writer& writer) { job->make(writer); },
                                     [this, job](std::exception_ptr error) { finish(*job, std::move(error)); });
  }

  void finish(Job& job, std::exception_ptr error) {
    job.end(result_of([&] {
      if (error) std::rethrow_exception(error);
      job.announce();
      return Result();
    }));
    leave();
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t waiting_ = 0;  // changes that are neither answered nor stopped
  WorkerPool pool_;          // the first to go
};

Updates::Updates() : impl_(std::make_unique<Impl>()) {}
Updates::~Updates() = default;

std::unique_ptr<Operation> Updates::start(Call call, Wake wake) {
  return impl_->start(std::move(call), std::move(wake));
}

}  // namespace replkit::refserver::directory
