// The entries a lab has when it is given none.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace replkit::tools::lab {

constexpr std::string_view sample_base = "dc=example,dc=com";

// Gives LDIF record by record: the base, ou=people with `persons` invented people, ou=groups with a few groups of them.
// The same for the same number.
void write_sample_data(std::size_t persons, const std::function<void(std::string_view)>& sink);

}  // namespace replkit::tools::lab
