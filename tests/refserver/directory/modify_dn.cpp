// Modify DN (RFC 4511 4.9). Subordinates follow by themselves: the store keeps of each entry its RDN and its superior.
#include "tests/refserver/directory/change.hpp"
#include "tests/refserver/directory/entry_rules.hpp"
#include "tests/refserver/directory/lookup.hpp"
#include "tests/refserver/directory/managed.hpp"
#include "tests/refserver/directory/target.hpp"
#include "tests/refserver/protocol/refusal.hpp"
#include "tests/refserver/store/naming.hpp"

namespace replkit::refserver::directory {

using protocol::Refusal;
using protocol::ResultCode;

namespace {

model::Rdn parse_rdn(std::string_view text) {
  try {
    const auto dn = model::Dn::parse(text);
    if (dn.size() == 1) return dn.rdns().front();
  } catch (const ParseError&) {
  }
  throw Refusal(ResultCode::invalid_dn_syntax, "the new RDN is no RDN");
}

// Renaming needs the right to rename the entry, and to create one of its new name. The naming attributes change with
// it, whoever may write them otherwise.
class ModifyDn : public Change {
 public:
  explicit ModifyDn(const Call& call)
      : call_(call),
        request_(std::get<protocol::ModifyDnRequest>(call.message.request)),
        key_(dn_key(call.context, request_.dn)),
        rdn_(parse_rdn(request_.new_rdn)) {
    require_ordinary(key_);
    check_naming(call.context.schema, rdn_);
    managed_ = managed_classes(call, key_);
    require_right(call, may_manage(call, key_, managed_, access::Right::rename), request_.dn, key_, "rename the entry");
    require_write_unwriteable(call, key_);
    if (request_.new_superior) superior_key_ = dn_key(call.context, *request_.new_superior);
    new_key_ = dn_key(call.context, model::rdn_text(rdn_));
    const auto superior = request_.new_superior ? std::string_view(superior_key_) : model::parent_of(key_);
    if (!superior.empty()) new_key_.append(",").append(superior);
    dn_key(call.context, new_key_);  // it may have grown too long or too deep
    if (new_key_ == key_ || may_manage(call, new_key_, managed_, access::Right::create)) return;
    if (request_.new_superior && !call.may_see(superior_key_)) {
      throw not_there(call, *call.context.store.snapshot(), *request_.new_superior, superior_key_);
    }
    throw Refusal(ResultCode::insufficient_access_rights, "not allowed to create an entry of the new name");
  }

  Outcome make(store::Writer& writer) override {
    auto entry = load_target(call_, writer, request_.dn, key_);
    const auto managed = managed_classes(call_.context.schema.model(), entry);
    if (managed != managed_) throw Refusal(ResultCode::busy, "the entry has just changed");
    if (managed.replica) throw Refusal(ResultCode::unwilling_to_perform, "a replica keeps its name, which is in CSNs");
    if (!call_.context.holds(new_key_)) {
      throw Refusal(ResultCode::affects_multiple_dsas, "the new name is not in this server");
    }
    if (entry.superior == store::no_entry) {
      throw Refusal(ResultCode::unwilling_to_perform, "the top entry of a naming context keeps its name");
    }
    const auto superior = request_.new_superior ? find_new_superior(writer, entry) : entry.superior;
    check_name(writer, superior, entry.id);
    Outcome outcome;
    add_pre_read(call_, writer, entry.id, outcome);
    const auto text = model::rdn_text(rdn_);
    if (superior != entry.superior || text != entry.rdn) {
      const auto place = store::place_of(entry);
      EntryEditor editor(entry, call_.context.schema, writer.next_csn());
      if (superior != entry.superior) editor.move(superior);
      if (text != entry.rdn) {
        editor.rename(rdn_, text, request_.delete_old_rdn ? OldRdn::remove : OldRdn::keep);
      }
      stamp(call_, editor);
      editor.finish();
      check_managed(call_, writer, entry, new_key_, superior);
      outcome.csn = editor.last_csn();
      store::put_named(writer, call_.context.schema.model(), entry, place);
    }
    add_post_read(call_, writer, entry.id, outcome);
    return outcome;
  }

 private:
  // Throws when an entry has the new name, or several would if they could (draft-ietf-ldup-urp-08 4.3.5).
  void check_name(const store::Reader& reader, store::EntryId superior, store::EntryId entry) const {
    const auto above = model::parent_of(new_key_);
    const auto rdn = std::string_view(new_key_).substr(0, new_key_.size() - (above.empty() ? 0 : above.size() + 1));
    for (const auto id : reader.namesakes(superior, rdn, 2)) {
      if (id != entry) throw Refusal(ResultCode::entry_already_exists, "another entry has the new name");
    }
  }

  store::EntryId find_new_superior(const store::Reader& reader, const store::StoredEntry& entry) const {
    const auto& dn = *request_.new_superior;
    if (superior_key_.empty() || is_subschema(superior_key_)) {
      throw Refusal(ResultCode::unwilling_to_perform, "the new superior is the server's own entry");
    }
    try {
      refer_if_below_referral(call_, reader, dn, superior_key_, true);
    } catch (const Refusal& refusal) {
      if (refusal.result().code != ResultCode::referral) throw;
      throw Refusal(ResultCode::affects_multiple_dsas, "the new superior is in another server");  // RFC 3296 5.6
    }
    const auto id = reader.find(superior_key_);
    if (id == store::no_entry) throw not_there(call_, reader, dn, superior_key_);
    if (model::is_at_or_below(superior_key_, key_)) {
      throw Refusal(ResultCode::unwilling_to_perform, "an entry cannot be moved below itself");
    }
    if (top_of(reader, id) != top_of(reader, entry.id)) {
      throw Refusal(ResultCode::affects_multiple_dsas, "the new superior is in another naming context");
    }
    store::LiveEntry superior;
    if (reader.read(id, superior) && has_class(superior, call_.context.schema.model(), "alias")) {
      throw Refusal(ResultCode::alias_problem, "the new superior is an alias, which can have no subordinates");
    }
    return id;
  }

  static store::EntryId top_of(const store::Reader& reader, store::EntryId id) {
    for (auto above = reader.superior(id); above != store::no_entry; above = reader.superior(id)) id = above;
    return id;
  }

  const Call& call_;
  const protocol::ModifyDnRequest& request_;
  const std::string key_;
  const model::Rdn rdn_;
  ManagedClasses managed_;  // when it was looked at first
  std::string superior_key_;
  std::string new_key_;
};

}  // namespace

std::unique_ptr<Change> plan_modify_dn(const Call& call) {
  return std::make_unique<ModifyDn>(call);
}

}  // namespace replkit::refserver::directory
