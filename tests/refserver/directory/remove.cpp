// Delete (RFC 4511 4.8), of trees too (draft-armijo-ldap-treedelete). What is deleted stays as a tombstone.
#include <fmt/format.h>

#include "tests/refserver/directory/change.hpp"
#include "tests/refserver/directory/lookup.hpp"
#include "tests/refserver/directory/managed.hpp"
#include "tests/refserver/directory/target.hpp"
#include "tests/refserver/protocol/refusal.hpp"
#include "tests/refserver/store/naming.hpp"

namespace replkit::refserver::directory {

using protocol::Refusal;
using protocol::ResultCode;

namespace {

class Delete : public Change {
 public:
  explicit Delete(const Call& call)
      : call_(call),
        request_(std::get<protocol::DeleteRequest>(call.message.request)),
        key_(dn_key(call.context, request_.dn)) {
    require_ordinary(key_);
    managed_ = managed_classes(call, key_);
    require_right();
    require_write_unwriteable(call, key_);
  }

  Outcome make(store::Writer& writer) override {
    const auto entry = load_target(call_, writer, request_.dn, key_);
    if (const auto managed = managed_classes(call_.context.schema.model(), entry); managed != managed_) {
      managed_ = managed;
      require_right();
    }
    Outcome outcome;
    add_pre_read(call_, writer, entry.id, outcome);
    std::vector<store::EntryId> doomed{entry.id};
    if (writer.has_children(entry.id)) {
      if (!call_.controls.tree_delete) {
        throw Refusal(ResultCode::not_allowed_on_non_leaf, "the entry has subordinates");
      }
      collect_subordinates(writer, doomed);
    }
    const auto csn = writer.next_csn();
    auto number = csn.modification();
    for (auto id = doomed.rbegin(); id != doomed.rend(); ++id) {
      auto doomed_entry = writer.load(*id);
      if (!doomed_entry || doomed_entry->deleted) continue;  // glue: it went with its last child
      store::bury(writer, call_.context.schema.model(), std::move(*doomed_entry), csn.with_modification(number++));
    }
    outcome.csn = csn.with_modification(number - 1);
    return outcome;
  }

 private:
  void require_right() const {
    const bool allowed = may_manage(call_, key_, managed_, access::Right::remove);
    directory::require_right(call_, allowed, request_.dn, key_, "delete the entry");
  }

  // Appends all that is below, superiors before their subordinates. The top of an area, which would go with the replica
  // that is found there, goes after its replicas, in whatever way.
  void collect_subordinates(const store::Reader& reader, std::vector<store::EntryId>& out) const {
    constexpr std::size_t batch = 1000;
    for (std::size_t i = 0; i < out.size(); ++i) {
      std::string after;
      const auto first = out.size();
      while (reader.children(out[i], after, batch, out)) check_size(out.size());
      check_size(out.size());
      if (first == out.size()) continue;
      // Replicas stand below tops of areas only.
      const bool may_all = call_.view.all() && !managed_classes(call_, reader, out[i]).context;
      for (auto child = first; child < out.size() && !may_all; ++child) {
        const auto classes = managed_classes(call_, reader, out[child]);
        if (!may_manage(call_, reader.dn_key(out[child]), classes, access::Right::remove)) {
          throw Refusal(ResultCode::insufficient_access_rights, "not allowed to delete an entry of the tree");
        }
        if (classes.replica) {
          throw Refusal(ResultCode::unwilling_to_perform,
                        "an area of replication goes after its replicas: delete " + reader.dn(out[child]) + " first");
        }
      }
    }
  }

  void check_size(std::size_t entries) const {
    const auto limit = call_.context.options.tree_delete_limit;
    if (limit == 0 || entries <= limit) return;
    throw Refusal(ResultCode::admin_limit_exceeded,
                  fmt::format("the tree has more than the {} entries that one request may delete", limit));
  }

  const Call& call_;
  const protocol::DeleteRequest& request_;
  const std::string key_;
  ManagedClasses managed_;  // when it was looked at first
};

}  // namespace

std::unique_ptr<Change> plan_delete(const Call& call) {
  return std::make_unique<Delete>(call);
}

}  // namespace replkit::refserver::directory
