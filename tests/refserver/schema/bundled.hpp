// The schema files that are part of the program: files/*.schema, turned into C++ by embed.cmake.
#pragma once

#include <span>
#include <string_view>

namespace replkit::refserver::schema {

struct BundledSchema {
  std::string_view name;
  std::string_view text;
};

std::span<const BundledSchema> bundled_schemas();

}  // namespace replkit::refserver::schema
