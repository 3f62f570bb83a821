// "Did you mean ...?"
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace replkit {

// Returns the candidate that `word` is most likely a slip of, or "" when none is close.
std::string nearest(std::string_view word, const std::vector<std::string>& candidates);

// Returns "; did you mean X?" for the nearest candidate, or "" when none is close.
std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace replkit
