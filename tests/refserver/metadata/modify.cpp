// ModifyWithMetaData.
#include <fmt/format.h>

#include "common/base/text.hpp"
#include "tests/refserver/directory/attribute_key.hpp"
#include "tests/refserver/directory/entry_rules.hpp"
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
using ldup::MetaDataChange;
using protocol::Refusal;
using protocol::ResultCode;

namespace {

class Modify : public directory::Change {
 public:
  explicit Modify(const Call& call)
      : call_(call),
        request_(ldup::decode_modify_with_meta_data_request(value_of(call))),
        key_(directory::dn_key(call.context, request_.entry)) {
    directory::require_ordinary(key_);
    require_metadata_right(call, key_, access::Right::metadata_write);
    for (const auto& change : request_.changes) check(change);
  }

  std::string_view key() const override { return key_; }
  bool is_forced() const override { return true; }

  Outcome make(store::Writer& writer) override {
    auto entry = find_named(call_, writer, request_.entry, key_, request_.uuid);
    const auto before = store::place_of(entry);
    const auto managed = directory::managed_classes(model(), entry);
    const auto lacking = directory::lacking(entry, call_.context.schema);
    LocalCsns csns(writer);
    TripleEditor editor(entry, model(), csns);
    for (const auto& change : request_.changes) apply(change, writer, entry, editor);
    if (csns.last()) stamp(editor);
    std::erase_if(entry.attributes, [](const store::StoredAttribute& attribute) {
      return attribute.values.empty() && attribute.deleted_values.empty() && !attribute.deleted;
    });
    if (managed.entry() || managed != directory::managed_classes(model(), entry)) require_manage_right(call_, key_);
    if (!entry.deleted) finish(entry, lacking, writer);
    const auto uuid = entry.uuid;
    if (!request_.changes.empty()) store::put_named(writer, model(), entry, before);
    return {.csn = csns.last(),
            .edited = !request_.changes.empty(),
            .controls = {},
            .value = encode(ldup::MetaDataUpdateResponse{uuid, csns.last()})};
  }

 private:
  const model::Schema& model() const { return call_.context.schema.model(); }

  static bool is(const MetaDataChange& change, std::string_view name) {
    return equals_ignore_case(change.attribute.type, name);
  }
  static bool is_special(const MetaDataChange& change) {
    return is(change, "entryUUID") || is(change, "createdEntryCSN") || is(change, "deletedEntryCSN");
  }

  void check(const MetaDataChange& change) const {
    if (!is_special(change)) return check_triples(call_, change.attribute);
    if (change.kind == MetaDataChange::Kind::replace) return;
    throw Refusal(ResultCode::constraint_violation,
                  fmt::format("{}: can only be replaced", printable(change.attribute.type)));
  }

  void apply(const MetaDataChange& change, const store::Reader& reader, store::StoredEntry& entry,
             TripleEditor& editor) const {
    if (is(change, "entryUUID")) return set_uuid(uuid_of(change.attribute), reader, entry);
    if (is(change, "createdEntryCSN")) {
      entry.csn = csn_of(call_, change.attribute);
      return;
    }
    if (is(change, "deletedEntryCSN")) {
      if (!entry.deleted) throw Refusal(ResultCode::constraint_violation, "deletedEntryCSN: the entry is not deleted");
      entry.deleted = csn_of(call_, change.attribute);
      return;
    }
    if (entry.deleted) {
      throw Refusal(ResultCode::unwilling_to_perform,
                    "the entry is deleted: only its CSNs and entryUUID can be changed");
    }
    switch (change.kind) {
      case MetaDataChange::Kind::add:
        return editor.add(change.attribute);
      case MetaDataChange::Kind::remove:
        return editor.remove(change.attribute);
      case MetaDataChange::Kind::replace:
        return editor.replace(change.attribute);
    }
  }

  // What is below and all records go along: the store knows entries by numbers of its own.
  static void set_uuid(const model::Uuid& uuid, const store::Reader& reader, store::StoredEntry& entry) {
    if (uuid == entry.uuid) return;
    if (reader.find(uuid) != store::no_entry) {
      throw Refusal(ResultCode::entry_already_exists, "there is an entry with this entryUUID, or a record of one");
    }
    entry.uuid = uuid;
    if (!entry.deleted && entry.superior != store::no_entry) entry.rdn = store::base_rdn(entry.rdn);
  }

  // A change of this replica's own says who made it.
  void stamp(TripleEditor& editor) const {
    const auto set = [&](const char* type, std::string value) {
      editor.replace({.type = type,
                      .values = {{.value = std::move(value), .deleted = false, .csn = {}, .distinguished = false}},
                      .deletion_csn = {}});
    };
    set("modifiersName", call_.caller.dn);
    set("modifyTimestamp", format_generalized_time(call_.context.clock.now()));
  }

  void finish(store::StoredEntry& entry, std::span<const model::AttributeType* const> lacking,
              const store::Reader& reader) const {
    const auto& schema = call_.context.schema;
    if (entry.given_rdn) store::set_name(entry, model(), std::string(*entry.given_rdn));
    if (entry.glue) return check_order(entry);
    check_classes(entry);
    directory::check_entry(entry, schema, lacking);
    directory::check_managed(call_, reader, entry, request_.entry, entry.superior);
    check_order(entry);
  }

  void check_classes(const store::StoredEntry& entry) const {
    const auto classes = directory::object_classes(entry, model());
    if (const auto missing = directory::missing_superclasses(model(), classes); !missing.empty()) {
      throw Refusal(ResultCode::object_class_violation, "the entry's classes lack '" + missing.front() + "'");
    }
    const auto now = directory::structural_class(entry, call_.context.schema);
    const auto* before = directory::find_attribute(entry, model(), "structuralobjectclass");
    if (before == nullptr || before->values.empty() ||
        model().object_class(before->values.front().bytes) == model().object_class(now)) {
      return;
    }
    throw Refusal(ResultCode::object_class_mods_prohibited, "the entry's structural class stays what it is");
  }

  const Call& call_;
  const ldup::ModifyWithMetaDataRequest request_;
  const std::string key_;
};

}  // namespace

std::unique_ptr<directory::Change> plan_modify(const Call& call) {
  return std::make_unique<Modify>(call);
}

}  // namespace replkit::refserver::metadata
