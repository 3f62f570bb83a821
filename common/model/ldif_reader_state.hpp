// What LdifReader keeps between records, and the parts that take a record apart. For its two source files only.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/text.hpp"
#include "common/model/ldif.hpp"
#include "common/model/ldif_lines.hpp"

namespace replkit::model {

// One line taken apart.
struct LdifField {
  std::string_view name;
  std::string_view raw;
  bool is_base64 = false;

  bool is(std::string_view keyword) const { return equals_ignore_case(name, keyword); }
};

// The take_ functions begin at the current line and leave off at the first that is not theirs.
struct LdifReader::State {
  State(std::unique_ptr<ByteSource> source, std::string name, const LdifLimits& limits)
      : lines(std::move(source), std::move(name), limits.line_bytes), record_limit(limits.record_bytes) {}

  bool find_record();
  std::string take_dn();
  std::vector<LdifControl> take_controls();
  std::vector<Attribute> take_attributes();
  ChangeRecord take_change(std::string dn, std::vector<LdifControl> controls);
  ModifyChange take_modify();
  Modification take_modification();
  RenameChange take_rename();
  std::string take_named(std::string_view keyword);
  void require_end(std::string_view after);

  void advance();
  LdifField field() const;
  std::string value(const LdifField& field) const;
  std::string keyword_value(const LdifField& field) const;
  LdifControl parse_control(const LdifField& field) const;
  std::string description(const LdifField& field) const;

  LdifLines lines;
  std::size_t record_limit;
  std::size_t record_bytes = 0;
  std::uint64_t record_line = 0;
  bool in_record = false;  // the current line belongs to the record
};

}  // namespace replkit::model
