// Add (RFC 4511 4.7).
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

#include "common/base/text.hpp"
#include "tests/refserver/directory/attribute_key.hpp"
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

// Puts the update's CSN on all of an entry that was made before it was known.
void set_csn(store::StoredEntry& entry, const ldup::Csn& csn) {
  entry.csn = entry.rdn_csn = entry.superior_csn = csn;
  for (auto& attribute : entry.attributes) {
    for (auto& value : attribute.values) value.csn = csn;
  }
}

// Everything about the entry itself is made and checked before the writer has it.
class Add : public Change {
 public:
  explicit Add(const Call& call)
      : call_(call),
        request_(std::get<protocol::AddRequest>(call.message.request)),
        key_(dn_key(call.context, request_.dn)),
        dn_(model::Dn::parse(request_.dn)),
        attributes_(request_.attributes) {
    if (key_.empty() || is_subschema(key_)) throw Refusal(ResultCode::entry_already_exists, "the server's own entry");
    for (const auto& attribute : attributes_) {
      if (attribute_key(model(), attribute.description) == "objectclass") {
        managed_ = managed_classes(model(), attribute.values);
      }
    }
    check_rights();
    require_write_unwriteable(call, key_);
    for (const auto& attribute : attributes_) {
      const auto& type = known_type(model(), attribute.description);
      if (!type.no_user_modification || (call_.controls.relax && may_be_given(attribute.description))) continue;
      if (may_be_added(managed_, type)) continue;
      if (call_.controls.write_unwriteable && is_writeable_with_control(type)) continue;
      throw Refusal(ResultCode::constraint_violation,
                    fmt::format("{}: the server maintains it", attribute.description));
    }
    add_managed_defaults(model(), managed_, request_.dn, attributes_);
    for (auto& each : attributes_) name_protocols_by_oid(model(), each.description, each.values);
    uuid_ = take_uuid(attributes_);
    if (!is_slow()) make_content();
  }

  bool is_slow() const override { return has_clear_password(model(), attributes_); }

  void prepare() override {
    const auto& options = call_.context.options;
    hash_passwords(model(), {options.password_cost, options.digest_realm}, attributes_);
    make_content();
  }

  Outcome make(store::Writer& writer) override {
    auto entry = entry_;
    entry.superior = find_new_place(call_, writer, request_.dn, key_);
    const auto former = uuid_ ? find_former(writer, *uuid_) : Former();
    entry.id = former.id;
    if (entry.superior == store::no_entry) entry.rdn = dn_.text();
    check_managed(call_, writer, entry, request_.dn, entry.superior);
    Outcome outcome;
    outcome.csn = writer.next_csn();
    set_csn(entry, *outcome.csn);
    const auto id = store::put_named(writer, model(), entry, former.place).id;
    check_assertion(call_, writer, id);
    add_post_read(call_, writer, id, outcome);
    return outcome;
  }

 private:
  const model::Schema& model() const { return call_.context.schema.model(); }

  // What an administrator who restores an entry may give it.
  static bool may_be_given(std::string_view description) {
    constexpr std::array<std::string_view, 5> names{"entryUUID", "creatorsName", "createTimestamp", "modifiersName",
                                                    "modifyTimestamp"};
    return std::any_of(names.begin(), names.end(),
                       [&](std::string_view name) { return equals_ignore_case(name, description); });
  }

  // The right to create an entry covers all that stands in it. Whether an entry has the name already is told only to
  // those who have it.
  void check_rights() const {
    const auto rights = call_.view.all() ? access::Rights::all() : call_.view.entry(key_);
    if (may_manage(call_, key_, managed_, access::Right::create)) {
      if (!call_.controls.relax || rights.has(access::Right::metadata_write)) return;
      throw Refusal(ResultCode::insufficient_access_rights, "not allowed to relax the rules for this entry");
    }
    const auto snapshot = call_.context.store.snapshot();
    refer_if_below_referral(call_, *snapshot, request_.dn, key_, false);
    const auto superior = snapshot->locate(key_).superior;
    const bool below = superior != store::no_entry && call_.may_see(model::parent_of(key_));
    if (!below && !may_be_top(call_, *snapshot, key_)) throw not_there(call_, *snapshot, request_.dn, key_);
    throw Refusal(ResultCode::insufficient_access_rights, "not allowed to add this entry");
  }

  void make_content() {
    entry_ = make_entry(call_.context.schema, dn_.rdns().front(), attributes_, ldup::Csn());
    entry_.uuid = uuid_.value_or(model::Uuid::random());
    entry_.rdn = model::rdn_text(dn_.rdns().front());
    const auto now = format_generalized_time(call_.context.clock.now());
    set("structuralObjectClass", structural_class(entry_, call_.context.schema));
    set("creatorsName", call_.caller.dn);
    set("createTimestamp", now);
    set("modifiersName", call_.caller.dn);
    set("modifyTimestamp", now);
    check_entry(entry_, call_.context.schema);
  }

  void set(std::string_view description, std::string value) {
    if (entry_.find(description) != nullptr) return;  // given
    auto& attribute = entry_.attributes.emplace_back();
    attribute.description = description;
    attribute.values.push_back({.bytes = std::move(value), .csn = {}});
  }

  const Call& call_;
  const protocol::AddRequest& request_;
  const std::string key_;
  const model::Dn dn_;
  std::vector<model::Attribute> attributes_;  // without entryUUID
  ManagedClasses managed_;
  std::optional<model::Uuid> uuid_;  // given
  store::StoredEntry entry_;
};

}  // namespace

std::unique_ptr<Change> plan_add(const Call& call) {
  return std::make_unique<Add>(call);
}

}  // namespace replkit::refserver::directory
