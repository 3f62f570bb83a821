// AddWithMetaData.
#include <algorithm>
#include <set>
#include <unordered_map>

#include "common/base/text.hpp"
#include "tests/refserver/directory/attribute_key.hpp"
#include "tests/refserver/directory/entry_rules.hpp"
#include "tests/refserver/directory/lookup.hpp"
#include "tests/refserver/directory/managed.hpp"
#include "tests/refserver/directory/target.hpp"
#include "tests/refserver/metadata/changes.hpp"
#include "tests/refserver/metadata/request.hpp"
#include "tests/refserver/metadata/triples.hpp"
#include "tests/refserver/protocol/refusal.hpp"
#include "tests/refserver/store/naming.hpp"

namespace replkit::refserver::metadata {

using directory::Call;
using directory::Outcome;
using ldup::MetaDataAttribute;
using protocol::Refusal;
using protocol::ResultCode;

namespace {

class Add : public directory::Change {
 public:
  explicit Add(const Call& call)
      : call_(call),
        request_(ldup::decode_add_with_meta_data_request(value_of(call))),
        key_(directory::dn_key(call.context, request_.entry)),
        dn_(model::Dn::parse(request_.entry)) {
    directory::require_ordinary(key_);
    require_metadata_right(call, key_, access::Right::metadata_write);
    for (const auto& attribute : request_.attributes) take(attribute);
    const auto managed = directory::managed_classes(model(), classes_);
    if (managed.any()) require_manage_right(call, key_);
    directory::add_managed_defaults(model(), managed, request_.entry, live_);
  }

  std::string_view key() const override { return key_; }
  bool is_forced() const override { return true; }

  Outcome make(store::Writer& writer) override {
    LocalCsns csns(writer);
    const auto superior = directory::find_new_place(call_, writer, request_.entry, key_);
    auto entry = directory::make_entry(schema(), dn_.rdns().front(), live_, ldup::Csn());
    set_csns(entry, csns);
    entry.superior = superior;
    entry.uuid = uuid_.value_or(model::Uuid::random());
    entry.rdn = superior == store::no_entry ? dn_.text() : model::rdn_text(dn_.rdns().front());
    complete(entry);
    directory::check_entry(entry, schema());
    directory::check_managed(call_, writer, entry, request_.entry, superior);
    check_order(entry);
    const auto former = uuid_ ? directory::find_former(writer, *uuid_) : directory::Former();
    entry.id = former.id;
    const auto uuid = entry.uuid;
    store::put_named(writer, model(), entry, former.place);
    directory::check_assertion(call_, writer, entry.id);
    return {.csn = csns.last(),
            .edited = true,
            .controls = {},
            .value = encode(ldup::MetaDataUpdateResponse{uuid, csns.last()})};
  }

 private:
  const schema::Schema& schema() const { return call_.context.schema; }
  const model::Schema& model() const { return schema().model(); }

  void take(const MetaDataAttribute& attribute) {
    if (!keys_.insert(directory::attribute_key(model(), attribute.type)).second) {
      throw Refusal(ResultCode::attribute_or_value_exists, printable(attribute.type) + " stands there twice");
    }
    if (equals_ignore_case(attribute.type, "entryUUID")) {
      uuid_ = uuid_of(attribute);
    } else if (equals_ignore_case(attribute.type, "createdEntryCSN")) {
      created_ = csn_of(call_, attribute);
    } else if (equals_ignore_case(attribute.type, "structuralObjectClass")) {
      structural_ = &attribute;  // follows from the classes, but has a CSN
    } else {
      check_triples(call_, attribute);
      triples_.push_back(&attribute);
      model::Attribute live{attribute.type, {}};
      for (const auto& triple : attribute.values) {
        if (!triple.deleted) live.values.push_back(triple.value);
      }
      if (directory::attribute_key(model(), attribute.type) == "objectclass") classes_ = live.values;
      const auto& type = directory::known_type(model(), attribute.type);
      if (type.single_value && attribute.values.size() > live.values.size() && !live.values.empty()) {
        // All values of such a type count as equal: the record would take the value away again.
        throw Refusal(ResultCode::attribute_or_value_exists,
                      printable(attribute.type) + " has one value, deleted or not");
      }
      if (!live.values.empty()) live_.push_back(std::move(live));
    }
  }

