// Reads the attributes of an entry that is about replication: by any of their names, checked, and what is wrong with
// them told as findings.
#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/ldup/finding.hpp"
#include "common/model/dn.hpp"
#include "common/model/entry.hpp"

namespace replkit::ldup {

class EntryReader {
 public:
  // Returns the values of the attribute with exactly this type, none when there is none.
  using Lookup = std::function<std::vector<std::string>(std::string_view type)>;

  // Puts what is wrong into `findings`, which must outlive the reader.
  EntryReader(std::string dn, Lookup lookup, Findings& findings);
  // The entry must outlive the reader. Values with options count when there is none without (a status has language
  // tags).
  EntryReader(const model::Entry& entry, Findings& findings);

  const std::string& dn() const { return dn_; }

  // Each of these takes the canonical name of an attribute and finds it by its aliases too. A value that is not as it
  // must be is told and counts as missing; a missing one is not told.
  std::vector<std::string> values(std::string_view name) const;
  std::optional<std::string> one(std::string_view name) const;
  std::optional<bool> boolean(std::string_view name) const;
  std::optional<std::uint32_t> number(std::string_view name, std::uint32_t least, std::uint32_t most) const;
  // Returns the DN as it is written there.
  std::optional<std::string> dn_value(std::string_view name) const;
  // Returns those that name a server: ldap, ldaps or ldapi URLs (RFC 4516).
  std::vector<std::string> urls(std::string_view name) const;

  // Tells that something is wrong with the attribute: `text` says what is expected.
  void wrong(std::string_view name, const std::string& text) const;
  void warn(std::string_view name, const std::string& text) const;

 private:
  std::string dn_;
  Lookup lookup_;
  Findings* findings_;
};

// Returns an entry to add, of these classes and with the values of its RDN. Throws ParseError when `dn` is no DN of an
// entry.
model::Entry new_entry(const std::string& dn, std::initializer_list<std::string_view> object_classes);

}  // namespace replkit::ldup
