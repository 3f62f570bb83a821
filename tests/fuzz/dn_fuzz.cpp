// DNs: whatever parses reads back from its text, its normal form is its own, and the fast path agrees.
#include <cstdlib>

#include "common/base/error.hpp"
#include "common/model/dn.hpp"
#include "common/model/schema.hpp"

using namespace replkit;
using namespace replkit::model;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto& schema = Schema::standard();
  std::string fast;
  const bool plain = normalize_plain_dn(text, schema, fast);
  parent_of(text);
  try {
    const auto dn = Dn::parse(text);
    const auto normal = dn.normalized(schema);
    require(!plain || fast == normal);
    constexpr std::size_t max_bytes = 64U << 10;  // escapes may take the result over the bound of parse()
    if (dn.text().size() <= max_bytes) require(Dn::parse(dn.text()).text() == dn.text());
    if (normal.size() <= max_bytes) {
      const auto again = Dn::parse(normal);
      require(again.normalized(schema) == normal);
      require(parent_of(normal) == again.parent().normalized(schema));
      require(is_at_or_below(normal, parent_of(normal)));
    }
  } catch (const ParseError& error) {
    require(!plain && error.offset() <= size);
  }
  return 0;
}
