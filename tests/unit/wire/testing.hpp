// Bytes by hand, for tests of what is on the wire.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

#include "common/base/text.hpp"
#include "common/wire/error.hpp"

namespace replkit::wire::testing_ {

// Returns the bytes that `text` spells: hexadecimal pairs, and text between single quotes as it is.
inline std::string bytes(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] == ' ') {
      ++at;
    } else if (text[at] == '\'') {
      const auto end = text.find('\'', at + 1);
      out += text.substr(at + 1, end - at - 1);
      at = end + 1;
    } else {
      const auto high = hex_digit(text[at]);
      const auto low = at + 1 < text.size() ? hex_digit(text[at + 1]) : std::nullopt;
      if (!high || !low) throw std::invalid_argument(std::string(text));
      out += static_cast<char>(*high << 4 | *low);
      at += 2;
    }
  }
  return out;
}

// Returns the error that `act` throws. Fails the test when it throws none.
template <typename Act>
ProtocolError error_of(Act act) {
  try {
    act();
  } catch (const ProtocolError& error) {
    return error;
  }
  throw std::logic_error("no ProtocolError was thrown");
}

}  // namespace replkit::wire::testing_
