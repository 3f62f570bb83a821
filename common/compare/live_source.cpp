// A server as a source of the comparison.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "common/base/text.hpp"
#include "common/compare/repair.hpp"
#include "common/compare/source.hpp"
#include "common/model/dn.hpp"
#include "common/model/filter.hpp"

namespace replkit::compare {

namespace {

constexpr const char* manage_dsa_it_control = "2.16.840.1.113730.3.4.2";

// How many ids one search names: below the filter sizes servers refuse, and few enough round trips.
constexpr std::size_t ids_per_search = 200;

// A server that restarts is back in a moment: how long to try, and how often.
constexpr std::chrono::milliseconds restart_time{5'000};
constexpr std::chrono::milliseconds between_tries{200};

std::string entries_text(std::uint64_t number) {
  return counted(number, "entry", "entries");
}

// Keeps the pace of `rate` entries a second.
class Pace {
 public:
  Pace(unsigned rate, const CancelToken& cancel) : rate_(rate), cancel_(cancel) {}

  void step() {
    if (rate_ == 0 || ++count_ % 64 != 0) return;
    const auto due = start_ + std::chrono::microseconds(count_ * 1'000'000 / rate_);
    const auto early = std::chrono::duration_cast<std::chrono::milliseconds>(due - std::chrono::steady_clock::now());
    if (early.count() > 0 && !cancel_.wait(early)) cancel_.check();
  }

 private:
  std::uint64_t rate_;
  const CancelToken& cancel_;
  std::uint64_t count_ = 0;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

bool is_whole_context(const Area& area, const std::string& base, const std::string& context,
                      const model::Schema& schema) {
  std::string a;
  std::string b;
  model::normalize_dn(base, schema, a);
  model::normalize_dn(context, schema, b);
  return a == b && area.scope == ldap::Scope::subtree && equals_ignore_case(area.filter, "(objectClass=*)");
}

class LiveSource final : public Source {
 public:
  LiveSource(std::string name, std::unique_ptr<directory::Replica> replica, const CancelToken& cancel)
      : name_(std::move(name)), replica_(std::move(replica)), cancel_(cancel) {
    note_warnings();
  }

  const std::string& name() const override { return name_; }
  bool lists_relax() const override {
    const auto& controls = replica_->root_dse().supported_controls;
    return std::find(controls.begin(), controls.end(), relax_control) != controls.end();
  }
  std::string kind() const override { return std::string(directory::name_of(replica_->kind())); }
  bool is_live() const override { return true; }
  std::string id_attribute() const override { return replica_->id_attribute(); }
  std::string csn_attribute() const override { return replica_->csn_attribute(); }
  const model::Schema& schema() override { return replica_->schema(); }
  directory::Unreplicated unreplicated() override { return replica_->unreplicated(); }
  std::optional<ldup::Csn> parse_csn(std::string_view value) const override { return replica_->parse_csn(value); }
  std::string csn_text(const ldup::Csn& csn) const override {
    return replica_->kind() == directory::ServerKind::ldup ? csn.ldup_text() : csn.text();
  }
  bool read_records(const std::vector<Wanted>& wanted, const RecordVisitor& visitor) override;
  std::vector<std::string> subordinate_areas() override { return replica_->subordinate_areas(); }
  std::vector<std::string> notes() const override { return notes_; }

  ScanOutcome scan(const Area& area, Fingerprinter& fingerprinter, const ScanSink& sink) override;
  void read(const Area& area, const std::vector<Wanted>& wanted, const std::vector<std::string>& attributes,
            const ReadVisitor& visitor) override;
  void find_lacking(const Area& area, const std::vector<Wanted>& wanted, const std::string& attribute,
                    const std::function<void(std::size_t index)>& visitor) override;
  void resolve(const Area& area, Fingerprinter& fingerprinter, const std::vector<EntryKey>& keys,
               const std::function<void(const EntryKey&, std::string_view dn)>& visitor) override;
  std::optional<ldup::UpdateVector> vector() override {
    return with_retry([&] { return replica_->update_vector(); });
  }
  directory::Refresh refresh() override {
    return with_retry([&] { return replica_->refresh(); });
  }
  std::optional<std::uint64_t> own_count(const Area& area) override {
    if (!is_whole_context(area, area.base, replica_->context(), schema())) return std::nullopt;
    return with_retry([&] { return replica_->entry_count(); });
  }
  bool hides_children(const std::string& dn) override;

 private:
  ldap::SearchRequest request_for(const Area& area) const;
  void explain(const Area& area, const ldap::SearchOutcome& outcome, ScanOutcome& scan);
  void explain_missing_base(const Area& area, ScanOutcome& scan);
  void read_by_dn(const std::vector<Wanted>& wanted, const std::vector<std::string>& attributes,
                  const ReadVisitor& visitor);
  // `filter`: what they must match besides; empty: nothing.
  void read_by_id(const Area& area, const std::vector<Wanted>& wanted, std::vector<std::string> attributes,
                  const ReadVisitor& visitor, const std::string& filter = {});

  std::string why_closed();
  void check_open() {
    if (const auto reason = why_closed(); !reason.empty()) throw Error(ExitStatus::undecided, reason);
  }

  void note_warnings();
  void reconnect();
  // Throws what ended the conversation with this server before: one timeout is enough to wait for.
  void check_alive() const {
    if (gone_) throw ldap::LdapError(*gone_);
  }

  // Calls `action`; when the connection turns out lost, once more over a new one.
  template <typename Action>
  auto with_retry(Action&& action) -> decltype(action()) {
    check_alive();
    try {
      return action();
    } catch (const ldap::LdapError& error) {
      if (error.code() == ldap::ResultCode::timeout) gone_ = error;
      if (!error.connection_lost()) throw;
      reconnect();
      return action();
    }
  }

  std::string name_;
  std::unique_ptr<directory::Replica> replica_;
  const CancelToken& cancel_;
  std::vector<std::string> notes_;
  bool warned_of_index_ = false;
  bool warned_of_records_ = false;
  std::optional<ldap::LdapError> gone_;
};

void LiveSource::note_warnings() {
  for (const auto& warning : replica_->connection().warnings()) {
    if (std::find(notes_.begin(), notes_.end(), warning) == notes_.end()) notes_.push_back(warning);
  }
}

void LiveSource::reconnect() {
  const auto deadline = std::chrono::steady_clock::now() + restart_time;
  for (;;) {
    cancel_.check();
    try {
      replica_->reconnect(cancel_);
      note_warnings();
      return;
    } catch (const ldap::LdapError& error) {
      if (error.connection_lost() && std::chrono::steady_clock::now() < deadline) {
        cancel_.wait(between_tries);
        continue;
      }
      gone_ = error;
      throw;
    }
  }
}

ldap::SearchRequest LiveSource::request_for(const Area& area) const {
  ldap::SearchRequest request;
  request.base = area.base;
  request.scope = area.scope;
  request.filter = replica_->showing_all(area.filter);
  request.page_size = area.page_size;
  if (area.manage_dsa_it) request.controls.push_back({manage_dsa_it_control, true, std::nullopt});
  return request;
}

ScanOutcome LiveSource::scan(const Area& area, Fingerprinter& fingerprinter, const ScanSink& sink) {
  auto request = request_for(area);
  // The CSN of a replica's entry is newer where what is the server's own was written last.
  if (fingerprinter.rules().quick) request.filter = area.filter;
  request.attributes = fingerprinter.wanted_attributes();
  ScanOutcome out;
  Pace pace(area.rate, cancel_);
  std::optional<EntryKey> last;
  bool skipping = false;
  const auto visit = [&](const ldap::EntryView& entry) {
    const auto fingerprint = fingerprinter.take(entry);
    if (!fingerprint) return;
    if (skipping) {
      skipping = fingerprint->key != *last;
      return;
    }
    sink(*fingerprint);
    last = fingerprint->key;
    ++out.entries;
    pace.step();
  };
  try {
    check_alive();
    auto outcome = replica_->connection().search(request, visit);
    if (outcome.code == ldap::ResultCode::server_down) {
      // A search cannot be resumed, but servers answer the same search in the same order: go on after the entry last
      // seen. Should the order have changed, the entries passed over are found when they are read again one by one.
      notes_.push_back(fmt::format("the connection was lost after {} and opened anew", entries_text(out.entries)));
      reconnect();
      skipping = last.has_value();
      outcome = replica_->connection().search(request, visit);
      if (skipping && outcome.complete()) {
        out.reasons.push_back(
            fmt::format("the connection was lost after {}, and the entry where it stood is gone: run again",
                        entries_text(out.entries)));
      }
    }
    if (outcome.code == ldap::ResultCode::timeout || outcome.code == ldap::ResultCode::server_down) {
      gone_ = ldap::error_of(outcome, replica_->uri(), "search below " + area.base);
      out.lost = true;
    }
    explain(area, outcome, out);
    if (auto reason = out.lost ? std::string() : why_closed(); !reason.empty()) {
      out.reasons = {std::move(reason)};
      out.lost = true;
    }
  } catch (const ldap::LdapError& error) {
    out.reasons.emplace_back(error.what());
    out.lost = gone_.has_value();
  }
  return out;
}

// Asked after entries were read, too: a full update may have begun meanwhile, and what the server shows then is not
// the area.
std::string LiveSource::why_closed() {
  const auto reason = with_retry([&] { return replica_->closed(); });
  if (reason.empty()) return {};
  return fmt::format(
      "it gives no entries: {}. Run again when it has them; repctl status tells who can send a full update",
      printable(reason));
}

void LiveSource::explain(const Area& area, const ldap::SearchOutcome& outcome, ScanOutcome& scan) {
  using enum ldap::ResultCode;
  const auto text = outcome.diagnostic.empty() ? std::string() : " (" + printable(outcome.diagnostic) + ")";
  switch (outcome.code) {
    case success:
      // The base at least must match this filter.
      if (outcome.entries == 0 && outcome.referral_count == 0 &&
          (area.scope == ldap::Scope::subtree || area.scope == ldap::Scope::base) &&
          equals_ignore_case(area.filter, "(objectClass=*)")) {
        scan.reasons.push_back(fmt::format(
            "not even {} is shown: this identity may not see it, or may not search by objectClass", area.base));
      }
      break;
    case no_such_object:
      explain_missing_base(area, scan);
      break;
    case size_limit_exceeded:
      scan.reasons.push_back(
          fmt::format("the server's size limit ended the search after {}{}: use an identity without "
                      "limit, or try --page-size 500",
                      entries_text(scan.entries), text));
      break;
    case time_limit_exceeded:
      scan.reasons.push_back(
          fmt::format("the server's time limit ended the search after {}{}: use an identity without limit",
                      entries_text(scan.entries), text));
      break;
    case admin_limit_exceeded:
      scan.reasons.push_back(
          fmt::format("an administrative limit of the server ended the search after {}{}: use an identity "
                      "without limit, or try --page-size 500",
                      entries_text(scan.entries), text));
      break;
    case timeout:
      scan.reasons.push_back(fmt::format("the server stopped answering after {}: look at its load, or raise --timeout",
                                         entries_text(scan.entries)));
      break;
    case server_down:
      scan.reasons.push_back(
          fmt::format("the connection was lost a second time, after {}", entries_text(scan.entries)));
      break;
    case insufficient_access:
      scan.reasons.push_back(fmt::format("this identity may not search below {}{}", area.base, text));
      break;
    case referral:
      scan.reasons.push_back(fmt::format(
          "the server referred to others after {}{}", entries_text(scan.entries),
          text.empty() && !outcome.referrals.empty() ? " (" + printable(outcome.referrals.front()) + ")" : text));
      break;
    default:
      scan.reasons.push_back(fmt::format("the search ended after {}: {}{}", entries_text(scan.entries),
                                         ldap::describe(outcome.code), text));
  }
  if (outcome.referral_count != 0) {
    scan.reasons.push_back(fmt::format("{} to other servers not followed, the first: {}",
                                       counted(outcome.referral_count, "referral was", "referrals were"),
                                       outcome.referrals.empty() ? "?" : printable(outcome.referrals.front())));
  }
}

// No base entry: either there is none in a context this server holds, which is a difference like any other, or nobody
// can tell.
void LiveSource::explain_missing_base(const Area& area, ScanOutcome& scan) {
  if (replica_->context().empty()) {
    scan.reasons.push_back(fmt::format("the server holds no naming context for {}", area.base));
    return;
  }
  const auto parent = model::Dn::parse(area.base).parent();
  const bool below_context = model::Dn::parse(area.base).size() > model::Dn::parse(replica_->context()).size();
  if (below_context && replica_->connection().read(parent.text(), {"1.1"})) {
    scan.no_base = true;
    return;
  }
  scan.reasons.push_back(fmt::format("there is no entry {}, or this identity may not see it", area.base));
}

void LiveSource::read(const Area& area, const std::vector<Wanted>& wanted, const std::vector<std::string>& attributes,
                      const ReadVisitor& visitor) {
  check_open();
  if (!id_attribute().empty() &&
      std::all_of(wanted.begin(), wanted.end(), [](const auto& w) { return w.dn.empty(); })) {
    read_by_id(area, wanted, attributes, visitor);
  } else {
    read_by_dn(wanted, attributes, visitor);
  }
  check_open();
}

void LiveSource::read_by_dn(const std::vector<Wanted>& wanted, const std::vector<std::string>& attributes,
                            const ReadVisitor& visitor) {
  std::vector<std::string> dns;
  dns.reserve(wanted.size());
  for (const auto& one : wanted) dns.push_back(one.dn);
  with_retry([&] {
    replica_->connection().read_many(dns, attributes, [&](std::size_t index, const ldap::EntryView* entry) {
      if (entry != nullptr) visitor(index, entry->copy());
    });
  });
}

void LiveSource::read_by_id(const Area& area, const std::vector<Wanted>& wanted, std::vector<std::string> attributes,
                            const ReadVisitor& visitor, const std::string& filter) {
  if (!warned_of_index_ && wanted.size() > ids_per_search && replica_->id_is_indexed() == false) {
    warned_of_index_ = true;
    notes_.push_back(fmt::format("{} has no equality index: reading {} again is slow there", id_attribute(),
                                 entries_text(wanted.size())));
  }
  auto request = request_for(area);
  request.page_size = 0;
  attributes.push_back(id_attribute());
  request.attributes = std::move(attributes);
  for (std::size_t from = 0; from < wanted.size(); from += ids_per_search) {
    const auto to = std::min(from + ids_per_search, wanted.size());
    std::map<EntryKey, std::size_t> places;
    request.filter = "(|";
    for (auto i = from; i < to; ++i) {
      places.emplace(wanted[i].key, i);
      request.filter += fmt::format("({}={})", id_attribute(), uuid_text(wanted[i].key));
    }
    request.filter =
        replica_->showing_all(filter.empty() ? request.filter + ")" : "(&" + request.filter + ")" + filter + ")");
    const auto outcome = with_retry([&] {
      auto result = replica_->connection().search(request, [&](const ldap::EntryView& view) {
        const auto entry = view.copy();
        const auto place = places.find(key_of_id(entry.first(id_attribute())));
        if (place != places.end()) visitor(place->second, entry);
      });
      if (result.code == ldap::ResultCode::server_down) {
        throw ldap::LdapError(result.code, replica_->uri(), "read entries again", result.diagnostic);
      }
      return result;
    });
    // No base entry means none of the entries either.
    if (outcome.code != ldap::ResultCode::success && outcome.code != ldap::ResultCode::no_such_object) {
      throw ldap::LdapError(outcome.code, replica_->uri(), "read entries again", outcome.diagnostic);
    }
  }
}

// What this identity may not search by is undefined, and so is its negation (RFC 4511 4.5.1.7): only an entry without
// the attribute matches. Servers are known that take it for absent instead.
void LiveSource::find_lacking(const Area& area, const std::vector<Wanted>& wanted, const std::string& attribute,
                              const std::function<void(std::size_t index)>& visitor) {
  if (replica_->kind() == directory::ServerKind::ldap) return;
  const auto filter = "(!(" + attribute + "=*))";
  const bool by_id = std::all_of(wanted.begin(), wanted.end(), [](const auto& w) { return w.dn.empty(); });
  if (by_id && !id_attribute().empty()) {
    return read_by_id(
        area, wanted, {"1.1"}, [&](std::size_t i, const model::Entry&) { visitor(i); }, filter);
  }
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    ldap::SearchRequest request;
    request.base = wanted[i].dn;
    request.scope = ldap::Scope::base;
    request.filter = replica_->showing_all(filter);
    request.attributes = {"1.1"};
    with_retry([&] { return replica_->connection().search(request, [&](const ldap::EntryView&) { visitor(i); }); });
  }
}

bool LiveSource::read_records(const std::vector<Wanted>& wanted, const RecordVisitor& visitor) {
  for (std::size_t from = 0; from < wanted.size(); from += ids_per_search) {
    const auto to = std::min(from + ids_per_search, wanted.size());
    std::vector<std::string> ids;
    for (auto i = from; i < to; ++i) ids.push_back(uuid_text(wanted[i].key));
    const auto records = with_retry([&] {
      return replica_->read_records(
          ids, [&](std::size_t index, directory::EntryRecord&& record) { visitor(from + index, std::move(record)); });
    });
    if (records.told) continue;
    if (!warned_of_records_ && !records.reason.empty()) {
      warned_of_records_ = true;
      notes_.push_back(fmt::format(
          "meta-data are not told to this identity ({}): verdicts rest on {}, and deleted entries are not told from "
          "such that never existed",
          records.reason, csn_attribute().empty() ? "update vectors alone" : csn_attribute()));
    }
    return false;
  }
  return !wanted.empty();
}

void LiveSource::resolve(const Area& area, Fingerprinter& fingerprinter, const std::vector<EntryKey>& keys,
                         const std::function<void(const EntryKey&, std::string_view dn)>& visitor) {
  auto request = request_for(area);
  request.attributes = {"1.1"};
  check_alive();
  const auto outcome = replica_->connection().search(request, [&](const ldap::EntryView& entry) {
    const auto fingerprint = fingerprinter.take(entry);
    if (fingerprint && std::binary_search(keys.begin(), keys.end(), fingerprint->key))
      visitor(fingerprint->key, entry.dn());
  });
  if (outcome.code != ldap::ResultCode::success && outcome.code != ldap::ResultCode::no_such_object) {
    throw ldap::LdapError(outcome.code, replica_->uri(), "list the names below " + area.base, outcome.diagnostic);
  }
}

bool LiveSource::hides_children(const std::string& dn) {
  return with_retry([&] {
    const auto parent = replica_->connection().read(dn, {"hasSubordinates"});
    if (!parent || !equals_ignore_case(parent->first("hasSubordinates"), "TRUE")) return false;
    ldap::SearchRequest request;
    request.base = dn;
    request.scope = ldap::Scope::one;
    request.attributes = {"1.1"};
    request.size_limit = 1;
    return replica_->connection().search(request, [](const ldap::EntryView&) {}).entries == 0;
  });
}

}  // namespace

std::unique_ptr<Source> open_live_source(std::string name, const ldap::ConnectionOptions& options,
                                         const std::string& base, const CancelToken& cancel) {
  return std::make_unique<LiveSource>(std::move(name), directory::Replica::open(options, base, cancel), cancel);
}

}  // namespace replkit::compare
