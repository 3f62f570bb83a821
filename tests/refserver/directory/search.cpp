#include "tests/refserver/directory/search_operation.hpp"

#include <chrono>
#include <utility>

#include "common/model/dn.hpp"
#include "tests/refserver/directory/answer.hpp"
#include "tests/refserver/directory/lookup.hpp"
#include "tests/refserver/directory/referral.hpp"
#include "tests/refserver/protocol/encode.hpp"

namespace replkit::refserver::directory {

using protocol::Refusal;
using protocol::Result;
using protocol::ResultCode;
using protocol::Scope;
using store::EntryId;
using store::no_entry;

namespace {

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

}  // namespace

Search::Search(Call call, PagedSearches& paged, const HeldEntry& subschema, const AnswerMaker& make_answer)
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

std::unique_ptr<Operation> start_search(Call call, PagedSearches& paged, const HeldEntry& subschema) {
  return start_search(std::move(call), paged, subschema, {});
}

std::unique_ptr<Operation> start_search(Call call, PagedSearches& paged, const HeldEntry& subschema,
                                        const AnswerMaker& make_answer) {
  return std::make_unique<Search>(std::move(call), paged, subschema, make_answer);
}

}  // namespace replkit::refserver::directory
