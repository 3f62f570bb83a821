// Schema files of the reference server, and subtree specifications: whatever is taken is written in a form that is read
// as the same again.
#include <cstdint>
#include <cstdlib>

#include "common/base/error.hpp"
#include "common/model/schema_parser.hpp"
#include "common/model/subtree_specification.hpp"
#include "tests/refserver/schema/definitions.hpp"
#include "tests/refserver/schema/schema_file.hpp"
#include "tests/refserver/schema/syntax.hpp"

using namespace replkit;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

void read_file_text(std::string_view text) {
  refserver::schema::Definitions definitions;
  try {
    refserver::schema::read_schema_text(text, "x.schema", definitions);
    const auto schema = definitions.finish();
    require(schema.attribute_types().size() == definitions.attribute_types().size());
    for (const auto& type : definitions.attribute_types()) {
      require(model::format_attribute_type(model::parse_attribute_type(type)) == type);
    }
    for (const auto& item : definitions.object_classes()) {
      require(model::format_object_class(model::parse_object_class(item)) == item);
    }
  } catch (const LocalError&) {
    // Malformed.
  }
}

void read_subtree(std::string_view text) {
  try {
    const auto once = model::SubtreeSpecification::parse(text).text();
    if (once.size() <= 64U << 10) require(model::SubtreeSpecification::parse(once).text() == once);
  } catch (const ParseError&) {
    // Malformed.
  }
}

}  // namespace

// The first byte chooses: a subtree specification, a value of some syntax, or a schema file.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  const auto syntaxes = refserver::schema::syntaxes();
  if (data[0] == '{') {
    read_subtree(text);
  } else if (data[0] < 'a' && data[0] >= 0x20 && data[0] - 0x20U < syntaxes.size()) {
    const auto& syntax = syntaxes[data[0] - 0x20U];
    if (syntax.valid != nullptr) syntax.valid(text);
  } else {
    read_file_text(text);
  }
  return 0;
}
