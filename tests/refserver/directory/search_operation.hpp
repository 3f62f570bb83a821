// A search under way. search_beginning.cpp has what its first step does: the base, special entries, pages, sorting.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tests/refserver/directory/entry_classes.hpp"
#include "tests/refserver/directory/entry_view.hpp"
#include "tests/refserver/directory/search.hpp"
#include "tests/refserver/directory/search_base.hpp"
#include "tests/refserver/directory/search_limits.hpp"
#include "tests/refserver/directory/search_plan.hpp"
#include "tests/refserver/directory/selection.hpp"
#include "tests/refserver/directory/sorter.hpp"
#include "tests/refserver/protocol/refusal.hpp"

namespace replkit::refserver::directory {

class Search : public Operation {
 public:
  Search(Call call, PagedSearches& paged, const HeldEntry& subschema, const AnswerMaker& make_answer);

  State step(std::string& out, std::size_t limit) override;
  bool stop() override { return true; }

 private:
  enum class Phase : std::uint8_t { begin, collect, merge, answer, deleted, end };
  // What became of an entry that was looked at.
  enum class Seen : std::uint8_t { passed, full, restarted };

  void begin();
  void begin_page();
  void begin_sorting();
  void find_base(std::string_view key);
  void answer_special(std::string_view dn, std::string_view key, std::span<const model::AttributeView> attributes);

  void work();
  Seen look_at(store::EntryId id);
  Seen found();
  void refer();
  void follow_alias();
  void count_examined();
  void give_up_sorting(protocol::ResultCode code, const std::string& attribute);
  void note_unsorted(protocol::ResultCode code, const std::string& attribute);
  void merge();
  void look_at_deleted();
  void look_at_deleted(const store::StoredEntry& tombstone);
  bool has_in_scope(std::string_view key) const;
  void check_size_limit() const;

  bool follows_in_search() const {
    return request_.dereference == protocol::Dereference::searching ||
           request_.dereference == protocol::Dereference::always;
  }
  bool follows_to_base() const {
    return request_.dereference == protocol::Dereference::finding ||
           request_.dereference == protocol::Dereference::always;
  }

  // Whether the caller may know about the entry in view.
  bool may_see_it() {
    return call_.view.all() ||
           call_.may_see(call_.view.uniform() ? std::string_view() : std::string_view(entry_.key()));
  }

  bool shows_it() { return !shows_some_ || answer_->shows(entry_.key()); }

  void finish_page();
  void finish(const protocol::Result& result, std::string cookie = {});

  const Call call_;
  const protocol::SearchRequest& request_;
  PagedSearches& paged_;
  const HeldEntry& subschema_;
  EntryView entry_;
  ClassLookup classes_;
  EntryMatcher matcher_;
  const std::unique_ptr<SearchAnswer> answer_;
  const SearchLimits limits_;

  Phase phase_ = Phase::begin;
  bool paging_ = false;
  bool continued_ = false;  // this is not the first page
  bool refer_ = true;       // continuation references have not been sent yet
  std::size_t fingerprint_ = 0;
  std::uint64_t page_returned_ = 0;
  std::unique_ptr<SearchProgress> progress_ = std::make_unique<SearchProgress>();
  Visibility visibility_;
  std::optional<Sorter> sorter_;
  std::vector<store::EntryId> sorted_;
  std::uint32_t aliases_ = 0;
  const bool shows_some_;  // not all that the caller may know about
  std::string base_key_;
  std::optional<protocol::Refusal> no_base_;  // when there may be a tombstone of that name
  store::EntryId last_deleted_ = store::no_entry;

  // Of the step under way.
  std::unique_ptr<store::Snapshot> snapshot_;
  std::string* out_ = nullptr;
};

}  // namespace replkit::refserver::directory
