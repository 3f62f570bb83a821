// Random modifications and renames, compared with a model that is a multimap of values, and with a replica to which
// the primitives of each update are applied as draft-ietf-ldup-urp-08 4.3 says.
#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <tuple>

#include "common/base/text.hpp"
#include "tests/refserver/directory/entry_editor.hpp"
#include "tests/refserver/directory/entry_rules.hpp"
#include "tests/unit/refserver/directory/entry_testing.hpp"

namespace replkit::refserver::directory {
namespace {

using protocol::ResultCode;

const std::vector<std::string> descriptions{"description", "telephoneNumber", "displayName", "cn", "sn", "mail"};

bool is_single(const std::string& description) {
  return description == "displayName";
}

// --- The model: what a client sees ---

struct Model {
  std::map<std::string, std::set<std::string>> values;  // in lower case
  std::pair<std::string, std::string> rdn{"cn", "ann"};

  ResultCode step(const model::Modification& change) {
    auto& there = values[change.description];
    std::set<std::string> given;
    for (const auto& value : change.values) {
      if (!given.insert(to_lower(value)).second) return ResultCode::attribute_or_value_exists;
    }
    switch (change.kind) {
      case model::ModifyKind::add:
        if (given.empty()) return ResultCode::protocol_error;
        for (const auto& value : given) {
          if (!there.insert(value).second) return ResultCode::attribute_or_value_exists;
        }
        return ResultCode::success;
      case model::ModifyKind::remove:
        if (there.empty()) return ResultCode::no_such_attribute;
        if (given.empty()) there.clear();
        for (const auto& value : given) {
          if (there.erase(value) == 0) return ResultCode::no_such_attribute;
        }
        return ResultCode::success;
      default:
        there = given;
        return ResultCode::success;
    }
  }

  // RFC 4511 does not say which of several errors is told.
  std::set<ResultCode> faults() {
    std::set<ResultCode> out;
    if (!values[rdn.first].contains(rdn.second)) out.insert(ResultCode::not_allowed_on_rdn);
    if (values["displayName"].size() > 1) out.insert(ResultCode::constraint_violation);
    if (values["sn"].empty() || values["cn"].empty()) out.insert(ResultCode::object_class_violation);
    return out;
  }
};

// --- The replica: entry state as sets of records, changed by primitives alone ---

struct Primitive {
  enum class Kind { remove_attribute, remove_value, add_value, rename };
  ldup::Csn csn;
  Kind kind;
  std::string description;
  std::string value;  // in lower case; of a rename the value of its only AVA, `description` its type

  auto operator<=>(const Primitive&) const = default;
};

// Returns what of the entry bears the CSN of an update: its primitives, in the order of CSNs.
std::vector<Primitive> primitives_of(const store::StoredEntry& entry, const ldup::Csn& update) {
  using Kind = Primitive::Kind;
  const auto is_of_update = [&](const ldup::Csn& csn) { return csn.with_modification(0) == update; };
  std::vector<Primitive> out;
  for (const auto& attribute : entry.attributes) {
    const auto& name = attribute.description;
    if (attribute.deleted && is_of_update(*attribute.deleted)) {
      out.push_back({*attribute.deleted, Kind::remove_attribute, name, ""});
    }
    for (const auto& record : attribute.deleted_values) {
      if (is_of_update(record.csn)) out.push_back({record.csn, Kind::remove_value, name, to_lower(record.bytes)});
    }
    for (const auto& value : attribute.values) {
      if (is_of_update(value.csn)) out.push_back({value.csn, Kind::add_value, name, to_lower(value.bytes)});
    }
  }
  if (is_of_update(entry.rdn_csn)) {
    const auto rdn = model::Dn::parse(entry.rdn).rdns().front();
    out.push_back({entry.rdn_csn, Kind::rename, rdn.front().type, to_lower(rdn.front().value)});
  }
  std::sort(out.begin(), out.end());
  return out;
}

class Replica {
 public:
  struct Value {
    std::string text;
    ldup::Csn csn;
    bool distinguished = false;
  };

