// Modify (RFC 4511 4.6, RFC 4525).
#include <fmt/format.h>

#include <algorithm>

#include "tests/refserver/directory/change.hpp"
#include "tests/refserver/directory/entry_rules.hpp"
#include "tests/refserver/directory/lookup.hpp"
#include "tests/refserver/directory/managed.hpp"
#include "tests/refserver/directory/passwords.hpp"
#include "tests/refserver/directory/target.hpp"
#include "tests/refserver/protocol/refusal.hpp"
#include "tests/refserver/store/naming.hpp"

namespace replkit::refserver::directory {

using protocol::Refusal;
using protocol::ResultCode;

namespace {

constexpr std::string_view object_class_oid = "2.5.4.0";

class Modify : public Change {
 public:
  explicit Modify(const Call& call)
      : call_(call),
        request_(std::get<protocol::ModifyRequest>(call.message.request)),
        key_(dn_key(call.context, request_.dn)) {
    require_ordinary(key_);
    managed_ = managed_classes(call, key_);
    for (const auto& change : request_.changes) {
      const auto& type = known_type(model(), change.description);
      require_right(call, may_change(change, type), request_.dn, key_, fmt::format("change {}", type.key));
    }
    require_write_unwriteable(call, key_);
    // Without a modification there is none that would need a right.
    if (request_.changes.empty()) require_right(call, call.may_see(key_), request_.dn, key_, "look at the entry");
    if (!touches_passwords()) changes_ = without_passwords(request_.changes);
  }

  bool is_slow() const override { return touches_passwords(); }

  // The values to delete are looked for now; when the entry has lost them in the meantime, make() will not find them.
  void prepare() override {
    const auto snapshot = call_.context.store.snapshot();
    const auto entry = snapshot->load(find_target(call_, *snapshot, request_.dn, key_));
    const auto& options = call_.context.options;
    changes_ = hash_passwords(call_.context.schema, {options.password_cost, options.digest_realm}, request_.changes,
                              entry ? *entry : store::StoredEntry());
  }

  Outcome make(store::Writer& writer) override {
    auto entry = load_target(call_, writer, request_.dn, key_);
    if (managed_classes(model(), entry) != managed_) throw Refusal(ResultCode::busy, "the entry has just changed");
    Outcome outcome;
    add_pre_read(call_, writer, entry.id, outcome);
    if (!changes_.empty()) {
      const auto place = store::place_of(entry);
      EntryEditor editor(entry, call_.context.schema, writer.next_csn());
      for (auto& [change, origin] : changes_) {
        name_protocols_by_oid(model(), change.description, change.values);
        editor.modify(change, origin_of(change, origin));
      }
      stamp(call_, editor);
      editor.finish();
      check_managed(call_, writer, entry, request_.dn, entry.superior);
      outcome.csn = editor.last_csn();
      store::put_named(writer, model(), entry, place);
    }
    add_post_read(call_, writer, entry.id, outcome);
    return outcome;
  }

 private:
  const model::Schema& model() const { return call_.context.schema.model(); }

  // Entries of replication are changed as a whole by whoever manages it; what makes another entry the top of an area
  // too.
  bool may_change(const model::Modification& change, const model::AttributeType& type) const {
    if (call_.view.all()) return true;
    if (managed_.entry()) return may_manage_replication(call_, key_);
    if (type.no_user_modification && call_.controls.write_unwriteable) return true;  // see the right to that
    const bool may_write = call_.view.attribute(key_, type).has(access::Right::write);
    if (type.oid != object_class_oid) return may_write;
    const bool whole = change.kind == model::ModifyKind::replace || change.values.empty();
    const bool names_context = managed_classes(model(), change.values).context;
    if (!names_context && !(whole && managed_.context)) return may_write;
    return may_manage_replication(call_, key_) && (may_write || (!whole && change.values.size() == 1));
  }

  Origin origin_of(const model::Modification& change, Origin origin) const {
    const auto& type = known_type(model(), change.description);
    const bool lifted =
        may_be_modified(managed_, type) || (call_.controls.write_unwriteable && is_writeable_with_control(type));
    return lifted ? Origin::server : origin;
  }

  bool touches_passwords() const {
    return std::any_of(request_.changes.begin(), request_.changes.end(),
                       [&](const model::Modification& change) { return is_password(model(), change.description); });
  }

  const Call& call_;
  const protocol::ModifyRequest& request_;
  const std::string key_;
  ManagedClasses managed_;  // when it was looked at first
  std::vector<OwnedModification> changes_;
};

}  // namespace

std::unique_ptr<Change> plan_modify(const Call& call) {
  return std::make_unique<Modify>(call);
}

}  // namespace replkit::refserver::directory
