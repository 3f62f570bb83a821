// Attributes with passwords and keys: servers show them to few, and programs to nobody.
#pragma once

#include <string_view>

namespace replkit::compare {

// Whether values of this attribute are secret; its options do not matter.
bool is_secret(std::string_view attribute);

}  // namespace replkit::compare
