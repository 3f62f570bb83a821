#include "tests/refserver/directory/search.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <utility>

#include "common/model/dn.hpp"
#include "tests/refserver/directory/answer.hpp"
#include "tests/refserver/directory/entry_view.hpp"
#include "tests/refserver/directory/lookup.hpp"
#include "tests/refserver/directory/referral.hpp"
#include "tests/refserver/directory/search_base.hpp"
#include "tests/refserver/directory/search_limits.hpp"
#include "tests/refserver/directory/search_plan.hpp"
#include "tests/refserver/directory/selection.hpp"
#include "tests/refserver/directory/sorter.hpp"
#include "tests/refserver/protocol/encode.hpp"

namespace replkit::refserver::directory {

namespace {

using protocol::Dereference;
using protocol::Refusal;
using protocol::Result;
using protocol::ResultCode;
using protocol::Scope;
using store::EntryId;
using store::no_entry;

// Returns a tombstone as the entry it was.
model::Entry deleted_entry(const store::StoredEntry& tombstone) {
  model::Entry out;
  for (const auto& attribute : tombstone.attributes) {
    for (const auto& value : attribute.values) out.add(attribute.description, value.bytes);
  }
  out.add("entryUUID", tombstone.uuid.text());
  out.add("entryDN", tombstone.last_dn);
  out.add("createdEntryCSN", tombstone.csn.ldup_text());
  if (tombstone.deleted != ldup::Csn()) out.add("deletedEntryCSN", tombstone.deleted->ldup_text());
  return out;
}

// As RFC 4511 4.5.2 has it.
class PlainAnswer : public SearchAnswer {
 public:
  PlainAnswer(const Call& call, const protocol::SearchRequest& request, EntryView& entry)
      : id_(call.message.id),
        picker_(request.attributes, request.types_only, call.controls.matched_values, entry, call.view) {}

  void put_entry(std::string& out, const store::Reader&, EntryView& entry, const store::StoredEntry*) override {
    protocol::encode_entry(out, id_, entry.dn(), picker_.pick());
  }
  void put_reference(std::string& out, std::span<const std::string> uris) override {
    protocol::encode_reference(out, id_, uris);
  }
  void put_result(std::string& out, const Result& result, std::span<const protocol::Control> controls) override {
    protocol::encode_result(out, id_, protocol::Operation::search, result, controls);
  }

 private:
  const std::int32_t id_;
  EntryPicker picker_;
};

class Search : public Operation {
 public:
  Search(Call call, PagedSearches& paged, const HeldEntry& subschema, const AnswerMaker& make_answer)
      : call_(std::move(call)),
        request_(std::get<protocol::SearchRequest>(call_.message.request)),
        paged_(paged),
        subschema_(subschema),
        entry_(call_.context.schema),
        classes_(call_.context.schema.model()),
        matcher_(request_.filter, entry_, call_.view),
        answer_(make_answer ? make_answer(call_) : std::make_unique<PlainAnswer>(call_, request_, entry_)),
        limits_(search_limits(call_, request_)),
        shows_some_(static_cast<bool>(make_answer)) {}

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
  Seen look_at(EntryId id);
  Seen found();
  void refer();
  void follow_alias();
  void count_examined();
  void give_up_sorting(ResultCode code, const std::string& attribute);
  void note_unsorted(ResultCode code, const std::string& attribute);
  void merge();
  void look_at_deleted();
  void look_at_deleted(const store::StoredEntry& tombstone);
  bool has_in_scope(std::string_view key) const;
  void check_size_limit() const;

  bool follows_in_search() const {
    return request_.dereference == Dereference::searching || request_.dereference == Dereference::always;
  }
  bool follows_to_base() const {
    return request_.dereference == Dereference::finding || request_.dereference == Dereference::always;
  }

  // Whether the caller may know about the entry in view.
  bool may_see_it() {
    return call_.view.all() ||
           call_.may_see(call_.view.uniform() ? std::string_view() : std::string_view(entry_.key()));
  }

  bool shows_it() { return !shows_some_ || answer_->shows(entry_.key()); }

  void finish_page();
  void finish(const Result& result, std::string cookie = {});

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
  std::vector<EntryId> sorted_;
  std::uint32_t aliases_ = 0;
  const bool shows_some_;  // not all that the caller may know about
  std::string base_key_;
  std::optional<Refusal> no_base_;  // when there may be a tombstone of that name
  EntryId last_deleted_ = no_entry;

