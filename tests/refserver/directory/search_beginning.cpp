#include <utility>

#include "common/model/dn.hpp"
#include "tests/refserver/directory/lookup.hpp"
#include "tests/refserver/directory/referral.hpp"
#include "tests/refserver/directory/search_operation.hpp"
#include "tests/refserver/protocol/encode.hpp"

namespace replkit::refserver::directory {

using protocol::Refusal;
using protocol::ResultCode;
using protocol::Scope;
using store::no_entry;

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

}  // namespace replkit::refserver::directory
