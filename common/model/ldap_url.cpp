#include "common/model/ldap_url.hpp"

#include <algorithm>

#include "common/base/error.hpp"
#include "common/base/text.hpp"

namespace replkit::model {

namespace {

constexpr std::size_t max_bytes = 64U << 10;

[[noreturn]] void fail(const std::string& message, std::size_t offset) {
  throw ParseError("malformed LDAP URL at byte " + std::to_string(offset) + ": " + message, offset);
}

// A part of the URL that knows where it stood.
struct Part {
  std::string_view text;
  std::size_t offset = 0;

  // Takes the part up to `separator` off the front; the separator goes too.
  Part take(char separator) {
    const auto end = std::min(text.find(separator), text.size());
    const Part front{text.substr(0, end), offset};
    const auto skipped = std::min(end + 1, text.size());
    text.remove_prefix(skipped);
    offset += skipped;
    return front;
  }
};

std::string decode(const Part& part) {
  std::string out;
  for (std::size_t i = 0; i < part.text.size(); ++i) {
    const char c = part.text[i];
    if (c != '%') {
      if (c == ' ' || static_cast<unsigned char>(c) < 0x20 || c == '\x7F')
        fail("this character must be escaped", part.offset + i);
      out += c;
      continue;
    }
    const auto high = i + 1 < part.text.size() ? hex_digit(part.text[i + 1]) : std::nullopt;
    const auto low = i + 2 < part.text.size() ? hex_digit(part.text[i + 2]) : std::nullopt;
    if (!high || !low) fail("two hexadecimal digits must follow '%'", part.offset + i);
    out += static_cast<char>(*high << 4 | *low);
    i += 2;
  }
  return out;
}

std::vector<std::string> decode_list(Part part) {
  std::vector<std::string> all;
  while (!part.text.empty()) {
    const auto item = part.take(',');
    if (item.text.empty()) fail("an empty item in a list", item.offset);
    all.push_back(decode(item));
  }
  return all;
}

unsigned parse_port(const Part& part) {
  const auto port = parse_uint(part.text);
  if (!port || *port == 0 || *port > 65535) fail("a port from 1 to 65535 is expected", part.offset);
  return static_cast<unsigned>(*port);
}

void parse_authority(Part part, LdapUrl& url) {
  if (url.scheme == "ldapi") {
    url.host = decode(part);
    return;
  }
  if (part.text.starts_with('[')) {
    const auto close = part.text.find(']');
    const auto address = part.text.substr(1, close - 1);
    constexpr std::string_view allowed = "0123456789abcdefABCDEF:.%";  // % for a zone
    if (close == part.text.npos) fail("']' expected", part.offset);
    if (address.find(':') == address.npos ||
        address.substr(0, address.find('%')).find_first_not_of(allowed) != address.npos) {
      fail("an IPv6 address is expected", part.offset + 1);
    }
    const Part inside{address, part.offset + 1};
    url.host = address.find('%') == address.npos ? std::string(address) : decode(inside);
    part.text.remove_prefix(close + 1);
    part.offset += close + 1;
    if (part.text.empty()) return;
    if (part.text.front() != ':') fail("':' or '/' expected after the address", part.offset);
  } else {
    const auto colon = std::min(part.text.find(':'), part.text.size());
    url.host = decode({part.text.substr(0, colon), part.offset});
    if (url.host.find(':') != url.host.npos) fail("a host name holds no ':'", part.offset);
    part.text.remove_prefix(colon);
    part.offset += colon;
  }
  if (part.text.size() > 1) url.port = parse_port({part.text.substr(1), part.offset + 1});
}

// What stands unescaped in a host: RFC 3986's unreserved and sub-delims.
std::string encode_host(std::string_view host) {
  constexpr std::string_view plain = "-._~!$&'()*+,;=";
  std::string out;
  for (const char c : host) {
    if (is_ascii_alpha(c) || is_ascii_digit(c) || plain.find(c) != plain.npos) {
      out += c;
    } else {
      constexpr std::string_view digits = "0123456789ABCDEF";
      out += '%';
      out += digits[static_cast<unsigned char>(c) >> 4];
      out += digits[static_cast<unsigned char>(c) & 0xF];
    }
  }
  return out;
}

}  // namespace

LdapUrl LdapUrl::parse(std::string_view text) {
  if (text.size() > max_bytes) fail("it is longer than 64 KiB", max_bytes);
  LdapUrl url;
  const auto colon = text.find("://");
  if (colon == text.npos) fail("it must begin with ldap://, ldaps:// or ldapi://", 0);
  url.scheme = to_lower(text.substr(0, colon));
  if (url.scheme != "ldap" && url.scheme != "ldaps" && url.scheme != "ldapi") {
    fail("'" + printable(url.scheme) + "' is none of ldap, ldaps and ldapi", 0);
  }
  Part rest{text.substr(colon + 3), colon + 3};
  const auto authority_end = rest.text.find_first_of("/?");
  if (authority_end != rest.text.npos && rest.text[authority_end] == '?') {
    fail("'/' expected before '?'", rest.offset + authority_end);
  }
  parse_authority(rest.take('/'), url);
  url.dn = decode(rest.take('?'));
  url.attributes = decode_list(rest.take('?'));
  const auto scope = rest.take('?');
  url.scope = decode(scope);
  constexpr std::string_view scopes[] = {"", "base", "one", "sub", "children", "subordinate"};
  if (std::none_of(std::begin(scopes), std::end(scopes),
                   [&](auto known) { return equals_ignore_case(url.scope, known); })) {
    fail("'" + printable(url.scope) + "' is no scope", scope.offset);
  }
  url.filter = decode(rest.take('?'));
  const auto extensions = rest;
  if (const auto extra = extensions.text.find('?'); extra != extensions.text.npos) {
    fail("nothing may follow the extensions", extensions.offset + extra);
  }
  url.extensions = decode_list(extensions);
  return url;
}

std::string LdapUrl::server() const {
  std::string out = scheme + "://";
  if (scheme != "ldapi" && host.find(':') != host.npos) {
    const auto zone = std::min(host.find('%'), host.size());
    out += "[" + host.substr(0, zone);
    if (zone < host.size()) out += "%25" + encode_host(std::string_view(host).substr(zone + 1));
    out += "]";
  } else {
    out += encode_host(host);
  }
  if (port) out += ":" + std::to_string(*port);
  return out;
}

}  // namespace replkit::model
