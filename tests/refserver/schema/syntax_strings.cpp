#include <algorithm>
#include <array>

#include "common/base/error.hpp"
#include "common/base/text.hpp"
#include "common/base/time.hpp"
#include "common/model/dn.hpp"
#include "common/model/schema.hpp"
#include "tests/refserver/schema/syntax_checks.hpp"

namespace replkit::refserver::schema {

namespace {

// RFC 4517 3.2.
constexpr bool is_printable(char c) {
  constexpr std::string_view others = "'()+,-./:? =";
  return is_ascii_alpha(c) || is_ascii_digit(c) || others.find(c) != others.npos;
}

template <typename Predicate>
bool all(std::string_view value, Predicate predicate) {
  return std::all_of(value.begin(), value.end(), predicate);
}

bool is_ascii(std::string_view value) {
  return all(value, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

// Whether every '\' begins one of the two escapes that `allowed` names, of hexadecimal digits in any case.
bool has_only_escapes(std::string_view value, std::string_view first, std::string_view second) {
  for (auto at = value.find('\\'); at != value.npos; at = value.find('\\', at + 1)) {
    const auto escape = value.substr(at + 1, 2);
    if (!equals_ignore_case(escape, first) && !equals_ignore_case(escape, second)) return false;
  }
  return true;
}

std::string_view trim_spaces(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

template <std::size_t size>
bool is_one_of(std::string_view text, const std::array<std::string_view, size>& words) {
  return std::any_of(words.begin(), words.end(), [&](std::string_view word) { return equals_ignore_case(word, text); });
}

// Whether `value` is a DN of the plain kind most are: no escapes, quotes, other separators or non-ASCII bytes. Saves
// taking it apart.
bool is_plain_dn(std::string_view value) {
  constexpr std::string_view special = "\\\"+;<>#=";
  while (true) {
    const auto comma = std::min(value.find(','), value.size());
    const auto rdn = value.substr(0, comma);
    const auto equals = rdn.find('=');
    if (equals == rdn.npos || equals == 0 || !is_ascii_alpha(rdn.front())) return false;
    const auto type_char = [](char c) { return is_ascii_alpha(c) || is_ascii_digit(c) || c == '-'; };
    if (!all(rdn.substr(0, equals), type_char)) return false;
    const auto text = rdn.substr(equals + 1);
    if (text.empty() || text.front() == ' ' || text.back() == ' ') return false;
    if (!all(text, [&](char c) { return c >= 0x20 && c < 0x7F && special.find(c) == special.npos; })) return false;
    if (comma == value.size()) return true;
    value.remove_prefix(comma + 1);
  }
}

constexpr std::size_t max_plain_dn = 1024;  // longer ones are counted by the parser

int two_digits(std::string_view value, std::size_t at) {
  if (at + 2 > value.size() || !is_ascii_digit(value[at]) || !is_ascii_digit(value[at + 1])) return -1;
  return (value[at] - '0') * 10 + (value[at + 1] - '0');
}

bool is_between(int value, int low, int high) {
  return value >= low && value <= high;
}

}  // namespace

bool is_bit_string(std::string_view value) {
  return value.size() >= 3 && value.front() == '\'' && value.ends_with("'B") &&
         all(value.substr(1, value.size() - 3), [](char c) { return c == '0' || c == '1'; });
}

// By the letter of ABNF any case would do; no server writes or takes it.
bool is_boolean(std::string_view value) {
  return value == "TRUE" || value == "FALSE";
}

bool is_country_string(std::string_view value) {
  return value.size() == 2 && is_printable(value[0]) && is_printable(value[1]);
}

bool is_delivery_method(std::string_view value) {
  constexpr std::array<std::string_view, 10> methods{"any",   "mhs",   "physical", "telex",    "teletex",
                                                     "g3fax", "g4fax", "ia5",      "videotex", "telephone"};
  const auto parts = split(value, '$');
  return std::all_of(parts.begin(), parts.end(),
                     [&](std::string_view part) { return is_one_of(trim_spaces(part), methods); });
}

bool is_directory_string(std::string_view value) {
  return !value.empty() && is_utf8(value);
}

bool is_dn(std::string_view value) {
  if (value.size() <= max_plain_dn && is_plain_dn(value)) return true;
  try {
    model::Dn::parse(value);
    return true;
  } catch (const ParseError&) {
    return false;
  }
}

bool is_facsimile_number(std::string_view value) {
  constexpr std::array<std::string_view, 7> parameters{
      "twoDimensional", "fineResolution", "unlimitedLength", "b4Length", "a3Width", "b4Width", "uncompressed"};
  const auto parts = split(value, '$');
  return is_printable_string(parts.front()) && std::all_of(parts.begin() + 1, parts.end(), [&](std::string_view part) {
           return is_one_of(trim_spaces(part), parameters);
         });
}

bool is_generalized_time(std::string_view value) {
  return parse_generalized_time(value).has_value();
}

bool is_ia5_string(std::string_view value) {
  return is_ascii(value);
}

bool is_integer(std::string_view value) {
  if (value == "0") return true;
  if (value.starts_with('-')) value.remove_prefix(1);
  return !value.empty() && value.front() != '0' && all(value, is_ascii_digit);
}

// JFIF says how a picture begins; cameras write Exif, which begins likewise.
bool is_jpeg(std::string_view value) {
  return value.starts_with("\xFF\xD8\xFF");
}

bool is_name_and_uid(std::string_view value) {
  if (is_dn(value)) return true;
  const auto hash = value.rfind('#');
  return hash != value.npos && is_bit_string(value.substr(hash + 1)) && is_dn(value.substr(0, hash));
}

bool is_numeric_string(std::string_view value) {
  return !value.empty() && all(value, [](char c) { return is_ascii_digit(c) || c == ' '; });
}

bool is_oid(std::string_view value) {
  return model::is_schema_name(value);
}

bool is_other_mailbox(std::string_view value) {
  const auto dollar = value.find('$');
  return dollar != value.npos && is_printable_string(trim_spaces(value.substr(0, dollar))) &&
         is_ia5_string(value.substr(dollar + 1));
}

bool is_postal_address(std::string_view value) {
  const auto lines = split(value, '$');
  return is_utf8(value) && has_only_escapes(value, "24", "5C") &&
         std::none_of(lines.begin(), lines.end(), [](std::string_view line) { return line.empty(); });
}

bool is_printable_string(std::string_view value) {
  return !value.empty() && all(value, is_printable);
}

bool is_substring_assertion(std::string_view value) {
  // No piece between asterisks may be empty, but the first and the last; one asterisk at least.
  const auto pieces = split(value, '*');
  return pieces.size() > 1 && value != "*" && is_utf8(value) && has_only_escapes(value, "2A", "5C") &&
         std::none_of(pieces.begin() + 1, pieces.end() - 1, [](std::string_view piece) { return piece.empty(); });
}

bool is_teletex_terminal(std::string_view value) {
  constexpr std::array<std::string_view, 5> keys{"graphic", "control", "misc", "page", "private"};
  const auto parts = split(value, '$');
  return is_printable_string(parts.front()) && std::all_of(parts.begin() + 1, parts.end(), [&](std::string_view part) {
           const auto colon = part.find(':');
           return colon != part.npos && is_one_of(part.substr(0, colon), keys) &&
                  has_only_escapes(part.substr(colon + 1), "24", "5C");
         });
}

bool is_telex_number(std::string_view value) {
  const auto parts = split(value, '$');
  return parts.size() == 3 && std::all_of(parts.begin(), parts.end(), is_printable_string);
}

bool is_utc_time(std::string_view value) {
  if (!is_between(two_digits(value, 0), 0, 99) || !is_between(two_digits(value, 2), 1, 12) ||
      !is_between(two_digits(value, 4), 1, 31) || !is_between(two_digits(value, 6), 0, 23) ||
      !is_between(two_digits(value, 8), 0, 59)) {
    return false;
  }
  auto rest = value.substr(10);
  if (!rest.empty() && is_ascii_digit(rest.front())) {
    if (!is_between(two_digits(rest, 0), 0, 59)) return false;
    rest.remove_prefix(2);
  }
  if (rest.empty() || rest == "Z") return true;
  return rest.size() == 5 && (rest.front() == '+' || rest.front() == '-') && is_between(two_digits(rest, 1), 0, 23) &&
         is_between(two_digits(rest, 3), 0, 59);
}

bool is_uuid(std::string_view value) {
  if (value.size() != 36) return false;
  for (std::size_t i = 0; i < value.size(); ++i) {
    const bool hyphen = i == 8 || i == 13 || i == 18 || i == 23;
    if (hyphen ? value[i] != '-' : !hex_digit(value[i])) return false;
  }
  return true;
}

// Time, then count, replica and modification after '#'. OpenLDAP's have hexadecimal numbers, infomod's decimal ones and
// any name for a replica: what is common to both is asked for.
bool is_csn(std::string_view value) {
  const auto parts = split(value, '#');
  if (parts.size() != 4 || value.size() > 255) return false;
  const auto is_number = [](std::string_view text) {
    return !text.empty() && text.size() <= 8 && all(text, [](char c) { return hex_digit(c).has_value(); });
  };
  const auto is_replica_char = [](char c) {
    return is_ascii_alpha(c) || is_ascii_digit(c) || c == '.' || c == '_' || c == '-';
  };
  return parts[0].size() >= 15 && all(parts[0].substr(0, 14), is_ascii_digit) && parts[0].ends_with('Z') &&
         is_generalized_time(parts[0]) && is_number(parts[1]) && !parts[2].empty() && parts[2].size() <= 64 &&
         all(parts[2], is_replica_char) && is_number(parts[3]);
}

bool is_auth_password(std::string_view value) {
  const auto parts = split(value, '$');
  if (parts.size() != 3) return false;
  const auto scheme = trim_spaces(parts[0]);
  const auto scheme_char = [](char c) {
    return is_ascii_digit(c) || (c >= 'A' && c <= 'Z') || c == '-' || c == '.' || c == '/' || c == '_';
  };
  const auto visible = [](char c) { return c > 0x20 && c < 0x7F; };
  return !scheme.empty() && all(scheme, scheme_char) && all(trim_spaces(parts[1]), visible) &&
         all(trim_spaces(parts[2]), visible);
}

bool is_netgroup_triple(std::string_view value) {
  if (value.size() < 2 || value.front() != '(' || value.back() != ')') return false;
  const auto parts = split(value.substr(1, value.size() - 2), ',');
  const auto name_char = [](char c) {
    return is_ascii_alpha(c) || is_ascii_digit(c) || c == '.' || c == '_' || c == '-';
  };
  return parts.size() == 3 && std::all_of(parts.begin(), parts.end(),
                                          [&](std::string_view part) { return all(trim_spaces(part), name_char); });
}

bool is_boot_parameter(std::string_view value) {
  const auto equals = value.find('=');
  const auto colon = equals == value.npos ? value.npos : value.find(':', equals + 1);
  return is_ascii(value) && colon != value.npos && equals != 0 && colon != equals + 1 && colon + 1 != value.size();
}

bool is_ber_sequence(std::string_view value) {
  if (value.size() < 2 || value[0] != 0x30) return false;
  const auto byte = [&](std::size_t at) { return static_cast<std::size_t>(static_cast<unsigned char>(value[at])); };
  auto length = byte(1);
  std::size_t header = 2;
  if (length >= 0x80) {
    const auto count = length & 0x7FU;
    if (count == 0 || count > 4 || value.size() < 2 + count) return false;
    length = 0;
    for (std::size_t i = 0; i < count; ++i) length = length << 8U | byte(2 + i);
    header += count;
  }
  return value.size() - header == length;
}

}  // namespace replkit::refserver::schema
