// What schema files say, put together and checked: names that are free, superiors, attributes and rules that exist.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/text.hpp"
#include "common/model/schema.hpp"
#include "common/model/schema_parser.hpp"

namespace replkit::refserver::schema {

// Where a definition begins.
struct Place {
  std::string file;
  std::uint64_t line = 0;

  std::string text() const { return file + ":" + std::to_string(line); }
};

// Every member throws LocalError ("file:line: what").
class Definitions {
 public:
  // An objectIdentifier macro; `oid` is an OID, a macro, or a macro with ":suffix".
  void add_macro(std::string_view name, std::string_view oid, const Place& place);
  // A description in RFC 4512's form, macros allowed. Line ends in it count for the place of an error.
  void add_attribute_type(std::string_view description, const Place& place);
  void add_object_class(std::string_view description, const Place& place);
  void add_content_rule(std::string_view description, const Place& place);
  // A syntax, which says no more than that it exists.
  void add_syntax(std::string_view description, const Place& place);

  // Checks what was added as a whole and returns it. What is defined twice must be the same.
  model::Schema finish();

  // The descriptions as defined (macros expanded, nothing inherited), once finished.
  const std::vector<std::string>& attribute_types() const { return type_texts_; }
  const std::vector<std::string>& object_classes() const { return class_texts_; }
  const std::vector<std::string>& content_rules() const { return rule_texts_; }
  const std::vector<std::string>& syntaxes() const { return syntaxes_; }

 private:
  template <typename Item>
  struct Defined {
    Item item;
    Place place;
  };
  template <typename Item>
  struct Table {
    std::vector<Defined<Item>> items;
    std::vector<Defined<Item>> repeated;                       // those whose OID was there before
    std::map<std::string, std::size_t, IgnoreCaseLess> index;  // by OID and name
    const Defined<Item>* find(std::string_view name) const;
    void add(Item item, const Place& place, std::string_view what);
  };

  std::string expand(std::string_view text) const;
  void check_rules(model::AttributeType& type, const Place& place) const;
  void check_type(const Defined<model::AttributeType>& defined) const;
  void check_class(const Defined<model::ObjectClass>& defined) const;
  void check_rule(const Defined<model::ContentRule>& defined) const;
  void check_repeated(const model::Schema& schema) const;

  std::map<std::string, std::string, IgnoreCaseLess> macros_;
  Table<model::AttributeType> types_;
  Table<model::ObjectClass> classes_;
  Table<model::ContentRule> rules_;
  std::vector<std::string> type_texts_;
  std::vector<std::string> class_texts_;
  std::vector<std::string> rule_texts_;
  std::vector<std::string> syntaxes_;
};

}  // namespace replkit::refserver::schema
