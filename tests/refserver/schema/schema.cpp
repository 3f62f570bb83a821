#include "tests/refserver/schema/schema.hpp"

#include <algorithm>
#include <filesystem>

#include "common/base/error.hpp"
#include "common/base/files.hpp"
#include "tests/refserver/schema/bundled.hpp"
#include "tests/refserver/schema/schema_file.hpp"
#include "tests/refserver/schema/schema_tables.hpp"

namespace replkit::refserver::schema {

namespace {

constexpr std::size_t max_file = 16U << 20;

// The bundled schemas that others stand on.
std::vector<std::string_view> needs(std::string_view name) {
  if (name == "cosine") return {"core"};
  if (name == "inetorgperson" || name == "nis") return {"core", "cosine"};
  return {};
}

class Loader {
 public:
  explicit Loader(Definitions& definitions) : definitions_(definitions) {}

  void load(const std::string& name) {
    if (name.find('/') != name.npos) {
      read_schema_text(read_file(name, max_file), name, definitions_);
    } else {
      load_bundled(name);
    }
  }

  void load_bundled(std::string_view name) {
    const auto all = bundled_schemas();
    const auto found = std::find_if(all.begin(), all.end(),
                                    [&](const BundledSchema& schema) { return equals_ignore_case(schema.name, name); });
    if (found == all.end()) {
      throw LocalError("there is no bundled schema '" + printable(name) +
                       "' (core, cosine, inetorgperson, nis and ldup are); the name of a file needs a '/'");
    }
    if (std::find(loaded_.begin(), loaded_.end(), found->name) != loaded_.end()) return;
    loaded_.push_back(found->name);
    for (const auto needed : needs(found->name)) load_bundled(needed);
    read_schema_text(found->text, std::string(found->name) + ".schema", definitions_);
  }

 private:
  Definitions& definitions_;
  std::vector<std::string_view> loaded_;
};

}  // namespace

Schema Schema::load(const std::vector<std::string>& names) {
  Definitions definitions;
  Loader loader(definitions);
  loader.load_bundled("system");
  for (const auto& name : names) loader.load(name);
  return Schema(std::make_shared<const Tables>(definitions));
}

const model::Schema& Schema::model() const {
  return tables_->model;
}

const std::vector<model::Attribute>& Schema::subschema() const {
  return tables_->subschema;
}

bool Schema::is_valid(const model::AttributeType& type, std::string_view value) const {
  const auto* syntax = tables_->owns(type) ? tables_->types[tables_->index(type)].syntax : find_syntax(type.syntax);
  return syntax == nullptr || syntax->valid == nullptr || syntax->valid(value);
}

bool Schema::is_subtype(const model::AttributeType& type, const model::AttributeType& ancestor) const {
  const auto* at = &type;
  while (at != nullptr && at != &ancestor) at = tables_->types[tables_->index(*at)].superior;
  return at != nullptr;
}

std::vector<const model::AttributeType*> Schema::subtypes(const model::AttributeType& type) const {
  return tables_->types[tables_->index(type)].subtypes;
}

std::vector<const model::AttributeType*> Schema::attributes_of(const model::ObjectClass& object_class) const {
  const auto& allowed = tables_->classes[tables_->index(object_class)].allowed;
  std::vector<const model::AttributeType*> out;
  for (const auto& type : tables_->model.attribute_types()) {
    if (allowed.test(tables_->index(type))) out.push_back(&type);
  }
  return out;
}

}  // namespace replkit::refserver::schema
