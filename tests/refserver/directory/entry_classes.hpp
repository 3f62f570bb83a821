// Which of the object classes that matter to the operations an entry has.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>

#include "common/model/schema.hpp"
#include "tests/refserver/store/entry.hpp"

namespace replkit::refserver::directory {

// Returns the entry's attribute of this type (its usual name), whichever of the type's names it was written with.
const model::AttributeView* find_type(const store::LiveEntry& entry, const model::Schema& schema,
                                      std::string_view name);

struct EntryClasses {
  bool alias = false;     // RFC 4512 2.6
  bool referral = false;  // RFC 3296
  bool subentry = false;  // RFC 3672, and LDUP's
};

// Remembers what it looked up, for whoever asks about many entries.
class ClassLookup {
 public:
  explicit ClassLookup(const model::Schema& schema) : schema_(&schema) {}

  EntryClasses of(const store::LiveEntry& entry);

 private:
  EntryClasses of_class(std::string_view name);

  const model::Schema* schema_;
  std::unordered_map<std::string, EntryClasses> known_;
};

}  // namespace replkit::refserver::directory
