// Delete (RFC 4511 4.8), of trees too (draft-armijo-ldap-treedelete). What is deleted stays as a tombstone.
#include <fmt/format.h>

#include "tests/refserver/directory/change.hpp"
#include "tests/refserver/directory/lookup.hpp"
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
    require_right(call, may_remove(key_), request_.dn, key_, "delete the entry");
  }

  Outcome make(store::Writer& writer) override {
    const auto entry = load_target(call_, writer, request_.dn, key_);
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
  bool may_remove(std::string_view key) const {
    return call_.view.all() || call_.view.entry(key).has(access::Right::remove);
  }

  // Appends all that is below, superiors before their subordinates.
  void collect_subordinates(const store::Reader& reader, std::vector<store::EntryId>& out) const {
    constexpr std::size_t batch = 1000;
    for (std::size_t i = 0; i < out.size(); ++i) {
      std::string after;
      const auto first = out.size();
      while (reader.children(out[i], after, batch, out)) check_size(out.size());
      check_size(out.size());
      for (auto child = first; !call_.view.all() && child < out.size(); ++child) {
        if (!may_remove(reader.dn_key(out[child]))) {
          throw Refusal(ResultCode::insufficient_access_rights, "not allowed to delete an entry of the tree");
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
};

}  // namespace

std::unique_ptr<Change> plan_delete(const Call& call) {
  return std::make_unique<Delete>(call);
}

}  // namespace replkit::refserver::directory