  // Of the step under way.
  std::unique_ptr<store::Snapshot> snapshot_;
  std::string* out_ = nullptr;
};

// --- The beginning ---

void Search::begin() {
  const auto key = base_key_ = dn_key(call_.context, request_.base);
  if (key.empty() && request_.scope == Scope::base) {
    if (!call_.may_see({})) throw not_there(call_, *snapshot_, request_.base, key);
    const HeldEntry root(root_dse(call_, *snapshot_));
    return answer_special({}, {}, root.attributes());
  }
  if (is_subschema(key)) {
    if (!call_.may_see(key)) throw not_there(call_, *snapshot_, request_.base, key);
    return answer_special(
        subschema_.dn(), key,
        request_.scope == Scope::one_level ? std::span<const model::AttributeView>() : subschema_.attributes());
  }
  begin_page();
  if (phase_ != Phase::begin) return;
  if (!continued_) {
    try {
      find_base(key);
    } catch (const Refusal& refusal) {
      if (!answer_->wants_deleted() || refusal.result().code != ResultCode::no_such_object) throw;
      no_base_ = refusal;
      phase_ = Phase::deleted;
      return;
    }
    if (!call_.controls.sort.empty()) begin_sorting();
  }
  if (progress_->base != no_entry) {
    if (!entry_.read(progress_->base)) throw not_there(call_, *snapshot_, request_.base, key);
    visibility_ = visibility(call_, request_, classes_.of(entry_.stored()));
  } else {
    visibility_ = visibility(call_, request_, {});
  }
  phase_ = sorter_ ? Phase::collect : Phase::answer;
}

void Search::find_base(std::string_view key) {
  auto base = no_entry;
  if (!key.empty()) {
    base = follows_to_base() ? find_behind_aliases(call_, *snapshot_, request_.base, key)
                             : find_entry(call_, *snapshot_, request_.base, key);
    check_assertion(call_, *snapshot_, base);
  }
  progress_->base = base;
  progress_->walk = plan_walk(call_, request_, *snapshot_, base);
}

// Takes up the search that this request asks the next page of.
void Search::begin_page() {
  const auto& control = call_.controls.paged;
  if (!control) return;
  fingerprint_ = page_fingerprint(call_, request_);
  if (!control->cookie.empty()) {
    progress_ = paged_.take(call_.bound.connection, fingerprint_, control->cookie);
    paging_ = continued_ = true;
    if (control->size == 0) {  // the client does not want the rest
      progress_->walk = {};
      finish({});
    }
    return;
  }
  // One page would hold all that the limit lets through: the control is ignored (RFC 2696 3).
  paging_ = limits_.entries == 0 || static_cast<std::uint64_t>(control->size) < limits_.entries;
  if (control->size == 0) finish({});  // nothing was asked for
}

void Search::begin_sorting() {
  try {
    sorter_.emplace(call_.controls.sort, entry_, call_.view);
  } catch (const Refusal& refusal) {
    give_up_sorting(refusal.result().code, refusal.result().matched_dn);
  }
}

// What follows is unsorted; throws when the client insists (RFC 2891 2).
void Search::note_unsorted(ResultCode code, const std::string& attribute) {
  progress_->sort_code = code;
  progress_->sort_attribute = attribute;
  if (call_.controls.sort_critical) {
    throw Refusal(ResultCode::unavailable_critical_extension, "the entries cannot be sorted so");
  }
}

void Search::give_up_sorting(ResultCode code, const std::string& attribute) {
  sorter_.reset();
  note_unsorted(code, attribute);
  progress_->walk = plan_walk(call_, request_, *snapshot_, progress_->base);
  progress_->walk.use(snapshot_.get(), &classes_);
  progress_->examined = 0;
  refer_ = phase_ != Phase::collect;
  phase_ = Phase::answer;
}

void Search::answer_special(std::string_view dn, std::string_view key,
                            std::span<const model::AttributeView> attributes) {
  entry_.show(dn, key, attributes);
  if (call_.controls.assertion) {
    EntryMatcher assertion(*call_.controls.assertion, entry_, call_.view);
    if (assertion.match() != model::Truth::yes) {
      throw Refusal(ResultCode::assertion_failed, "the assertion does not hold");
    }
  }
  if (!call_.controls.sort.empty()) {
    try {
      const Sorter sorter(call_.controls.sort, entry_, call_.view);  // one entry is sorted, but not by what is no key
    } catch (const Refusal& refusal) {
      note_unsorted(refusal.result().code, refusal.result().matched_dn);
    }
  }
  // There never is a second page.
  if (call_.controls.paged && !call_.controls.paged->cookie.empty()) {
    paged_.take(call_.bound.connection, page_fingerprint(call_, request_), call_.controls.paged->cookie);
  }
  const bool is_subentry = !key.empty();
  const bool shown = !call_.controls.subentries || *call_.controls.subentries == is_subentry;
  paging_ = call_.controls.paged.has_value();
  if (shown && !attributes.empty() && matcher_.match() == model::Truth::yes) {
    answer_->put_entry(*out_, *snapshot_, entry_, nullptr);
  }
  finish({});
}

// --- Steps ---

Operation::State Search::step(std::string& out, std::size_t limit) {
  using std::chrono::steady_clock;
  constexpr std::chrono::milliseconds time_slice(2);
  const auto start = out.size();
  auto good = start;
  out_ = &out;
  try {
    snapshot_ = call_.context.store.snapshot();
    entry_.use(snapshot_.get());
    if (phase_ == Phase::begin) begin();
    progress_->walk.use(snapshot_.get(), &classes_);
    const auto until = steady_clock::now() + time_slice;
    while (phase_ != Phase::end) {
      work();
      good = out.size();
      if (out.size() - start >= limit || steady_clock::now() >= until) break;
    }
    if (phase_ != Phase::end && limits_.deadline && call_.context.clock.now() >= *limits_.deadline) {
      throw Refusal(ResultCode::time_limit_exceeded, "");
    }
  } catch (...) {
    out.resize(good);
    finish(current_exception_result());
  }
  entry_.use(nullptr);
  progress_->walk.use(nullptr, nullptr);
  snapshot_.reset();
  return phase_ == Phase::end ? State::done : State::more;
}

void Search::work() {
  if (phase_ == Phase::merge) return merge();
  if (phase_ == Phase::deleted) return look_at_deleted();
  const auto id = progress_->walk.next();
  if (id != no_entry) {
    if (look_at(id) == Seen::full) {
      progress_->walk.put_back(id);
      finish_page();
    }
  } else if (phase_ == Phase::collect) {
    phase_ = Phase::merge;
  } else if (answer_->wants_deleted()) {
    phase_ = Phase::deleted;
  } else {
    progress_->walk = {};
    finish({});
  }
}

// Makes the list of sorted entries, a piece at a time: their order is final, but they are looked at again.
void Search::merge() {
  constexpr std::size_t piece = 256;
  if (sorter_->take(piece, sorted_)) return;
  sorter_.reset();
  progress_->walk = Walk::over(std::move(sorted_));
  progress_->walk.use(snapshot_.get(), &classes_);
  phase_ = Phase::answer;
}

void Search::count_examined() {
  ++progress_->examined;
  if (limits_.examined != 0 && progress_->examined > limits_.examined) {
    throw Refusal(ResultCode::admin_limit_exceeded, "too many entries to look at: narrow the search down");
  }
}

Search::Seen Search::look_at(EntryId id) {
  if (!entry_.read(id) || !progress_->walk.in_scope(entry_.stored())) return Seen::passed;
  count_examined();
  const bool is_top = entry_.stored().superior == no_entry;
  if (is_top && progress_->base == no_entry && !call_.context.holds(entry_.key())) return Seen::passed;
  const auto classes = classes_.of(entry_.stored());
  const bool is_base = id == progress_->base;
  if (classes.alias && !is_base && follows_in_search()) {
    follow_alias();
    return Seen::passed;
  }
  if (classes.referral && !is_base && !call_.controls.manage_dsa_it) {
    if (refer_) refer();
    return Seen::passed;
  }
  if (visibility_.shows(classes) && matcher_.match() == model::Truth::yes && may_see_it() && shows_it()) {
    const auto seen = found();
    if (seen != Seen::passed) return seen;
  }
  progress_->walk.descend(id);
  return Seen::passed;
}

Search::Seen Search::found() {
  if (phase_ == Phase::collect) {
    sorter_->add();
    const auto& options = call_.context.options;
    if (sorter_->count() > options.sort_limit || sorter_->bytes() > options.sort_memory) {
      give_up_sorting(ResultCode::admin_limit_exceeded, {});
      return Seen::restarted;
    }
    return Seen::passed;
  }
  check_size_limit();
  if (paging_ && page_returned_ >= static_cast<std::uint64_t>(call_.controls.paged->size)) return Seen::full;
  ++progress_->returned;
  ++page_returned_;
  answer_->put_entry(*out_, *snapshot_, entry_, nullptr);
  return Seen::passed;
}

void Search::check_size_limit() const {
  if (limits_.entries != 0 && progress_->returned >= limits_.entries) {
    throw Refusal(ResultCode::size_limit_exceeded, "");
  }
}

// Tells the client where the search goes on (RFC 3296 5.3).
void Search::refer() {
  if (!may_see_it()) return;
  const auto* refs = find_type(entry_.stored(), call_.context.schema.model(), "ref");
  if (refs == nullptr) return;
  const auto scope = request_.scope == Scope::one_level ? Scope::base : Scope::subtree;
  const auto uris = referral_uris(refs->values, entry_.dn(), {}, scope);
  if (!uris.empty()) answer_->put_reference(*out_, uris);
}

void Search::follow_alias() {
  constexpr std::uint32_t max_aliases = 10'000;
  if (++aliases_ > max_aliases) throw Refusal(ResultCode::admin_limit_exceeded, "too many aliases to follow");
  auto target = no_entry;
  try {
    const auto key = alias_target(call_, entry_);
    target = find_behind_aliases(call_, *snapshot_, key, key);
  } catch (const Refusal&) {
    return;  // one that leads nowhere has nothing to add to what is found
  }
  progress_->walk.add_target(target);
}

// --- Tombstones ---

// They have no place in the tree: all records are looked at, a piece at a time.
void Search::look_at_deleted() {
  constexpr std::size_t piece = 64;
  std::vector<EntryId> ids;
  const bool more = snapshot_->entries(last_deleted_, piece, ids);
  for (const auto id : ids) {
    last_deleted_ = id;
    const auto head = snapshot_->head(id);
    if (!head || !head->tombstone) continue;
    if (const auto tombstone = snapshot_->load(id)) look_at_deleted(*tombstone);
  }
  if (more) return;
  if (no_base_ && progress_->returned == 0) throw Refusal(*no_base_);
  progress_->walk = {};
  finish({});
}

void Search::look_at_deleted(const store::StoredEntry& tombstone) {
  std::string key;
  model::normalize_dn(tombstone.last_dn, call_.context.schema.model(), key);
  if (!has_in_scope(key)) return;
  count_examined();
  const HeldEntry held(deleted_entry(tombstone));
  entry_.show(tombstone.last_dn, key, held.attributes());
  if (matcher_.match() != model::Truth::yes || !may_see_it() || !shows_it()) return;
  check_size_limit();
  ++progress_->returned;
  answer_->put_entry(*out_, *snapshot_, entry_, &tombstone);
}

bool Search::has_in_scope(std::string_view key) const {
  switch (request_.scope) {
    case Scope::base:
      return key == base_key_;
    case Scope::one_level:
      return key != base_key_ && !key.empty() && model::parent_of(key) == base_key_;
    case Scope::subtree:
      return model::is_at_or_below(key, base_key_);
  }
  return false;
}

// --- The end ---

// Keeps the search for the request of its next page.
void Search::finish_page() {
  progress_->walk.use(nullptr, nullptr);
  auto next = std::make_unique<SearchProgress>(std::move(*progress_));
  progress_->sort_code = next->sort_code;
  progress_->sort_attribute = next->sort_attribute;
  finish({}, paged_.put(call_.bound.connection, fingerprint_, std::move(next)));
}

void Search::finish(const Result& result, std::string cookie) {
  std::vector<protocol::Control> controls;
  if (!call_.controls.sort.empty()) {
    controls.push_back(protocol::encode_sort_response(progress_->sort_code, progress_->sort_attribute));
  }
  if (paging_) controls.push_back(protocol::encode_paged_results({.size = 0, .cookie = std::move(cookie)}));
  answer_->put_result(*out_, result, controls);
  phase_ = Phase::end;
}

}  // namespace

std::unique_ptr<Operation> start_search(Call call, PagedSearches& paged, const HeldEntry& subschema) {
  return start_search(std::move(call), paged, subschema, {});
}

std::unique_ptr<Operation> start_search(Call call, PagedSearches& paged, const HeldEntry& subschema,
                                        const AnswerMaker& make_answer) {
  return std::make_unique<Search>(std::move(call), paged, subschema, make_answer);
}

}  // namespace replkit::refserver::directory
