// A source whose states the test writes down, one for each pass of the watch.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "common/base/error.hpp"
#include "common/compare/source.hpp"
#include "common/model/dn.hpp"

namespace replkit::compare {

// What a source shows in one pass.
struct FakeState {
  std::vector<model::Entry> entries = {};
  std::optional<ldup::UpdateVector> vector = {};  // as read before the entries
  bool refreshing = false;
  bool fails = false;
};

class FakeSource final : public Source {
 public:
  FakeSource(std::string name, std::vector<FakeState> states) : name_(std::move(name)), states_(std::move(states)) {}

  const std::string& name() const override { return name_; }
  std::string kind() const override { return "fake"; }
  bool is_live() const override { return live; }
  std::string id_attribute() const override { return ids ? "entryUUID" : ""; }
  std::string csn_attribute() const override { return "entryCSN"; }
  const model::Schema& schema() override { return model::Schema::standard(); }
  directory::Unreplicated unreplicated() override { return {}; }
  ScanOutcome scan(const Area&, Fingerprinter&, const ScanSink&) override { return {}; }

  void read(const Area&, const std::vector<Wanted>& wanted, const std::vector<std::string>&,
            const ReadVisitor& visitor) override {
    if (on_read) on_read();
    ++reads;
    const auto& now = state(vectors_read_ == 0 ? 0 : vectors_read_ - 1);
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      wanted_names.push_back(wanted[i].dn);
      for (const auto& entry : now.entries) {
        const bool it_is = wanted[i].dn.empty() ? key_of_id(entry.first("entryUUID")) == wanted[i].key
                                                : equal_names(wanted[i].dn, entry.dn);
        if (it_is) visitor(i, entry);
      }
      if (now.fails) throw LocalError(name_ + " failed");
    }
  }
  void find_lacking(const Area&, const std::vector<Wanted>& wanted, const std::string& attribute,
                    const std::function<void(std::size_t index)>& visitor) override {
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      if (surely_lacking.contains({uuid_text(wanted[i].key), attribute})) visitor(i);
    }
  }
  void resolve(const Area&, Fingerprinter& fingerprinter, const std::vector<EntryKey>& keys,
               const std::function<void(const EntryKey&, std::string_view dn)>& visitor) override {
    if (state(0).fails) throw LocalError(name_ + " failed");
    for (const auto& entry : state(0).entries) {
      const auto key = fingerprinter.take(entry)->key;
      if (std::binary_search(keys.begin(), keys.end(), key)) visitor(key, entry.dn);
    }
  }
  bool read_records(const std::vector<Wanted>& wanted, const RecordVisitor& visitor) override {
    ++record_reads;
    records_asked += wanted.size();
    if (!records) return false;
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      const auto found = records->find(uuid_text(wanted[i].key));
      if (found != records->end()) visitor(i, directory::EntryRecord(found->second));
    }
    return true;
  }
  std::optional<ldup::Csn> parse_csn(std::string_view value) const override {
    return value.empty() ? std::nullopt : std::optional(ldup::Csn::parse(value));
  }
  std::optional<ldup::UpdateVector> vector() override { return state(vectors_read_++).vector; }
  directory::Refresh refresh() override {
    return state(vectors_read_ - 1).refreshing ? directory::Refresh::running : directory::Refresh::idle;
  }
  std::optional<std::uint64_t> own_count(const Area&) override { return std::nullopt; }
  bool hides_children(const std::string& dn) override { return dn == hidden_below; }
  std::vector<std::string> notes() const override { return {}; }

  bool live = true;
  bool ids = true;
  int reads = 0;
  std::function<void()> on_read;
  std::string hidden_below;
  std::vector<std::string> wanted_names;
  std::optional<std::map<std::string, directory::EntryRecord>> records;  // by UUID; nothing: it tells none
  std::set<std::pair<std::string, std::string>> surely_lacking;          // by UUID: what is not there, nor hidden
  int record_reads = 0;
  std::size_t records_asked = 0;

 private:
  static bool equal_names(const std::string& a, const std::string& b) {
    const auto& schema = model::Schema::standard();
    return model::Dn::parse(a).normalized(schema) == model::Dn::parse(b).normalized(schema);
  }
  const FakeState& state(std::size_t pass) const { return states_[std::min(pass, states_.size() - 1)]; }

  std::string name_;
  std::vector<FakeState> states_;
  std::size_t vectors_read_ = 0;
};

class StoppedClock final : public Clock {
 public:
  explicit StoppedClock(Instant now) : now_(now) {}
  Instant now() const override { return now_; }

 private:
  Instant now_;
};

// A change of replica `sid`, `second` seconds after noon of the day on which the tests play.
inline ldup::Csn csn_at(unsigned second, const char* sid = "001") {
  return ldup::Csn::parse("202601011200" + std::string(second < 10 ? "0" : "") + std::to_string(second) +
                          ".000000Z#000000#" + sid + "#000000");
}

inline ldup::UpdateVector vector_at(std::initializer_list<ldup::Csn> csns) {
  ldup::UpdateVector vector;
  for (const auto& csn : csns) vector.merge(csn);
  return vector;
}

inline std::string uuid_of(unsigned n) {
  return uuid_text(EntryKey{{n, 1}});
}

// Returns the person number `n` with this title and change.
inline model::Entry person(unsigned n, const std::string& title, const std::optional<ldup::Csn>& csn = csn_at(1),
                           const std::string& parent = "dc=x") {
  model::Entry entry;
  entry.dn = "cn=p" + std::to_string(n) + "," + parent;
  entry.attributes = {{"objectClass", {"person"}},
                      {"cn", {"p" + std::to_string(n)}},
                      {"sn", {"s"}},
                      {"title", {title}},
                      {"entryUUID", {uuid_of(n)}}};
  if (csn) entry.add("entryCSN", csn->text());
  return entry;
}

inline FingerprintRules fake_rules() {
  FingerprintRules rules;
  rules.schema = model::Schema::standard();
  rules.base = "dc=x";
  rules.id_attribute = "entryUUID";
  rules.csn_attribute = "entryCSN";
  rules.seed = 99;
  return rules;
}

}  // namespace replkit::compare
