#include "common/model/dn.hpp"

#include <algorithm>

#include "common/base/error.hpp"
#include "common/base/text.hpp"
#include "common/model/matching.hpp"
#include "common/model/schema.hpp"

namespace replkit::model {

namespace {

void append_hex_escape(char c, std::string& out) {
  out += '\\';
  out += to_hex(std::string_view(&c, 1));
}

// RFC 4514 2.4.
void append_escaped(std::string_view value, std::string& out) {
  constexpr std::string_view special = "\"+,;<>\\";
  const bool text = is_utf8(value);
  for (std::size_t i = 0; i < value.size(); ++i) {
    const char c = value[i];
    const bool first = i == 0;
    const bool last = i + 1 == value.size();
    if (c == '\0' || (!text && static_cast<unsigned char>(c) >= 0x80)) {
      append_hex_escape(c, out);
    } else {
      if (special.find(c) != special.npos || (first && c == '#') || ((first || last) && c == ' ')) out += '\\';
      out += c;
    }
  }
}

void append_ber(std::string_view ber, std::string& out) {
  out += '#';
  out += to_hex(ber);
}

// Appends the value as an OCTET STRING in BER.
void append_octet_string(std::string_view value, std::string& out) {
  std::string head = "\x04";
  if (value.size() < 0x80) {
    head += static_cast<char>(value.size());
  } else {
    std::string length;
    for (auto rest = value.size(); rest != 0; rest >>= 8) length.insert(0, 1, static_cast<char>(rest & 0xFF));
    head += static_cast<char>(0x80 | length.size());
    head += length;
  }
  append_ber(head, out);
  out += to_hex(value);
}

std::string normalized_ava(const Ava& ava, const Schema& schema, unsigned depth) {
  const auto* type = schema.attribute(ava.type);
  auto out = type != nullptr ? type->key : to_lower(ava.type);
  out += '=';
  if (ava.is_ber) {
    append_ber(ava.value, out);
    return out;
  }
  const auto kind = type != nullptr ? type->naming_kind : ValueKind::case_ignore;
  std::string value;
  normalize_value(kind, ava.value, schema, value, depth + 1);
  if (is_malformed_form(kind, value)) {
    append_octet_string(ava.value, out);
  } else {
    append_escaped(value, out);
  }
  return out;
}

bool is_escaped(std::string_view text, std::size_t at) {
  std::size_t slashes = 0;
  while (slashes < at && text[at - 1 - slashes] == '\\') ++slashes;
  return slashes % 2 == 1;
}

// Reads "type=value" of a plain DN at `at`, up to a comma or the end, and appends its normal form.
bool append_plain_rdn(std::string_view text, std::size_t& at, const Schema& schema, std::string& out) {
  const auto begin = at;
  while (at < text.size() && (is_ascii_alpha(text[at]) || is_ascii_digit(text[at]) || text[at] == '-')) ++at;
  if (at == begin || at == text.size() || text[at] != '=' || !is_ascii_alpha(text[begin])) return false;
  const auto* type = schema.attribute(text.substr(begin, at - begin));
  if (type != nullptr) {
    if (type->naming_kind != ValueKind::case_ignore) return false;
    out += type->key;
  } else {
    for (auto i = begin; i < at; ++i) out += ascii_lower(text[i]);
  }
  out += '=';
  bool after_space = true;
  for (++at; at < text.size() && text[at] != ','; ++at) {
    const char c = text[at];
    if (c < 0x20 || c > 0x7E || c == '\\' || c == '"' || c == '+' || c == '#' || c == ';' || c == '<' || c == '>')
      return false;
    if (c == ' ' && after_space) return false;
    after_space = c == ' ';
    out += ascii_lower(c);
  }
  return out.back() != ' ';
}

}  // namespace

std::string rdn_text(const Rdn& rdn) {
  std::string out;
  for (const auto& ava : rdn) {
    if (!out.empty()) out += '+';
    out += ava.type;
    out += '=';
    if (ava.is_ber) {
      append_ber(ava.value, out);
    } else {
      append_escaped(ava.value, out);
    }
  }
  return out;
}

std::string Dn::text() const {
  std::string out;
  for (const auto& rdn : rdns_) {
    if (!out.empty()) out += ',';
    out += rdn_text(rdn);
  }
  return out;
}

std::string Dn::normalized(const Schema& schema, unsigned depth) const {
  std::string out;
  std::vector<std::string> avas;
  for (const auto& rdn : rdns_) {
    avas.clear();
    for (const auto& ava : rdn) avas.push_back(normalized_ava(ava, schema, depth));
    std::sort(avas.begin(), avas.end());
    if (!out.empty()) out += ',';
    for (std::size_t i = 0; i < avas.size(); ++i) {
      if (i > 0) out += '+';
      out += avas[i];
    }
  }
  return out;
}

Dn Dn::parent() const {
  Dn dn;
  if (!rdns_.empty()) dn.rdns_.assign(rdns_.begin() + 1, rdns_.end());
  return dn;
}

bool normalize_plain_dn(std::string_view text, const Schema& schema, std::string& out) {
  out.clear();
  constexpr std::size_t max_bytes = 64U << 10;  // as Dn::parse()
  constexpr int max_rdns = 512;
  if (text.empty()) return true;
  if (text.size() > max_bytes) return false;
  std::size_t at = 0;
  for (int rdns = 0; rdns < max_rdns; ++rdns) {
    if (!append_plain_rdn(text, at, schema, out)) return false;
    if (at == text.size()) return true;
    ++at;
    out += ',';
  }
  return false;
}

bool normalize_dn(std::string_view text, const Schema& schema, std::string& out) {
  if (normalize_plain_dn(text, schema, out)) return true;
  try {
    out = Dn::parse(text).normalized(schema);
    return true;
  } catch (const ParseError&) {
    out = text;
    return false;
  }
}

bool is_at_or_below(std::string_view dn, std::string_view base) {
  if (base.empty() || dn == base) return true;
  if (dn.size() <= base.size() || !dn.ends_with(base)) return false;
  const auto comma = dn.size() - base.size() - 1;
  return dn[comma] == ',' && !is_escaped(dn, comma);
}

std::string_view parent_of(std::string_view dn) {
  for (std::size_t i = 0; i < dn.size(); ++i) {
    if (dn[i] == '\\') {
      ++i;
    } else if (dn[i] == ',') {
      return dn.substr(i + 1);
    }
  }
  return {};
}

}  // namespace replkit::model
