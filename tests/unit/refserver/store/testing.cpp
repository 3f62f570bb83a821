#include "tests/unit/refserver/store/testing.hpp"

#include "common/model/dn.hpp"

namespace replkit::refserver::store {

const schema::Schema& test_schema() {
  static const auto schema = schema::Schema::load({"core", "cosine", "inetorgperson"});
  return schema;
}

StoredEntry make_entry(EntryId superior, std::string rdn, const Values& values, const ldup::Csn& csn) {
  StoredEntry entry;
  entry.superior = superior;
  entry.uuid = model::Uuid::random();
  entry.rdn = std::move(rdn);
  entry.csn = entry.rdn_csn = entry.superior_csn = csn;
  entry.attributes.push_back({"objectClass", {{"person", csn, false}}, {}, {}});
  for (const auto& [description, value] : values) {
    auto* attribute = entry.find(description);
    if (attribute == nullptr) attribute = &entry.attributes.emplace_back(StoredAttribute{description, {}, {}, {}});
    attribute->values.push_back({value, csn, false});
  }
  return entry;
}

StoreTest::StoreTest() {
  open();
}

void StoreTest::open(StoreOptions options) {
  close();
  if (options.directory.empty()) options.directory = folder_ / "store";
  store_ = std::make_unique<Store>(std::move(options), test_schema(), clock_);
}

EntryId StoreTest::put(const StoredEntry& entry) {
  EntryId id = no_entry;
  store_->apply([&](Writer& writer) { id = writer.put(entry); });
  return id;
}

void StoreTest::erase(EntryId id) {
  store_->apply([&](Writer& writer) { writer.erase(id); });
}

EntryId StoreTest::find(std::string_view dn) const {
  return store_->snapshot()->find(key_of(dn));
}

StoredEntry StoreTest::load(EntryId id) const {
  auto entry = store_->snapshot()->load(id);
  EXPECT_TRUE(entry) << id;
  return entry.value_or(StoredEntry{});
}

void StoreTest::expect_sound() const {
  EXPECT_EQ(store_->check(20), std::vector<std::string>{});
}

std::string key_of(std::string_view dn) {
  return model::Dn::parse(dn).normalized(test_schema().model());
}

}  // namespace replkit::refserver::store
