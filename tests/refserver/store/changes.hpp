// The index of changes: for each entry and each replica whose changes it holds, the newest of them. It makes "what has
// come of replica r since" a range of keys: origin, NUL, CSN, id.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tests/refserver/store/view.hpp"

namespace replkit::refserver::store {

// Returns the keys of an entry that holds these CSNs, sorted. Throws LocalError for a replica ID that no key can hold.
std::vector<std::string> change_keys(EntryId id, const std::vector<ldup::Csn>& csns);

// What Reader::changes() and Reader::origins() do.
bool list_changes(const View& view, std::string_view origin, ChangeMark& after, std::size_t limit,
                  std::vector<ChangeMark>& out);
std::vector<std::string> list_origins(const View& view);

// Makes the index of a store that has none.
void open_changes(Environment& environment);

}  // namespace replkit::refserver::store
