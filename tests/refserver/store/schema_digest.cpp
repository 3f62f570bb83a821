#include "tests/refserver/store/schema_digest.hpp"

#include <xxhash.h>

#include <memory>

#include "tests/refserver/store/bytes.hpp"

namespace replkit::refserver::store {

std::string schema_digest(const model::Schema& schema) {
  std::string text;
  for (const auto& type : schema.attribute_types()) {
    append_string(text, type.oid);
    append_string(text, type.key);
    append_number(text, type.names.size());
    for (const auto& name : type.names) append_string(text, name);
    append_number(text, static_cast<std::uint64_t>(type.kind));
    append_number(text, static_cast<std::uint64_t>(type.naming_kind));
    append_string(text, type.substring);
  }
  for (const auto& object_class : schema.object_classes()) {
    append_string(text, object_class.oid);
    append_number(text, object_class.names.size());
    for (const auto& name : object_class.names) append_string(text, name);
    append_number(text, object_class.superiors.size());
    for (const auto& superior : object_class.superiors) append_string(text, superior);
  }
  std::string out;
  append_big_endian(out, XXH3_64bits(text.data(), text.size()));
  return out;
}

}  // namespace replkit::refserver::store
