// Values of every kind: the fast path agrees with the slow one and a normal form is its own. Schema descriptions on the
// way.
#include <cstdlib>

#include "common/model/matching.hpp"
#include "common/model/schema.hpp"

using namespace replkit::model;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

// The first byte chooses the kind.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr unsigned kinds = static_cast<unsigned>(ValueKind::oid) + 1;
  if (size == 0) return 0;
  const std::string_view value(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (data[0] % (kinds + 1) == kinds) {
    const auto schema = Schema::parse({std::string(value)}, {std::string(value)});
    schema.required({"a"});
    return 0;
  }
  const auto kind = static_cast<ValueKind>(data[0] % (kinds + 1));
  const auto& schema = Schema::standard();
  std::string once;
  std::string slow;
  normalize_value(kind, value, schema, once);
  normalize_value_slowly(kind, value, schema, slow);
  require(once == slow);
  constexpr std::size_t max_bytes = 64U << 10;  // a DN over it is malformed
  if (!is_malformed_form(kind, once) && once.size() <= max_bytes) {
    normalize_value(kind, once, schema, slow);
    require(once == slow);
  }
  return 0;
}
