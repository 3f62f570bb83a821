#include "tests/unit/refserver/directory/update_testing.hpp"

#include <condition_variable>

#include "common/base/text.hpp"
#include "common/model/dn.hpp"
#include "tests/refserver/directory/lookup.hpp"
#include "tests/refserver/protocol/oids.hpp"

namespace replkit::refserver::directory {

using protocol::ResultCode;

struct Alarm {
  std::mutex mutex;
  std::condition_variable changed;
  bool rung = false;

  void ring() {
    const std::lock_guard lock(mutex);
    rung = true;
    changed.notify_all();
  }

  bool wait() {
    std::unique_lock lock(mutex);
    const bool in_time = changed.wait_for(lock, std::chrono::seconds(60), [this] { return rung; });
    rung = false;
    return in_time;
  }
};

void RecordingAudit::record(const AuditRecord& record) noexcept {
  const std::lock_guard lock(mutex_);
  records_.push_back(record);
  callers_.push_back(record.caller->dn);
  records_.back().caller = nullptr;
}

std::vector<std::string> RecordingAudit::lines() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> out;
  for (std::size_t i = 0; i < records_.size(); ++i) {
    const auto& record = records_[i];
    out.push_back(callers_[i] + " " + record.operation + " " + record.dn + " " +
                  std::to_string(static_cast<int>(record.result)));
  }
  return out;
}

AuditRecord RecordingAudit::last() const {
  const std::lock_guard lock(mutex_);
  return records_.back();
}

namespace {

std::shared_ptr<const access::Policy> make_policy() {
  using access::Right;
  access::Rule administrators;
  administrators.who = {"administrators"};
  administrators.rights = access::Rights::all();
  access::Rule bob_hidden;
  bob_hidden.who = {"*"};
  bob_hidden.target = {"base:" + bob};
  access::Rule ann_writes;
  ann_writes.who = {"dn:" + ann};
  ann_writes.target = {"subtree:" + people};
  ann_writes.attributes = {"description", "userPassword"};
  ann_writes.rights = access::Rights(Right::read) | Right::search | Right::write;
  access::Rule all_read;
  all_read.who = {"users"};
  all_read.target = {"subtree:" + people};
  all_read.rights = access::Rights(Right::read) | Right::search | Right::compare;
  return std::make_shared<access::Policy>(std::vector{administrators, bob_hidden, ann_writes, all_read},
                                          test_schema().model());
}

}  // namespace

UpdateTest::UpdateTest() {
  store::StoreOptions store_options;
  store_options.directory = folder_ / "db";
  store_options.durability = store::Durability::none;
  store_options.indexes = {{.attribute = "cn", .presence = true, .equality = true, .substring = true},
                           {.attribute = "objectClass", .equality = true}};
  store_ = std::make_unique<store::Store>(store_options, test_schema(), clock_);
  auth::AuthOptions auth_options;
  auth_options.administrators.push_back({.dn = "cn=root", .password = ""});
  auth_options.maps.push_back({.pattern = "uid=(.*),cn=auth", .dn = "cn=$1," + people});
  authenticator_ = std::make_unique<auth::Authenticator>(auth_options, test_schema(), *store_);
  DirectoryOptions options;
  options.contexts = {base, "o=Other"};
  options.password_cost = {.argon2_memory_kib = 64, .argon2_passes = 1, .scram_iterations = 4096};
  options.tree_delete_limit = 50;
  context_ =
      std::make_unique<Context>(test_schema(), *store_, *authenticator_, make_policy(), &audit_, clock_, options);
  updates_ = std::make_unique<Updates>();
  EXPECT_EQ(add(base, {"objectClass: domain"}).code, ResultCode::success);
  EXPECT_EQ(add(people, {"objectClass: organizationalUnit"}).code, ResultCode::success);
  EXPECT_EQ(add_person(ann).code, ResultCode::success);
  EXPECT_EQ(add_person(bob).code, ResultCode::success);
}

