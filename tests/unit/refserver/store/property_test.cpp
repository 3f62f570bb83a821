// Random changes against a model in memory: whatever can be asked has the same answer, and check() never complains.
#include <gmock/gmock.h>

#include <cstdlib>
#include <map>
#include <optional>
#include <random>
#include <set>

#include "common/base/error.hpp"
#include "common/model/dn.hpp"
#include "common/model/filter.hpp"
#include "common/model/filter_matcher.hpp"
#include "tests/unit/refserver/store/testing.hpp"

namespace replkit::refserver::store {
namespace {

class PropertyTest : public StoreTest {
 protected:
  using Model = std::map<EntryId, StoredEntry>;

  void start(unsigned seed) {
    random_.seed(seed);
    StoreOptions options;
    options.directory = folder_ / ("seed" + std::to_string(seed));
    options.indexes = {{"cn", true, true, true},
                       {"sn", true, true, true},
                       {"description", true, false, true},
                       {"uidNumber", false, true, false},
                       {"objectClass", false, true, false},
                       {"seeAlso", true, true, false}};
    options_ = options;
    open(options);
    model_.clear();
  }

  unsigned roll(unsigned sides) { return static_cast<unsigned>(random_() % sides); }

  std::string word() {
    static const std::vector<std::string> words{"a",     "B",       "ab",           "Ab",   "abc",
                                                "ABC d", "b c  d",  "\xC3\xA4rger", "x\\y", "comma, plus +",
                                                "#hash", " space ", "d\"q\"",       "same"};
    if (roll(30) == 0) return std::string(400 + roll(300), static_cast<char>('k' + roll(2)));
    return words[roll(static_cast<unsigned>(words.size()))];
  }

  std::string rdn() {
    return model::rdn_text({{roll(4) == 0 ? "ou" : "cn", word() + (roll(2) == 0 ? "" : word()), false}});
  }

  EntryId some_entry(bool live) {
    std::vector<EntryId> ids;
    for (const auto& [id, entry] : model_) {
      if (!live || !entry.deleted) ids.push_back(id);
    }
    return ids.empty() || roll(20) == 0 ? no_entry : ids[roll(static_cast<unsigned>(ids.size()))];
  }

  void change_values(StoredEntry& entry, const ldup::Csn& csn) {
    static const std::vector<std::string> names{"cn",        "CN;lang-de", "sn",   "description",
                                                "uidNumber", "seeAlso",    "title"};
    auto& attributes = entry.attributes;
    const auto& name = names[roll(static_cast<unsigned>(names.size()))];
    auto* attribute = entry.find(name);
    if (attribute == nullptr) attribute = &attributes.emplace_back(StoredAttribute{name, {}, {}, {}});
    if (!attribute->values.empty() && roll(3) == 0) {
      attribute->deleted_values.push_back({attribute->values.back().bytes, csn});
      attribute->values.pop_back();
    } else if (roll(8) == 0) {
      attribute->values.clear();
      attribute->deleted = csn;
    } else {
      const auto value = name == "uidNumber" ? std::to_string(static_cast<int>(roll(2000)) - 1000)
                         : name == "seeAlso" ? "cn=" + word() + ",o=x"
                                             : word();
      attribute->values.push_back({value, csn, roll(5) == 0});
    }
  }

  // --- What the store must do, done to the model ---

  std::string key_in_tree(const StoredEntry& entry) const {
    std::string key;
    model::normalize_dn(entry.rdn, test_schema().model(), key);
    return std::to_string(entry.superior) + "/" + key;
  }

  bool has_children(EntryId id) const {
    return std::any_of(model_.begin(), model_.end(),
                       [&](const auto& one) { return !one.second.deleted && one.second.superior == id; });
  }

  bool may_put(const StoredEntry& entry) const {
    for (const auto& [id, other] : model_) {
      if (id != entry.id && other.uuid == entry.uuid) return false;
      if (id != entry.id && !entry.deleted && !other.deleted && key_in_tree(other) == key_in_tree(entry)) return false;
    }
    if (entry.deleted) return entry.id == no_entry || model_.at(entry.id).deleted || !has_children(entry.id);
    for (auto at = entry.superior; at != no_entry; at = model_.at(at).superior) {
      if (at == entry.id || model_.count(at) == 0 || model_.at(at).deleted) return false;
    }
    return true;
  }

  // One random step, in the store and in the model, which agree on whether it can be done.
  void step(Writer& writer) {
    const auto csn = writer.next_csn();
    const auto kind = roll(10);
    auto entry = make_entry(some_entry(true), rdn(), {}, csn);
    if (kind >= 3) {
      const auto id = some_entry(false);
      if (id == no_entry) return;
      entry = model_.at(id);
    }
    if (kind == 9) return erase_one(writer, entry.id);
    for (auto n = kind < 6 ? roll(6) + 1 : 0; n > 0; --n) change_values(entry, csn);
    if (kind == 6) entry.superior = some_entry(true);
    if (kind == 6 || kind == 7) entry.rdn = rdn();
    if (kind == 8) entry.deleted = entry.deleted ? std::nullopt : std::optional(csn);
    if (may_put(entry)) {
      entry.id = writer.put(entry);
      model_[entry.id] = entry;
    } else {
      EXPECT_THROW(writer.put(entry), LocalError) << entry.rdn;
    }
  }

  void erase_one(Writer& writer, EntryId id) {
    if (has_children(id)) {
      EXPECT_THROW(writer.erase(id), LocalError);
    } else {
      writer.erase(id);
      model_.erase(id);
    }
  }

