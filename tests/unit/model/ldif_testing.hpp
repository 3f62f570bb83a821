// What the LDIF tests share.
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "common/model/ldif.hpp"

namespace replkit::model {

using Record = std::variant<Entry, ChangeRecord>;

inline std::vector<Record> read_all(std::string_view text, LdifLimits limits = {}) {
  LdifReader reader(memory_bytes(text), "test.ldif", limits);
  std::vector<Record> out;
  while (auto record = reader.next()) out.push_back(std::move(*record));
  return out;
}

inline Entry read_entry(std::string_view text) {
  return std::get<Entry>(read_all(text).at(0));
}

inline ChangeRecord read_change(std::string_view text) {
  return std::get<ChangeRecord>(read_all(text).at(0));
}

// Returns the message of the LdifError that reading the text ends with; empty when there is none.
inline std::string error_of(std::string_view text, LdifLimits limits = {}) {
  try {
    read_all(text, limits);
  } catch (const LdifError& error) {
    return error.what();
  }
  return {};
}

inline std::string write_all(const std::vector<Record>& records, std::size_t wrap = 76) {
  std::string out;
  LdifWriter writer([&](std::string_view part) { out += part; }, wrap);
  for (const auto& record : records) {
    if (const auto* entry = std::get_if<Entry>(&record)) {
      writer.entry(*entry);
    } else {
      writer.change(std::get<ChangeRecord>(record));
    }
  }
  return out;
}

}  // namespace replkit::model
