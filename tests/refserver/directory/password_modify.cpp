// Password Modify (RFC 3062).
#include <algorithm>

#include "common/base/text.hpp"
#include "tests/refserver/directory/change.hpp"
#include "tests/refserver/directory/entry_rules.hpp"
#include "tests/refserver/directory/lookup.hpp"
#include "tests/refserver/directory/passwords.hpp"
#include "tests/refserver/directory/target.hpp"
#include "tests/refserver/protocol/extended.hpp"
#include "tests/refserver/protocol/refusal.hpp"

namespace replkit::refserver::directory {

using protocol::Refusal;
using protocol::ResultCode;

namespace {

// Returns the DN of the entry whose password is meant: the identity "dn:...", "u:..." or a DN; none: the caller's own.
std::string target_dn(const Call& call, const std::optional<std::string>& identity) {
  if (!identity || identity->empty()) {
    if (!call.caller.anonymous()) return call.caller.dn;
    throw Refusal(ResultCode::stronger_auth_required, "whose password is not said, and nobody is bound");
  }
  if (to_lower(identity->substr(0, 3)) == "dn:") return identity->substr(3);
  if (to_lower(identity->substr(0, 2)) != "u:") return *identity;
  const auto found = call.context.authenticator.authorization_identity(*identity);
  if (!found) throw Refusal(ResultCode::no_such_object, "there is no such user");
  return found->dn;
}

// Who may write userPassword may set it, and need not know the old one; when he gives one, it has to fit.
class PasswordModify : public Change {
 public:
  explicit PasswordModify(const Call& call)
      : call_(call),
        request_(protocol::decode_password_modify(std::get<protocol::ExtendedRequest>(call.message.request))),
        dn_(target_dn(call, request_.identity)),
        key_(dn_key(call.context, dn_)) {
    const auto& security = call.bound.security;
    if (!security.confidential() && !security.loopback) {
      throw Refusal(ResultCode::confidentiality_required, "passwords are changed over TLS or ldapi only");
    }
    require_ordinary(key_);
    const auto& type = known_type(call.context.schema.model(), "userPassword");
    const bool allowed = call.view.all() || call.view.attribute(key_, type).has(access::Right::write);
    require_right(call, allowed, dn_, key_, "change the password");
  }

  std::string_view key() const override { return key_; }
  bool is_slow() const override { return true; }

  void prepare() override {
    const auto& model = call_.context.schema.model();
    const auto snapshot = call_.context.store.snapshot();
    const auto entry = snapshot->load(find_target(call_, *snapshot, dn_, key_));
    if (request_.old_password) {
      const auto* old = entry ? fitting_password(model, *entry, *request_.old_password) : nullptr;
      if (old == nullptr) throw Refusal(ResultCode::unwilling_to_perform, "the old password does not fit");
      old_ = *old;
    }
    if (!request_.new_password) generated_ = auth::generate_password();
    const auto& options = call_.context.options;
    made_ =
        make_password({options.password_cost, options.digest_realm}, generated_ ? *generated_ : *request_.new_password,
                      entry ? uids_of(model, *entry) : std::vector<std::string>());
  }

  Outcome make(store::Writer& writer) override {
    const auto& schema = call_.context.schema;
    auto entry = load_target(call_, writer, dn_, key_);
    if (old_ && !has_password(entry, *old_)) {
      throw Refusal(ResultCode::unwilling_to_perform, "the password has been changed in the meantime");
    }
    Outcome outcome;
    add_pre_read(call_, writer, entry.id, outcome);
    EntryEditor editor(entry, schema, writer.next_csn());
    editor.modify(replacement("userPassword", {made_.hash}), Origin::server);
    if (schema.model().attribute("authPassword") != nullptr) {
      editor.modify(replacement("authPassword", made_.verifiers), Origin::server);
    }
    stamp(call_, editor);
    editor.finish();
    outcome.csn = editor.last_csn();
    writer.put(entry);
    add_post_read(call_, writer, entry.id, outcome);
    if (generated_) outcome.value = protocol::encode_generated_password(*generated_);
    return outcome;
  }

 private:
  static model::Modification replacement(const char* description, std::vector<std::string> values) {
    return {.kind = model::ModifyKind::replace, .description = description, .values = std::move(values)};
  }

  static bool has_password(const store::StoredEntry& entry, const std::string& stored) {
    const auto* attribute = entry.find("userPassword");
    return attribute != nullptr && std::any_of(attribute->values.begin(), attribute->values.end(),
                                               [&](const auto& value) { return value.bytes == stored; });
  }

  const Call& call_;
  const protocol::PasswordModify request_;
  const std::string dn_;
  const std::string key_;
  std::optional<std::string> old_;  // the stored value that the old password fits
  std::optional<Secret> generated_;
  MadePassword made_;
};

}  // namespace

std::unique_ptr<Change> plan_password_modify(const Call& call) {
  return std::make_unique<PasswordModify>(call);
}

}  // namespace replkit::refserver::directory
