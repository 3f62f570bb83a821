// The values that a standard ASN.1 compiler made (tests/golden/ldup/make-vectors), and what we make of them.
#pragma once

#include <concepts>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace replkit::ldup::testing_ {

// Returns the vectors by name. Throws when there are none.
const std::map<std::string, std::string>& vectors();

// Returns which mutations the compiler's decoder takes, as "NAME PLACE KIND TAG" with the tag in hexadecimal.
const std::set<std::string>& accepted();

struct Expected {
  std::string name;
  std::string encoded;                                  // what we write for the value
  std::function<bool(std::string_view)> decodes_to_it;  // whether the bytes hold the value
  std::function<void(std::string_view)> decode;         // throws as the decoder does
};

// Returns for every vector which value it holds.
std::vector<Expected> expected_groupings();
std::vector<Expected> expected_sessions();
std::vector<Expected> expected_updates();
std::vector<Expected> expected_cycles();
std::vector<Expected> expected_searches();
std::vector<Expected> expected_meta_data_updates();

template <typename Value>
Expected expect(std::string name, const Value& value, Value (*decode)(std::string_view)) {
  const auto is_it = [value, decode](std::string_view bytes) {
    if constexpr (std::equality_comparable<Value>) {
      return decode(bytes) == value;
    } else {
      return encode(decode(bytes)) == encode(value);
    }
  };
  return {std::move(name), encode(value), is_it, [decode](std::string_view bytes) { decode(bytes); }};
}

}  // namespace replkit::ldup::testing_
