// LDAP syntaxes (RFC 4517 3.3, and of others those that common schemas use).
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace replkit::refserver::schema {

enum class Transfer : std::uint8_t {
  text,
  octets,  // not fit for people to read
  ber,     // not fit either, and ;binary may be asked for (RFC 4522)
};

struct Syntax {
  std::string_view oid;
  std::string_view description;
  // Whether a value is one of the syntax; null: all are.
  bool (*valid)(std::string_view value);
  Transfer transfer = Transfer::text;
};

// Returns the syntax with this OID; null when it is unknown.
const Syntax* find_syntax(std::string_view oid);

std::span<const Syntax> syntaxes();

}  // namespace replkit::refserver::schema
