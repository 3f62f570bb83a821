// Attributes that a source shows on no entry at all while others show them: hidden by access rules, or not replicated
// to it. That is a partial view, not as many changed entries.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "common/compare/scan.hpp"
#include "common/compare/source.hpp"

namespace replkit::compare {

struct HiddenAttribute {
  std::string name;         // canonical, without options
  std::size_t hider = 0;    // the source that never shows it
  std::size_t shower = 0;   // one that does
  std::uint64_t shown = 0;  // on how many entries
};

// Returns the attribute types that a complete source shows nowhere although another shows them on ten entries or more,
// and although entries of which the one shows it have the same CSN on both (so that none is on its way). Reads a few
// entries again; a source that fails then is taken to hide nothing.
std::vector<HiddenAttribute> find_hidden_attributes(const std::vector<std::unique_ptr<Source>>& sources,
                                                    const Area& area, const FingerprintRules& rules,
                                                    const ScanResult& scan);

}  // namespace replkit::compare