  // The entry's CSN: given; the oldest of its values', when all are given; a new one.
  ldup::Csn created(LocalCsns& csns) const {
    if (created_) return *created_;
    std::optional<ldup::Csn> oldest;
    for (const auto* attribute : triples_) {
      for (const auto& triple : attribute->values) {
        if (triple.deleted) continue;
        if (!triple.csn) return csns.step();
        if (!oldest || *triple.csn < *oldest) oldest = triple.csn;
      }
    }
    return oldest ? *oldest : csns.step();
  }

  void set_csns(store::StoredEntry& entry, LocalCsns& csns) const {
    entry.csn = entry.rdn_csn = entry.superior_csn = created(csns);
    for (auto& attribute : entry.attributes) {
      for (auto& value : attribute.values) value.csn = entry.csn;
    }
    std::optional<ldup::Csn> local;  // of all that have none
    for (const auto* attribute : triples_) set_csns(entry, *attribute, csns, local);
  }

  void set_csns(store::StoredEntry& entry, const MetaDataAttribute& attribute, LocalCsns& csns,
                std::optional<ldup::Csn>& local) const {
    const auto& type = directory::known_type(model(), attribute.type);
    auto* stored = directory::find_attribute(entry, model(), directory::attribute_key(model(), attribute.type));
    if (stored == nullptr) {
      stored = &entry.attributes.emplace_back();
      stored->description = attribute.type;
    }
    stored->deleted = attribute.deletion_csn;
    std::unordered_map<std::string, ldup::Csn*> values;
    for (auto& value : stored->values) {
      values.emplace(directory::normal_form(model(), type, value.bytes), &value.csn);
    }
    for (const auto& triple : attribute.values) {
      if (!triple.csn && !local) local = csns.last() ? csns.last() : csns.step();
      const auto& csn = triple.csn ? *triple.csn : *local;
      if (triple.deleted) {
        stored->deleted_values.push_back({.bytes = triple.value, .csn = csn});
      } else {
        *values.at(directory::normal_form(model(), type, triple.value)) = csn;
      }
    }
  }

  // What the server adds bears the entry's own CSN, and follows from it and from the request alone: the same request on
  // two replicas makes the same entry.
  void complete(store::StoredEntry& entry) const {
    const auto structural = directory::structural_class(entry, schema());
    auto structural_csn = entry.csn;
    if (structural_ != nullptr) {
      if (structural_->values.size() != 1 || !equals_ignore_case(structural_->values.front().value, structural)) {
        throw Refusal(ResultCode::constraint_violation, "structuralObjectClass: the entry's is " + structural);
      }
      structural_csn = structural_->values.front().csn.value_or(entry.csn);
      check_time(call_, structural_csn);
    }
    const auto time = format_generalized_time(entry.csn.time());
    set(entry, "structuralObjectClass", structural, structural_csn);
    set(entry, "creatorsName", call_.caller.dn, entry.csn);
    set(entry, "createTimestamp", time, entry.csn);
    set(entry, "modifiersName", call_.caller.dn, entry.csn);
    set(entry, "modifyTimestamp", time, entry.csn);
  }

  static void set(store::StoredEntry& entry, std::string_view description, std::string value, const ldup::Csn& csn) {
    if (entry.find(description) != nullptr) return;  // given
    auto& attribute = entry.attributes.emplace_back();
    attribute.description = description;
    attribute.values.push_back({.bytes = std::move(value), .csn = csn});
  }

  const Call& call_;
  const ldup::AddWithMetaDataRequest request_;
  const std::string key_;
  const model::Dn dn_;
  std::optional<model::Uuid> uuid_;
  std::optional<ldup::Csn> created_;
  const MetaDataAttribute* structural_ = nullptr;
  std::vector<const MetaDataAttribute*> triples_;  // all others
  std::vector<model::Attribute> live_;             // what of them is not deleted
  std::vector<std::string> classes_;
  std::set<std::string> keys_;
};

}  // namespace

std::unique_ptr<directory::Change> plan_add(const Call& call) {
  return std::make_unique<Add>(call);
}

}  // namespace replkit::refserver::metadata