UpdateTest::~UpdateTest() {
  updates_.reset();
  EXPECT_EQ(store_->check(10), std::vector<std::string>());
}

access::Caller UpdateTest::root() {
  auto out = bound("cn=root");
  out.administrator = true;
  return out;
}

access::Caller UpdateTest::bound(const std::string& dn) {
  access::Caller out;
  out.dn = dn;
  model::normalize_dn(dn, test_schema().model(), out.key);
  out.mechanism = dn.empty() ? "" : "simple";
  out.security.loopback = true;
  return out;
}

UpdateTest::Pending UpdateTest::start(protocol::Request request, std::vector<protocol::Control> controls) {
  Pending out;
  out.alarm = std::make_shared<Alarm>();
  auto call = make_call(*context_, caller_, {.id = 7, .request = std::move(request), .controls = std::move(controls)});
  out.operation = updates_->start(std::move(call), [alarm = out.alarm] { alarm->ring(); });
  return out;
}

protocol::ResponseMessage UpdateTest::wait(Pending& pending) {
  std::string out;
  while (pending.operation->step(out, 65536) == Operation::State::waiting) {
    if (!pending.alarm->wait()) {
      ADD_FAILURE() << "no answer within a minute";
      return {};
    }
  }
  return protocol::decode_response(out);
}

protocol::ResponseMessage UpdateTest::send(protocol::Request request, std::vector<protocol::Control> controls) {
  auto pending = start(std::move(request), std::move(controls));
  return wait(pending);
}

protocol::Result UpdateTest::add(const std::string& dn, const std::vector<std::string>& lines,
                                 const std::vector<protocol::Control>& controls) {
  return send(protocol::AddRequest{.dn = dn, .attributes = attributes_of(lines)}, controls).result;
}

protocol::Result UpdateTest::add_person(const std::string& dn, const std::vector<std::string>& more) {
  std::vector<std::string> lines{"objectClass: inetOrgPerson", "sn: Lee"};
  if (to_lower(dn).substr(0, 3) != "cn=") lines.push_back("cn: Somebody");
  lines.insert(lines.end(), more.begin(), more.end());
  return add(dn, lines);
}

protocol::Result UpdateTest::modify(const std::string& dn, const std::vector<model::Modification>& changes,
                                    const std::vector<protocol::Control>& controls) {
  return send(protocol::ModifyRequest{.dn = dn, .changes = changes}, controls).result;
}

protocol::Result UpdateTest::remove(const std::string& dn, const std::vector<protocol::Control>& controls) {
  return send(protocol::DeleteRequest{.dn = dn}, controls).result;
}

protocol::Result UpdateTest::rename(const std::string& dn, const std::string& rdn, bool delete_old,
                                    const std::optional<std::string>& superior,
                                    const std::vector<protocol::Control>& controls) {
  return send(
             protocol::ModifyDnRequest{
                 .dn = dn, .new_rdn = rdn, .delete_old_rdn = delete_old, .new_superior = superior},
             controls)
      .result;
}

bool UpdateTest::exists(const std::string& dn) const {
  return store_->snapshot()->find(dn_key(*context_, dn)) != store::no_entry;
}

store::StoredEntry UpdateTest::load(const std::string& dn) const {
  const auto snapshot = store_->snapshot();
  auto entry = snapshot->load(snapshot->find(dn_key(*context_, dn)));
  EXPECT_TRUE(entry) << dn;
  return entry.value_or(store::StoredEntry());
}

std::vector<std::string> UpdateTest::values(const std::string& dn, std::string_view description) const {
  return values_of(load(dn), description);
}

std::uint64_t UpdateTest::entries() const {
  return store_->snapshot()->entry_count();
}

protocol::Control control(std::string_view oid) {
  return {.oid = std::string(oid), .critical = true, .value = {}};
}

}  // namespace replkit::refserver::directory
