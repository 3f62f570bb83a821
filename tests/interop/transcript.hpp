// What a session printed, step by step, and how two of them differ.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace replkit::interop {

using Lines = std::vector<std::string>;

// The lines under each "### NAME", by name.
using Transcript = std::map<std::string, Lines>;

// Throws std::runtime_error when a name stands there twice.
Transcript read_transcript(std::string_view text);

// What differs in each step, as lines that begin with "< " (slapd only), "> " (replserver only) or "= " (both answer
// alike, but not as the RFCs ask).
std::map<std::string, Lines> differences(const Transcript& slapd, const Transcript& replserver);

// One block of the file `differences`: the steps it speaks of, the lines they show, and why that is right.
struct Justified {
  std::vector<std::string> steps;  // "SESSION: NAME"
  Lines lines;
  std::string reason;
};

// Throws std::runtime_error when a block has no step, no lines or no reason.
std::vector<Justified> read_justified(const std::filesystem::path& file);

}  // namespace replkit::interop
