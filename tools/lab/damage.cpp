#include "tools/lab/damage.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>
#include <iterator>
#include <optional>
#include <set>

#include "common/base/text.hpp"
#include "common/ldup/csn.hpp"
#include "common/model/dn.hpp"
#include "common/model/uuid.hpp"

namespace replkit::tools::lab {

namespace {

// Attributes of people and things that take any text, so that a change cannot break the schema.
constexpr std::array free_texts{"description", "title", "l", "givenName", "street", "postalAddress", "o", "ou"};

model::Attribute* find(model::Entry& entry, std::string_view name) {
  for (auto& attribute : entry.attributes) {
    if (equals_ignore_case(attribute.description, name)) return &attribute;
  }
  return nullptr;
}

// Returns the type that names the entry, when it is one that takes any text and stands alone.
std::optional<model::Ava> naming(const model::Entry& entry) {
  const auto dn = model::Dn::parse(entry.dn);
  if (dn.empty() || dn.rdns().front().size() != 1) return std::nullopt;
  const model::Ava& ava = dn.rdns().front().front();
  for (const char* type : {"uid", "cn", "ou"}) {
    if (equals_ignore_case(ava.type, type)) return ava;
  }
  return std::nullopt;
}

bool rename(model::Entry& entry, const std::string& suffix) {
  const auto old = naming(entry);
  auto* attribute = old ? find(entry, old->type) : nullptr;
  if (attribute == nullptr) return false;
  const auto value = std::find_if(attribute->values.begin(), attribute->values.end(),
                                  [&](const std::string& v) { return equals_ignore_case(v, old->value); });
  if (value == attribute->values.end()) return false;
  *value += suffix;
  const model::Ava renamed{old->type, *value};
  entry.dn = model::rdn_text({renamed}) + ',' + model::Dn::parse(entry.dn).parent().text();
  return true;
}

std::optional<std::string> change(model::Entry& entry) {
  const auto name = naming(entry);
  for (const char* type : free_texts) {
    auto* attribute = name && equals_ignore_case(name->type, type) ? nullptr : find(entry, type);
    if (attribute == nullptr) continue;
    attribute->values = {"changed behind the others' back"};
    return attribute->description;
  }
  return std::nullopt;
}

// Returns the numbers of entries without children, in a mixed but always the same order.
std::vector<std::size_t> leaves(const std::vector<model::Entry>& entries) {
  std::set<std::string> parents;
  for (const auto& entry : entries) parents.insert(to_lower(model::parent_of(entry.dn)));
  std::vector<std::size_t> found;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (!parents.contains(to_lower(entries[i].dn))) found.push_back(i);
  }
  std::vector<std::size_t> mixed;
  constexpr std::size_t strides = 7;
  for (std::size_t start = 0; start < strides; ++start) {
    for (std::size_t i = start * 3 % strides; i < found.size(); i += strides) mixed.push_back(found[i]);
  }
  // Not the first thing everybody looks at.
  std::rotate(mixed.begin(), mixed.begin() + static_cast<std::ptrdiff_t>(mixed.size() / 2), mixed.end());
  return mixed;
}

// Returns a copy of the entry under another name and id; nothing when it cannot be named so.
std::optional<model::Entry> copy_as_new(const model::Entry& entry, const std::string& suffix) {
  model::Entry copy = entry;
  if (!rename(copy, suffix)) return std::nullopt;
  if (auto* id = find(copy, "entryUUID")) id->values = {model::Uuid::random().text()};
  return copy;
}

void date_back(model::Entry& entry, Instant since) {
  for (const char* name : {"createTimestamp", "modifyTimestamp"}) {
    if (auto* time = find(entry, name)) time->values = {format_generalized_time(since)};
  }
  if (auto* csn = find(entry, "entryCSN")) {
    const auto last = ldup::Csn::parse(csn->values.at(0));
    csn->values = {ldup::Csn(since, last.count(), last.replica_id(), last.modification()).text()};
  }
}

}  // namespace

std::vector<Damage> linger(std::vector<model::Entry>& entries, std::size_t count, Instant since) {
  std::vector<Damage> done;
  for (const std::size_t i : leaves(entries)) {
    if (done.size() == count) break;
    auto copy = copy_as_new(entries[i], "-lingering");
    if (!copy) continue;
    date_back(*copy, since);
    done.push_back({copy->dn, "lingers: the others deleted it long ago and forgot it"});
    entries.push_back(std::move(*copy));
  }
  return done;
}

std::vector<Damage> diverge(std::vector<model::Entry>& entries, std::size_t each) {
  std::vector<Damage> done;
  std::vector<model::Entry> added;
  std::set<std::size_t> removed;
  auto candidates = leaves(entries);
  std::reverse(candidates.begin(), candidates.end());
  // Gives candidates to `apply` until it took `each` of them.
  const auto take = [&](const std::function<bool(std::size_t)>& apply) {
    for (std::size_t taken = 0; taken < each && !candidates.empty();) {
      const std::size_t i = candidates.back();
      candidates.pop_back();
      if (apply(i)) ++taken;
    }
  };
  take([&](std::size_t i) {
    done.push_back({entries[i].dn, "is missing"});
    return removed.insert(i).second;
  });
  take([&](std::size_t i) {
    const auto what = change(entries[i]);
    if (what) done.push_back({entries[i].dn, "has another " + *what});
    return what.has_value();
  });
  take([&](std::size_t i) {
    const std::string before = entries[i].dn;
    if (!rename(entries[i], "-renamed")) return false;
    done.push_back({before, "is called " + entries[i].dn});
    return true;
  });
  take([&](std::size_t i) {
    auto copy = copy_as_new(entries[i], "-extra");
    if (!copy) return false;
    done.push_back({copy->dn, "is there though no other server has it"});
    added.push_back(std::move(*copy));
    return true;
  });
  for (auto i = removed.rbegin(); i != removed.rend(); ++i) {
    entries.erase(entries.begin() + static_cast<std::ptrdiff_t>(*i));
  }
  std::move(added.begin(), added.end(), std::back_inserter(entries));
  return done;
}

}  // namespace replkit::tools::lab