  std::map<std::string, std::vector<Value>> values;

  void apply(const Primitive& p) {
    switch (p.kind) {
      case Primitive::Kind::add_value:
        return add_value(p);
      case Primitive::Kind::remove_value:
        return remove_value(p);
      case Primitive::Kind::remove_attribute:
        return remove_attribute(p);
      case Primitive::Kind::rename:
        return rename(p);
    }
  }

 private:
  bool equal(const std::string& description, const std::string& a, const std::string& b) const {
    return is_single(description) || a == b;
  }

  Value* find(const std::string& description, const std::string& text) {
    for (auto& value : values[description]) {
      if (equal(description, value.text, text)) return &value;
    }
    return nullptr;
  }

  bool is_deleted(const Primitive& p, bool or_same) const {
    const auto later = [&](const ldup::Csn& csn) { return csn > p.csn || (or_same && csn == p.csn); };
    const auto adr = attribute_records_.find(p.description);
    if (adr != attribute_records_.end() && later(adr->second)) return true;
    return p.kind != Primitive::Kind::remove_attribute &&
           std::any_of(value_records_.begin(), value_records_.end(), [&](const auto& record) {
             const auto& [description, text, csn] = record;
             return description == p.description && equal(description, text, p.value) && later(csn);
           });
  }

  void add_value(const Primitive& p) {
    if (is_deleted(p, false)) return;
    auto* value = find(p.description, p.value);
    if (value == nullptr) {
      values[p.description].push_back({p.value, p.csn});
    } else if (p.csn > value->csn) {
      value->text = p.value;
      value->csn = p.csn;
    }
  }

  void remove_value(const Primitive& p) {
    if (is_deleted(p, true)) return;
    const auto* value = find(p.description, p.value);
    if (value == nullptr || p.csn > value->csn) {
      std::erase_if(values[p.description], [&](const Value& v) { return equal(p.description, v.text, p.value); });
      value_records_.insert({p.description, p.value, p.csn});
    }
  }

  void remove_attribute(const Primitive& p) {
    if (is_deleted(p, true)) return;
    std::erase_if(values[p.description], [&](const Value& v) { return p.csn > v.csn; });
    attribute_records_[p.description] = p.csn;
  }

  void rename(const Primitive& p) {
    for (auto& [description, all] : values) {
      for (auto& value : all) value.distinguished = false;
    }
    auto* value = find(p.description, p.value);
    if (value == nullptr) {
      if (is_deleted(p, false)) return;
      values[p.description].push_back({p.value, p.csn, true});
      return;
    }
    if (p.csn > value->csn) *value = {p.value, p.csn, false};
    value->distinguished = true;
  }

  std::map<std::string, ldup::Csn> attribute_records_;
  std::set<std::tuple<std::string, std::string, ldup::Csn>> value_records_;
};

// --- The run ---

using Seen = std::map<std::string, std::set<std::tuple<std::string, ldup::Csn, bool>>>;

Seen state_of(const store::StoredEntry& entry) {
  Seen out;
  for (const auto& attribute : entry.attributes) {
    for (const auto& value : attribute.values) {
      out[attribute.description].insert({to_lower(value.bytes), value.csn, value.distinguished});
    }
  }
  return out;
}

Seen state_of(const Replica& replica) {
  Seen out;
  for (const auto& [description, all] : replica.values) {
    for (const auto& value : all) out[description].insert({value.text, value.csn, value.distinguished});
  }
  return out;
}

std::map<std::string, std::set<std::string>> visible(const store::StoredEntry& entry) {
  std::map<std::string, std::set<std::string>> out;
  for (const auto& description : descriptions) {
    out[description];
    for (const auto& value : values_of(entry, description)) out[description].insert(to_lower(value));
  }
  return out;
}

class RandomRun {
 public:
  explicit RandomRun(unsigned seed) : random_(seed), entry_(make_person()) {
    model_.values = visible(entry_);
    for (const auto& attribute : entry_.attributes) {
      for (const auto& value : attribute.values) {
        replica_.values[attribute.description].push_back({to_lower(value.bytes), value.csn, value.distinguished});
      }
    }
  }

