// Output that is compared with a file in the repository.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <string_view>

namespace replkit::support {

// Returns `text` with what changes from run to run replaced: PORT-1, UUID-1, CSN-1 (equal things get equal numbers, in
// order of appearance), DIR (a TempDir), SOCKET (an ldapi path), TIME (ISO 8601 and GeneralizedTime), LENGTH (a number
// with ms or s).
std::string normalise(std::string_view text);

// Whether normalise(text) is what the file holds; the message shows the first line that is not. With
// REPLKIT_UPDATE_GOLDEN=1 in the environment it writes the file instead.
testing::AssertionResult matches_golden(std::string_view text, const std::filesystem::path& file);

}  // namespace replkit::support
