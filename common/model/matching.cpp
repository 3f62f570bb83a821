#include "common/model/matching.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>

#include "common/base/error.hpp"
#include "common/base/text.hpp"
#include "common/base/time.hpp"
#include "common/model/dn.hpp"
#include "common/model/stringprep.hpp"

namespace replkit::model {

namespace {

// A DN as the value of an RDN in a DN... deeper than this is taken for malformed: each level can double the escapes.
constexpr unsigned max_depth = 4;

bool is_printable_ascii(char c) {
  return c >= 0x20 && c <= 0x7E;
}

void put_malformed(std::string_view value, std::string& out) {
  out.assign(1, '\0');
  out += value;
}

// Puts printable ASCII with its spaces (and case) folded; returns false when there is anything else.
bool fold_printable(std::string_view value, CaseFold fold, std::string& out) {
  out.resize(value.size());
  char* to = out.data();
  bool after_space = true;  // drops the spaces in front
  for (const char c : value) {
    if (!is_printable_ascii(c)) return false;
    if (c == ' ') {
      if (!after_space) *to++ = c;
      after_space = true;
    } else {
      *to++ = fold == CaseFold::fold ? ascii_lower(c) : c;
      after_space = false;
    }
  }
  if (after_space && to != out.data()) --to;
  out.resize(static_cast<std::size_t>(to - out.data()));
  return true;
}

bool put_string(std::string_view value, CaseFold fold, std::string& out) {
  std::u32string prepared;
  out.clear();
  if (!prepare_string(value, fold, prepared)) return false;
  squeeze_spaces(prepared, EdgeSpace::none, EdgeSpace::none, 1, out);
  return true;
}

// RFC 4518 2.6.2 and 2.6.3: drops the insignificant characters, each of which may carry no combining mark.
template <typename Predicate>
bool put_without(std::string_view value, CaseFold fold, Predicate insignificant, std::string& out) {
  std::u32string prepared;
  out.clear();
  if (!prepare_string(value, fold, prepared)) return false;
  for (std::size_t i = 0; i < prepared.size(); ++i) {
    const bool marked = i + 1 < prepared.size() && is_combining_mark(prepared[i + 1]);
    if (marked || !insignificant(prepared[i])) append_utf8(prepared[i], out);
  }
  return true;
}

bool is_phone_filler(char32_t c) {
  constexpr std::u32string_view fillers = U" -\u058A\u2010\u2011\u2212\uFE63\uFF0D";
  return fillers.find(c) != fillers.npos;
}

bool put_numeric(std::string_view value, std::string& out) {
  return put_without(
             value, CaseFold::keep, [](char32_t c) { return c == U' '; }, out) &&
         std::all_of(out.begin(), out.end(), is_ascii_digit);
}

// Copies printable ASCII without what `insignificant` names, in lower case; returns false when there is anything else.
template <typename Predicate>
bool copy_printable(std::string_view value, Predicate insignificant, std::string& out) {
  out.clear();
  for (const char c : value) {
    if (!is_printable_ascii(c)) return false;
    if (!insignificant(c)) out += ascii_lower(c);
  }
  return true;
}

bool put_integer(std::string_view value, std::string& out) {
  const bool negative = value.starts_with('-');
  auto digits = value.substr(negative ? 1 : 0);
  if (digits.empty() || !std::all_of(digits.begin(), digits.end(), is_ascii_digit)) return false;
  digits.remove_prefix(std::min(digits.find_first_not_of('0'), digits.size() - 1));
  out.assign(negative && digits != "0" ? "-" : "");
  out += digits;
  return true;
}

bool put_boolean(std::string_view value, std::string& out) {
  if (equals_ignore_case(value, "TRUE")) {
    out = "TRUE";
  } else if (equals_ignore_case(value, "FALSE")) {
    out = "FALSE";
  } else {
    return false;
  }
  return true;
}

// Whether `value` is YYYYMMDDhhmmssZ with a day that every month has: its own normal form.
bool is_plain_time(std::string_view value) {
  if (value.size() != 15 || value[14] != 'Z' || !std::all_of(value.begin(), value.end() - 1, is_ascii_digit))
    return false;
  const auto number = [&](std::size_t at) { return (value[at] - '0') * 10 + (value[at + 1] - '0'); };
  return number(4) >= 1 && number(4) <= 12 && number(6) >= 1 && number(6) <= 28 && number(8) <= 23 &&
         number(10) <= 59 && number(12) <= 59;
}

bool put_time(std::string_view value, std::string& out) {
  // Finer than the microseconds of Instant: such values would seem equal.
  const auto fraction = value.find_first_of(".,");
  if (fraction != value.npos) {
    const auto end = value.find_first_not_of("0123456789", fraction + 1);
    if (std::min(end, value.size()) - fraction > 7) return false;
  }
  const auto instant = parse_generalized_time(value);
  if (!instant) return false;
  out = format_generalized_time(*instant);
  if (out.size() != 15) return false;  // a zone took it out of the years 0000 to 9999
  const auto micros = (*instant - std::chrono::floor<std::chrono::seconds>(*instant)).count();
  if (micros != 0) {
    out.pop_back();
    auto digits = fmt::format(".{:06}", micros);
    digits.resize(digits.find_last_not_of('0') + 1);
    out += digits + "Z";
  }
  return true;
}

bool put_uuid(std::string_view value, std::string& out) {
  if (value.size() != 36) return false;
  out.clear();
  for (std::size_t i = 0; i < value.size(); ++i) {
    const bool hyphen = i == 8 || i == 13 || i == 18 || i == 23;
    if (hyphen ? value[i] != '-' : !hex_digit(value[i])) return false;
    out += ascii_lower(value[i]);
  }
  return true;
}

// A name or OID by the first name that the schema has for it, in lower case.
bool put_oid(std::string_view value, const Schema& schema, std::string& out) {
  const auto allowed = [](char c) {
    return is_ascii_alpha(c) || is_ascii_digit(c) || c == '-' || c == '.' || c == ';' || c == '_';
  };
  if (value.empty() || !std::all_of(value.begin(), value.end(), allowed)) return false;
  std::string_view name = value;
  if (const auto* object_class = schema.object_class(value); object_class != nullptr && !object_class->names.empty()) {
    name = object_class->names.front();
  } else if (const auto* type = value.find(';') == value.npos ? schema.attribute(value) : nullptr; type != nullptr) {
    name = type->key;
  }
  out.resize(name.size());
  std::transform(name.begin(), name.end(), out.begin(), ascii_lower);
  return true;
}

bool put_dn(std::string_view value, const Schema& schema, std::string& out, unsigned depth) {
  if (depth >= max_depth) return false;
  if (depth == 0) return normalize_dn(value, schema, out);
  try {
    out = Dn::parse(value).normalized(schema, depth);
    return true;
  } catch (const ParseError&) {
    return false;
  }
}

// Returns where the #'0101'B at the end of `value` begins (RFC 4517 3.3.21); npos when there is none.
std::size_t find_uid(std::string_view value) {
  if (!value.ends_with("'B")) return value.npos;
  const auto open = value.find_last_not_of("01", value.size() - 3);
  if (value.size() < 4 || open == value.npos || open == 0 || value[open] != '\'' || value[open - 1] != '#')
    return value.npos;
  std::size_t slashes = 0;
  while (slashes < open - 1 && value[open - 2 - slashes] == '\\') ++slashes;
  return slashes % 2 == 0 ? open - 1 : value.npos;
}

bool put_name_and_uid(std::string_view value, const Schema& schema, std::string& out, unsigned depth) {
  const auto uid = find_uid(value);
  if (!put_dn(value.substr(0, uid), schema, out, depth)) return false;
  if (uid != value.npos) {
    out += value.substr(uid);
  } else if (const auto seeming = find_uid(out); seeming != out.npos) {
    out.insert(seeming, 1, '\\');  // it is the end of a name, and must not read as a UID
  }
  return true;
}

bool put_fast(ValueKind kind, std::string_view value, std::string& out) {
  switch (kind) {
    case ValueKind::case_ignore:
      return fold_printable(value, CaseFold::fold, out);
    case ValueKind::case_exact:
      return fold_printable(value, CaseFold::keep, out);
    case ValueKind::telephone:
      return copy_printable(
          value, [](char c) { return c == ' ' || c == '-'; }, out);
    case ValueKind::numeric:
      return copy_printable(
                 value, [](char c) { return c == ' '; }, out) &&
             std::all_of(out.begin(), out.end(), is_ascii_digit);
    case ValueKind::generalized_time:
      if (!is_plain_time(value)) return false;
      out = value;
      return true;
    default:
      return false;
  }
}

bool put_slowly(ValueKind kind, std::string_view value, const Schema& schema, std::string& out, unsigned depth) {
  switch (kind) {
    case ValueKind::octets:
      out = value;
      return true;
    case ValueKind::case_exact:
      return put_string(value, CaseFold::keep, out);
    case ValueKind::case_ignore:
      return put_string(value, CaseFold::fold, out);
    case ValueKind::numeric:
      return put_numeric(value, out);
    case ValueKind::telephone:
      return put_without(value, CaseFold::fold, is_phone_filler, out);
    case ValueKind::integer:
      return put_integer(value, out);
    case ValueKind::boolean:
      return put_boolean(value, out);
    case ValueKind::dn:
      return put_dn(value, schema, out, depth);
    case ValueKind::name_and_uid:
      return put_name_and_uid(value, schema, out, depth);
    case ValueKind::generalized_time:
      return put_time(value, out);
    case ValueKind::uuid:
      return put_uuid(value, out);
    case ValueKind::oid:
      return put_oid(value, schema, out);
  }
  return false;
}

}  // namespace

void normalize_value(ValueKind kind, std::string_view value, const Schema& schema, std::string& out, unsigned depth) {
  if (!put_fast(kind, value, out)) normalize_value_slowly(kind, value, schema, out, depth);
}

void normalize_value_slowly(ValueKind kind, std::string_view value, const Schema& schema, std::string& out,
                            unsigned depth) {
  if (!put_slowly(kind, value, schema, out, depth)) put_malformed(value, out);
}

bool is_assertable(ValueKind kind, std::string_view value, const Schema& schema) {
  std::string form;
  normalize_value(kind, value, schema, form);
  if (is_malformed_form(kind, form)) return false;
  if (kind == ValueKind::integer || kind == ValueKind::boolean) return form == value;
  const bool is_name = kind == ValueKind::oid && !value.empty() && !is_ascii_digit(value.front());
  return !is_name || schema.object_class(value) != nullptr || schema.attribute(value) != nullptr;
}

int compare_forms(ValueKind kind, std::string_view a, std::string_view b) {
  if (kind == ValueKind::integer) {
    const bool negative = a.starts_with('-');
    if (negative != b.starts_with('-')) return negative ? -1 : 1;
    const int by_size = a.size() != b.size() ? (a.size() < b.size() ? -1 : 1) : a.compare(b);
    return negative ? -by_size : by_size;
  }
  if (kind == ValueKind::generalized_time) {  // "20260101000000Z" stands before "20260101000000.5Z"
    if (a.ends_with('Z')) a.remove_suffix(1);
    if (b.ends_with('Z')) b.remove_suffix(1);
  }
  return a.compare(b);
}

}  // namespace replkit::model
