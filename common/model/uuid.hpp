// UUIDs (RFC 4122; as attribute values RFC 4530).
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace replkit::model {

struct Uuid {
  std::array<std::uint8_t, 16> bytes{};

  // Returns the UUID that 8-4-4-4-12 hexadecimal digits of either case spell; nothing when it is not one.
  static std::optional<Uuid> parse(std::string_view text);
  // Returns a random one (version 4), from the system's generator.
  static Uuid random();
  // Returns the one that `name` has within `space` (version 5, SHA-1).
  static Uuid named(const Uuid& space, std::string_view name);

  // Returns 8-4-4-4-12 digits in lower case.
  std::string text() const;

  auto operator<=>(const Uuid&) const = default;
};

}  // namespace replkit::model
