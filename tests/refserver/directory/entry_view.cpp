#include "tests/refserver/directory/entry_view.hpp"

#include "common/model/dn.hpp"
#include "tests/refserver/directory/lookup.hpp"

namespace replkit::refserver::directory {

EntryView::EntryView(const schema::Schema& schema) : schema_(schema), descriptions_(schema.model()) {}

void EntryView::use(const store::Reader* reader) {
  reader_ = reader;
  names_.clear();
}

bool EntryView::read(store::EntryId id) {
  dn_made_ = key_made_ = numbered_ = false;
  added_ = {};
  attributes_.clear();
  if (!reader_->read(id, stored_)) return false;
  attributes_ = stored_.attributes;
  return true;
}

void EntryView::show(std::string_view dn, std::string_view key, std::span<const model::AttributeView> attributes) {
  stored_.id = stored_.superior = store::no_entry;
  stored_.attributes.clear();
  dn_ = dn;
  key_ = key;
  dn_made_ = key_made_ = true;
  numbered_ = false;
  added_ = VirtualAttributes(VirtualAttributes::all);
  attributes_.assign(attributes.begin(), attributes.end());
}

const EntryView::Names& EntryView::superior_names() {
  constexpr std::size_t max_names = 1000;
  auto found = names_.find(stored_.superior);
  if (found == names_.end()) {
    if (names_.size() == max_names) names_.clear();
    Names names;
    if (stored_.superior != store::no_entry) {
      names = {reader_->dn(stored_.superior), reader_->dn_key(stored_.superior)};
    }
    found = names_.emplace(stored_.superior, std::move(names)).first;
  }
  return found->second;
}

const std::string& EntryView::dn() {
  if (!dn_made_) {
    dn_made_ = true;
    dn_.assign(stored_.rdn);
    if (const auto& above = superior_names().dn; !above.empty()) dn_.append(",").append(above);
  }
  return dn_;
}

const std::string& EntryView::key() {
  if (!key_made_) {
    key_made_ = true;
    model::normalize_dn(stored_.rdn, schema_.model(), key_);
    if (const auto& above = superior_names().key; !above.empty()) key_.append(",").append(above);
  }
  return key_;
}

void EntryView::add_one(std::string_view description, std::string_view value, std::size_t place) {
  values_[place] = value;
  attributes_.push_back({description, std::span(&values_[place], 1)});
}

// Costs a reading of the whole entry: what a search goes through has no CSNs.
void EntryView::add_csn() {
  const auto whole = reader_->load(stored_.id);
  const auto csn = whole ? whole->newest_csn() : ldup::Csn();
  if (csn == ldup::Csn()) return;
  csn_ = csn.text();
  add_one("entryCSN", csn_, 4);
}

void EntryView::add(VirtualAttributes wanted) {
  using enum VirtualAttributes::Bit;
  wanted = wanted.without(added_);
  if (wanted.empty()) return;
  added_ = added_.with(wanted);
  numbered_ = false;
  if (wanted.has(entry_dn)) add_one("entryDN", dn(), 0);
  if (wanted.has(entry_uuid) && stored_.find("entryUUID") == nullptr) {
    uuid_ = stored_.uuid.text();
    add_one("entryUUID", uuid_, 1);
  }
  if (wanted.has(subschema_subentry)) add_one("subschemaSubentry", subschema_dn, 2);
  if (wanted.has(has_subordinates)) add_one("hasSubordinates", reader_->has_children(stored_.id) ? "TRUE" : "FALSE", 3);
  if (wanted.has(entry_csn) && stored_.find("entryCSN") == nullptr) add_csn();
}

std::span<const std::uint32_t> EntryView::numbers() {
  if (!numbered_) {
    numbered_ = true;
    descriptions_.number(attributes_, numbers_);
  }
  return numbers_;
}

}  // namespace replkit::refserver::directory
