// Entries, CSNs and expectations for the tests of changes.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "common/model/ldif.hpp"
#include "tests/refserver/protocol/refusal.hpp"
#include "tests/refserver/schema/schema.hpp"
#include "tests/refserver/store/entry.hpp"

namespace replkit::refserver::directory {

// core, cosine, inetorgperson and nis.
const schema::Schema& test_schema();

// Returns the CSN of the n-th update.
ldup::Csn test_csn(unsigned n, unsigned modification = 0);

// Returns "ATTRIBUTE: VALUE" lines as attributes.
std::vector<model::Attribute> attributes_of(const std::vector<std::string>& lines);

// Returns an entry as an add makes it, checked, with structuralObjectClass, below some superior.
store::StoredEntry make_test_entry(const std::string& rdn, const std::vector<std::string>& lines, const ldup::Csn& csn);

// An inetOrgPerson cn=Ann, sn Lee, added by update 1.
store::StoredEntry make_person(const std::vector<std::string>& more = {});

model::Modification add(std::string description, std::vector<std::string> values);
model::Modification remove(std::string description, std::vector<std::string> values = {});
model::Modification replace(std::string description, std::vector<std::string> values = {});
model::Modification increment(std::string description, std::string amount);

// Returns the live values in their order; none when there is no such attribute.
std::vector<std::string> values_of(const store::StoredEntry& entry, std::string_view description);

// Returns the code with which `work` is refused; success when it is not.
protocol::ResultCode code_of(const std::function<void()>& work);

}  // namespace replkit::refserver::directory
