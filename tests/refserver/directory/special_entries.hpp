// The entries that are not in the store: the root DSE (RFC 4512 5.1) and the subschema subentry (RFC 4512 4.2).
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/time.hpp"
#include "common/model/entry.hpp"
#include "tests/refserver/directory/call.hpp"

namespace replkit::refserver::directory {

// An entry in memory, to be looked at as those in the store.
class HeldEntry {
 public:
  explicit HeldEntry(model::Entry entry);
  HeldEntry(const HeldEntry&) = delete;
  HeldEntry& operator=(const HeldEntry&) = delete;

  const std::string& dn() const { return entry_.dn; }
  std::span<const model::AttributeView> attributes() const { return attributes_; }

 private:
  model::Entry entry_;
  std::vector<std::string_view> values_;
  std::vector<model::AttributeView> attributes_;
};

// Returns the root DSE as this connection sees it.
model::Entry root_dse(const Call& call, const store::Reader& reader);

// Returns the subschema subentry; it has been so since `since`.
model::Entry subschema_entry(const schema::Schema& schema, Instant since);

}  // namespace replkit::refserver::directory
