// Guide and Enhanced Guide (RFC 4517 3.3.10 and 3.3.14).
#include <array>

#include "common/base/text.hpp"
#include "common/model/schema.hpp"
#include "tests/refserver/schema/syntax_checks.hpp"

namespace replkit::refserver::schema {

namespace {

constexpr unsigned max_depth = 100;

class Criteria {
 public:
  explicit Criteria(std::string_view text) : rest_(text) {}

  // Whether all of the text is criteria.
  bool parse() { return any_of(0) && rest_.empty(); }

 private:
  bool accept(char c) {
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }

  bool any_of(unsigned depth) {
    do {
      if (!all_of(depth)) return false;
    } while (accept('|'));
    return true;
  }

  bool all_of(unsigned depth) {
    do {
      if (!term(depth)) return false;
    } while (accept('&'));
    return true;
  }

  bool term(unsigned depth) {
    while (accept('!')) {
    }
    if (accept('(')) return depth < max_depth && any_of(depth + 1) && accept(')');
    if (accept('?')) return word({"true", "false"});
    const auto dollar = rest_.find('$');
    if (dollar == rest_.npos || !model::is_schema_name(trim(rest_.substr(0, dollar)))) return false;
    rest_.remove_prefix(dollar + 1);
    return word({"EQ", "SUBSTR", "GE", "LE", "APPROX"});
  }

  template <std::size_t size>
  bool word(const std::string_view (&words)[size]) {
    for (const auto& wanted : words) {
      if (equals_ignore_case(rest_.substr(0, wanted.size()), wanted)) {
        rest_.remove_prefix(wanted.size());
        return true;
      }
    }
    return false;
  }

  std::string_view rest_;
};

bool is_criteria(std::string_view text) {
  return Criteria(text).parse();
}

}  // namespace

bool is_guide(std::string_view value) {
  const auto sharp = value.find('#');
  if (sharp == value.npos) return is_criteria(value);
  return model::is_schema_name(trim(value.substr(0, sharp))) && is_criteria(value.substr(sharp + 1));
}

bool is_enhanced_guide(std::string_view value) {
  constexpr std::array<std::string_view, 3> subsets{"baseobject", "oneLevel", "wholeSubtree"};
  const auto parts = split(value, '#');
  if (parts.size() != 3 || !model::is_schema_name(trim(parts[0])) || !is_criteria(trim(parts[1]))) return false;
  for (const auto& subset : subsets) {
    if (equals_ignore_case(trim(parts[2]), subset)) return true;
  }
  return false;
}

}  // namespace replkit::refserver::schema
