// DeleteWithMetaData.
#include <algorithm>

#include "tests/refserver/directory/lookup.hpp"
#include "tests/refserver/directory/managed.hpp"
#include "tests/refserver/directory/target.hpp"
#include "tests/refserver/metadata/changes.hpp"
#include "tests/refserver/metadata/request.hpp"
#include "tests/refserver/metadata/target.hpp"
#include "tests/refserver/metadata/triples.hpp"
#include "tests/refserver/protocol/refusal.hpp"
#include "tests/refserver/store/naming.hpp"

namespace replkit::refserver::metadata {

using directory::Call;
using directory::Outcome;
using protocol::Refusal;
using protocol::ResultCode;

namespace {

// Returns the newest CSN of the entry.
ldup::Csn newest(const store::StoredEntry& entry) {
  auto out = std::max({entry.csn, entry.rdn_csn, entry.superior_csn});
  for (const auto& attribute : entry.attributes) {
    for (const auto& value : attribute.values) out = std::max(out, value.csn);
  }
  return out;
}

class Delete : public directory::Change {
 public:
  explicit Delete(const Call& call)
      : call_(call),
        request_(ldup::decode_delete_with_meta_data_request(value_of(call))),
        key_(directory::dn_key(call.context, request_.entry)) {
    directory::require_ordinary(key_);
    require_metadata_right(call, key_, access::Right::metadata_write);
    if (request_.deleted_csn) check_time(call, *request_.deleted_csn);
  }

  std::string_view key() const override { return key_; }
  bool is_removal() const override { return true; }
  bool is_forced() const override { return true; }

  Outcome make(store::Writer& writer) override {
    auto entry = find_named(call_, writer, request_.entry, key_, request_.uuid);
    if (directory::managed_classes(model(), entry).any()) require_manage_right(call_, key_);
    if (writer.has_children(entry.id)) {
      throw Refusal(ResultCode::not_allowed_on_non_leaf, "the entry has subordinates");
    }
    const auto uuid = entry.uuid;
    LocalCsns csns(writer);
    if (entry.deleted) {
      change_tombstone(writer, std::move(entry));
    } else if (request_.no_record) {
      const auto id = entry.id;
      auto csn = newest(entry);
      store::bury(writer, model(), std::move(entry), csn);  // for its siblings
      writer.erase(id);
    } else {
      if (request_.deleted_csn && *request_.deleted_csn <= newest(entry)) {
        throw Refusal(ResultCode::constraint_violation, "deletedEntryCSN is not newer than all that the entry holds");
      }
      const auto csn = request_.deleted_csn ? *request_.deleted_csn : csns.step();
      store::bury(writer, model(), std::move(entry), csn);
    }
    return {.csn = csns.last(),
            .edited = true,
            .controls = {},
            .value = encode(ldup::MetaDataUpdateResponse{uuid, csns.last()})};
  }

 private:
  const model::Schema& model() const { return call_.context.schema.model(); }

  void change_tombstone(store::Writer& writer, store::StoredEntry tombstone) const {
    if (request_.no_record) return writer.erase(tombstone.id);
    if (!request_.deleted_csn) throw Refusal(ResultCode::no_such_object, "the entry is deleted already");
    tombstone.deleted = request_.deleted_csn;
    writer.put(tombstone);
  }

  const Call& call_;
  const ldup::DeleteWithMetaDataRequest request_;
  const std::string key_;
};

}  // namespace

std::unique_ptr<directory::Change> plan_delete(const Call& call) {
  return std::make_unique<Delete>(call);
}

}  // namespace replkit::refserver::metadata