  std::string dn_key(EntryId id) const {
    const auto& entry = model_.at(id);
    std::string key;
    model::normalize_dn(entry.rdn, test_schema().model(), key);
    return entry.superior == no_entry ? key : key + "," + dn_key(entry.superior);
  }

  void compare() {
    const auto snapshot = store().snapshot();
    std::uint64_t live = 0;
    for (const auto& [id, entry] : model_) {
      EXPECT_EQ(snapshot->load(id), entry);
      EXPECT_EQ(snapshot->find(entry.uuid), id);
      if (entry.deleted) continue;
      ++live;
      EXPECT_EQ(snapshot->dn_key(id), dn_key(id));
      EXPECT_EQ(snapshot->has_children(id), has_children(id)) << id;
      if (is_unambiguous(id)) {
        EXPECT_EQ(snapshot->find(dn_key(id)), id) << dn_key(id);
      }
    }
    EXPECT_EQ(snapshot->entry_count(), live);
    compare_children(*snapshot);
    for (int i = 0; i < 20; ++i) compare_candidates(*snapshot, filter(0));
    expect_sound();
  }

  // Random tops may have names that other entries have, too.
  bool is_unambiguous(EntryId id) const {
    const auto key = dn_key(id);
    return std::count_if(model_.begin(), model_.end(), [&](const auto& one) {
             return !one.second.deleted && one.second.superior == no_entry &&
                    model::is_at_or_below(key, dn_key(one.first));
           }) <= 1;
  }

  void compare_children(const Snapshot& snapshot) {
    std::map<EntryId, std::set<EntryId>> expected;
    for (const auto& [id, entry] : model_) {
      if (!entry.deleted) expected[entry.superior].insert(id);
    }
    for (const auto& [superior, children] : expected) {
      std::vector<EntryId> found;
      std::string after;
      while (snapshot.children(superior, after, 3, found)) {
      }
      EXPECT_EQ(std::set<EntryId>(found.begin(), found.end()), children);
      EXPECT_EQ(found.size(), children.size());
    }
  }

  std::string item() {
    static const std::vector<std::string> names{"cn", "sn", "description", "name", "uidNumber", "title", "seeAlso"};
    const auto& name = names[roll(static_cast<unsigned>(names.size()))];
    const auto value =
        model::escape_filter_value(name == "uidNumber" ? std::to_string(static_cast<int>(roll(2000)) - 1000)
                                   : name == "seeAlso" ? "cn=" + word() + ",o=x"
                                                       : word());
    switch (roll(7)) {
      case 0:
        return "(" + name + "=*)";
      case 1:
        return "(" + name + ">=" + value + ")";
      case 2:
        return "(" + name + "<=" + value + ")";
      case 3:
        return "(" + name + "=*" + value + "*)";
      case 4:
        return "(" + name + "=" + value + "*" + value + ")";
      case 5:
        return roll(2) == 0 ? "(objectClass=top)" : "(" + name + ":caseExactMatch:=" + value + ")";
      default:
        return "(" + name + "=" + value + ")";
    }
  }

  std::string filter(int depth) {
    const auto kind = depth > 2 ? 9 : roll(10);
    if (kind > 4) return item();
    if (kind == 4) return "(!" + filter(depth + 1) + ")";
    std::string out = kind < 2 ? "(&" : "(|";
    for (auto n = roll(3) + 1; n > 0; --n) out += filter(depth + 1);
    return out + ")";
  }

  // Every entry that matches is among the candidates.
  void compare_candidates(const Snapshot& snapshot, const std::string& text) {
    const auto filter = model::Filter::parse(text);
    const auto found = snapshot.candidates(filter, 1000);
    if (!found) return;
    ++narrowed_;
    model::Descriptions descriptions(test_schema().model());
    model::FilterMatcher matcher(filter, descriptions, model::RuleUse::declared);
    std::vector<std::uint32_t> numbers;
    LiveEntry live;
    for (const auto& [id, entry] : model_) {
      if (!snapshot.read(id, live)) continue;
      descriptions.number(live.attributes, numbers);
      if (matcher.match({live.attributes, numbers, snapshot.dn(id)}) != model::Truth::yes) continue;
      ++matched_;
      EXPECT_TRUE(std::binary_search(found->begin(), found->end(), id)) << text << " misses entry " << id;
    }
  }

  std::mt19937 random_;
  StoreOptions options_;
  Model model_;
  std::size_t narrowed_ = 0;
  std::size_t matched_ = 0;
};

TEST_F(PropertyTest, AgreesWithASimpleModel) {
  const auto* setting = std::getenv("REPLKIT_ROUNDS");
  const unsigned seeds = setting != nullptr ? static_cast<unsigned>(std::atoi(setting)) : 5;
  for (unsigned seed = 1; seed <= seeds; ++seed) {
    SCOPED_TRACE(seed);
    start(seed);
    for (int batch = 0; batch < 15; ++batch) {
      const auto before = model_;
      const auto random = random_;
      const bool fails = roll(5) == 0;
      const auto steps = roll(25) + 1;
      const auto change = [&](Writer& writer) {
        model_ = before;
        random_ = random;
        for (unsigned i = 0; i < steps; ++i) step(writer);
        if (fails) throw UsageError("half way");
      };
      if (fails) {
        EXPECT_THROW(store().apply(change), UsageError);
        model_ = before;
      } else {
        store().apply(change);
      }
      compare();
      if (roll(5) == 0) open(options_);
      if (HasFailure()) return;
    }
  }
  EXPECT_GT(narrowed_, 100U);
  EXPECT_GT(matched_, 100U);
}

}  // namespace
}  // namespace replkit::refserver::store
