// What a search request asks for besides its filter: which kinds of entries show, and where to look for them.
#pragma once

#include <cstddef>

#include "tests/refserver/directory/call.hpp"
#include "tests/refserver/directory/entry_classes.hpp"
#include "tests/refserver/directory/walk.hpp"

namespace replkit::refserver::directory {

// Which entries the search may show (RFC 3672 4; design of LDUP subentries: docs of the control).
struct Visibility {
  bool normal = true;
  bool subentries = false;

  bool shows(EntryClasses classes) const { return classes.subentry ? subentries : normal; }
};

// Whether the filter has an equality on objectClass that names one of LDUP's classes.
bool asks_for_ldup(const model::Filter& filter, const model::Schema& schema);

// Without a control subentries show in searches of the base only, and, as the LDUP drafts have it, where the base is a
// subentry or the filter asks for one of LDUP's classes. `base` are the classes of the base.
Visibility visibility(const Call& call, const protocol::SearchRequest& request, EntryClasses base);

// Returns the way to the entries to look at: the candidates from indexes when they are few, else the tree.
Walk plan_walk(const Call& call, const protocol::SearchRequest& request, const store::Reader& reader,
               store::EntryId base);

// Returns what the request must have in common with that for its next page, as a hash.
std::size_t page_fingerprint(const Call& call, const protocol::SearchRequest& request);

}  // namespace replkit::refserver::directory