  void step(unsigned number) {
    const auto update = test_csn(number);
    if (up_to(6) == 0) {
      rename(update);
    } else {
      modify(update);
    }
    for (const auto& primitive : primitives_of(entry_, update)) replica_.apply(primitive);
    ASSERT_EQ(visible(entry_), model_.values);
    ASSERT_EQ(state_of(entry_), state_of(replica_));
  }

  unsigned accepted = 0;

 private:
  unsigned up_to(unsigned n) { return std::uniform_int_distribution<unsigned>(0, n - 1)(random_); }

  std::string value() {
    constexpr const char* texts[] = {"Ann", "ann", "b", "B", "c", "d"};
    return texts[up_to(6)];
  }

  model::Modification modification() {
    model::Modification out;
    out.kind = std::array{model::ModifyKind::add, model::ModifyKind::remove, model::ModifyKind::replace}[up_to(3)];
    out.description = descriptions[up_to(static_cast<unsigned>(descriptions.size()))];
    for (unsigned i = up_to(4); i > 0; --i) out.values.push_back(value());
    // What the RDN needs would otherwise nearly always be missing.
    if (out.kind == model::ModifyKind::replace && out.description == model_.rdn.first && up_to(4) != 0) {
      out.values = {up_to(2) == 0 ? model_.rdn.second : "Z", model_.rdn.second};
      if (out.values[0] == out.values[1]) out.values.pop_back();
    }
    return out;
  }

  void modify(const ldup::Csn& update) {
    auto after = model_;
    auto changed = entry_;
    std::set<ResultCode> expected;
    const auto code = code_of([&] {
      EntryEditor editor(changed, test_schema(), update);
      for (unsigned i = 1 + up_to(4); i > 0 && expected.empty(); --i) {
        const auto change = modification();
        if (const auto fault = after.step(change); fault != ResultCode::success) expected.insert(fault);
        editor.modify(change, Origin::client);
      }
      if (expected.empty()) expected = after.faults();
      editor.finish();
    });
    take(code, expected, std::move(after), std::move(changed));
  }

  void rename(const ldup::Csn& update) {
    auto after = model_;
    auto changed = entry_;
    const auto old = up_to(2) == 0 ? OldRdn::keep : OldRdn::remove;
    const std::string type = std::array{"cn", "displayName", "description", "mail"}[up_to(4)];
    const auto text = value();
    if (old == OldRdn::remove) after.values[after.rdn.first].erase(after.rdn.second);
    after.rdn = {type, to_lower(text)};
    after.values[type].insert(to_lower(text));
    const auto expected = after.faults();
    const auto code = code_of([&] {
      EntryEditor editor(changed, test_schema(), update);
      editor.rename({{.type = type, .value = text}}, type + "=" + text, old);
      editor.finish();
    });
    take(code, expected, std::move(after), std::move(changed));
  }

  void take(ResultCode code, const std::set<ResultCode>& expected, Model after, store::StoredEntry changed) {
    if (expected.empty()) {
      ASSERT_EQ(code, ResultCode::success);
      model_ = std::move(after);
      entry_ = std::move(changed);
      ++accepted;
    } else {
      ASSERT_TRUE(expected.contains(code)) << static_cast<int>(code);
    }
  }

  std::mt19937 random_;
  store::StoredEntry entry_;
  Model model_;
  Replica replica_;
};

TEST(EntryEditorProperty, AgreesWithTheModelAndWithItsPrimitivesElsewhere) {
  unsigned accepted = 0;
  for (unsigned seed = 1; seed <= 300; ++seed) {
    RandomRun run(seed);
    for (unsigned number = 2; number < 40; ++number) {
      ASSERT_NO_FATAL_FAILURE(run.step(number)) << "seed " << seed << ", update " << number;
    }
    accepted += run.accepted;
  }
  EXPECT_GT(accepted, 2000U);
}

}  // namespace
}  // namespace replkit::refserver::directory
