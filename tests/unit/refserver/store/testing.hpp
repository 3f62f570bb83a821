// Entries and stores for these tests.
#pragma once

#include <gtest/gtest.h>

#include <initializer_list>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tests/refserver/store/store.hpp"
#include "tests/support/temp_dir.hpp"

namespace replkit::refserver::store {

const schema::Schema& test_schema();

// A clock that stands still until it is set.
class TestClock final : public Clock {
 public:
  Instant now() const override { return time; }
  Instant time = Instant{std::chrono::seconds{1'700'000'000}};
};

using Values = std::vector<std::pair<std::string, std::string>>;

// Returns an entry with a random UUID and, besides `values`, the objectClass person.
StoredEntry make_entry(EntryId superior, std::string rdn, const Values& values = {}, const ldup::Csn& csn = {});

// A store in a folder of its own.
class StoreTest : public ::testing::Test {
 protected:
  StoreTest();

  void open(StoreOptions options = {});
  void close() { store_.reset(); }
  Store& store() { return *store_; }

  EntryId put(const StoredEntry& entry);
  void erase(EntryId id);
  EntryId find(std::string_view dn) const;
  StoredEntry load(EntryId id) const;

  // Fails the test when check() has anything to say.
  void expect_sound() const;

  support::TempDir folder_;
  TestClock clock_;
  std::unique_ptr<Store> store_;
};

std::string key_of(std::string_view dn);

}  // namespace replkit::refserver::store
