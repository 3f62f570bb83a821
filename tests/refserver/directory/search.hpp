// Search (RFC 4511 4.5), with its controls.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "tests/refserver/directory/call.hpp"
#include "tests/refserver/directory/entry_view.hpp"
#include "tests/refserver/directory/operation.hpp"
#include "tests/refserver/directory/paged_searches.hpp"
#include "tests/refserver/directory/special_entries.hpp"

namespace replkit::refserver::directory {

// How what a search finds is put into responses. One search's own.
class SearchAnswer {
 public:
  virtual ~SearchAnswer() = default;

  // Appends the entry in view. `deleted` is the same as it is stored when it is a tombstone, else null; `reader` is
  // where it comes from.
  virtual void put_entry(std::string& out, const store::Reader& reader, EntryView& entry,
                         const store::StoredEntry* deleted) = 0;
  virtual void put_reference(std::string& out, std::span<const std::string> uris) = 0;
  // Appends the last response.
  virtual void put_result(std::string& out, const protocol::Result& result,
                          std::span<const protocol::Control> controls) = 0;

  // Whether tombstones are looked at too, as entries with the DNs that they had last. They come after the others.
  virtual bool wants_deleted() const { return false; }
  // Whether the caller may see this one (normalized DN), who may know that it exists.
  virtual bool shows(std::string_view /*key*/) { return true; }
};

// Returns the operation for a search request. What else it is given must outlive it. Does nothing yet: everything that
// can go wrong does so in its steps.
std::unique_ptr<Operation> start_search(Call call, PagedSearches& paged, const HeldEntry& subschema);

// The same with answers of another kind; the call's request is a SearchRequest.
using AnswerMaker = std::function<std::unique_ptr<SearchAnswer>(const Call& call)>;  // `call` outlives the answer
std::unique_ptr<Operation> start_search(Call call, PagedSearches& paged, const HeldEntry& subschema,
                                        const AnswerMaker& make_answer);

}  // namespace replkit::refserver::directory
