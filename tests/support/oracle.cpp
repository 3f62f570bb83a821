#include "tests/support/oracle.hpp"

#include <fmt/format.h>
#include <openssl/sha.h>

#include <algorithm>
#include <array>
#include <map>
#include <string_view>

#include "common/base/error.hpp"
#include "common/model/ldif.hpp"

namespace replkit::support {

namespace {

struct Seen {
  std::string dn;
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
};

std::array<unsigned char, SHA256_DIGEST_LENGTH> digest(const model::Entry& entry,
                                                       const std::set<std::string, IgnoreCaseLess>& ignored) {
  std::vector<std::string> parts;
  for (const model::Attribute& attribute : entry.attributes) {
    if (ignored.contains(attribute.description)) continue;
    for (const std::string& value : attribute.values) parts.push_back(to_lower(attribute.description) + '\0' + value);
  }
  std::sort(parts.begin(), parts.end());
  std::string all;
  for (const std::string& part : parts) all += fmt::format("{}:{}", part.size(), part);
  std::array<unsigned char, SHA256_DIGEST_LENGTH> result{};
  SHA256(reinterpret_cast<const unsigned char*>(all.data()), all.size(), result.data());
  return result;
}

std::map<std::string, Seen> read_dump(const std::filesystem::path& path,
                                      const std::set<std::string, IgnoreCaseLess>& ignored) {
  std::map<std::string, Seen> result;
  model::LdifReader reader(model::open_bytes(path.string()), path.string());
  while (const std::optional<model::Entry> entry = reader.next_entry()) {
    const std::string uuid(entry->first("entryUUID"));
    if (uuid.empty()) throw LocalError(fmt::format("{}: '{}' has no entryUUID", path.string(), entry->dn));
    if (!result.emplace(uuid, Seen{entry->dn, digest(*entry, ignored)}).second) {
      throw LocalError(fmt::format("{}: entryUUID {} occurs twice", path.string(), uuid));
    }
  }
  return result;
}

// Returns what is different about one entry, given where it was found (null: missing); nothing when it is the same.
std::optional<TrueDifference> judge(const std::string& uuid, const std::vector<const Seen*>& found) {
  TrueDifference result;
  result.uuid = uuid;
  const Seen* first = nullptr;
  for (const Seen* seen : found) {
    if (seen == nullptr) {
      result.missing = true;
      result.dns.emplace_back();
      continue;
    }
    result.dns.emplace_back(seen->dn);
    if (first == nullptr) first = seen;
    result.dn_differs = result.dn_differs || !equals_ignore_case(first->dn, seen->dn);
    result.content_differs = result.content_differs || first->digest != seen->digest;
  }
  if (!result.missing && !result.dn_differs && !result.content_differs) return std::nullopt;
  return result;
}

}  // namespace

const std::set<std::string, IgnoreCaseLess>& entry_metadata() {
  static const std::set<std::string, IgnoreCaseLess> names{
      "contextCSN",      "entryCSN",      "entryUUID",       "creatorsName",
      "createTimestamp", "modifiersName", "modifyTimestamp", "structuralObjectClass"};
  return names;
}

std::string TrueDifference::describe() const {
  std::string result = uuid + ":";
  for (const auto& dn : dns) result += fmt::format(" [{}]", dn.value_or("missing"));
  if (dn_differs) result += " DN differs";
  if (content_differs) result += " content differs";
  return result;
}

std::vector<TrueDifference> true_differences(const std::vector<std::filesystem::path>& dumps,
                                             const std::set<std::string, IgnoreCaseLess>& ignored) {
  std::vector<std::map<std::string, Seen>> contents;
  std::set<std::string> uuids;
  for (const std::filesystem::path& dump : dumps) {
    contents.push_back(read_dump(dump, ignored));
    for (const auto& [uuid, seen] : contents.back()) uuids.insert(uuid);
  }
  std::vector<TrueDifference> result;
  for (const std::string& uuid : uuids) {
    std::vector<const Seen*> found;
    for (const auto& content : contents) {
      const auto entry = content.find(uuid);
      found.push_back(entry == content.end() ? nullptr : &entry->second);
    }
    if (std::optional<TrueDifference> difference = judge(uuid, found)) result.push_back(std::move(*difference));
  }
  return result;
}

}  // namespace replkit::support
