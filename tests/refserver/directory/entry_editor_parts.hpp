// What the halves of EntryEditor share.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/model/schema.hpp"
#include "tests/refserver/protocol/result.hpp"
#include "tests/refserver/store/entry.hpp"

namespace replkit::refserver::directory {

// Throws protocol::Refusal with "DESCRIPTION: WHY".
[[noreturn]] void refuse(protocol::ResultCode code, std::string_view description, std::string_view why);

// Returns where the value of this normal form is.
std::vector<store::StoredValue>::iterator find_value(const model::Schema& schema, const model::AttributeType& type,
                                                     store::StoredAttribute& attribute, const std::string& form);

// Puts records of the values in the place of older ones of equal values.
void record_deletions(const model::Schema& schema, const model::AttributeType& type, store::StoredAttribute& attribute,
                      std::vector<store::StoredValue> values, const ldup::Csn& csn);

}  // namespace replkit::refserver::directory
