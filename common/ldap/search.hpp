// A streaming search: what is asked, and each entry as it lies in the receive buffer.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/ldap/error.hpp"
#include "common/model/entry.hpp"

struct berelement;  // liblber's BerElement

namespace replkit::ldap {

enum class Scope { base, one, subtree, children };

struct Control {
  std::string oid;
  bool critical = false;
  std::optional<std::string> value;
};

struct SearchRequest {
  std::string base;
  Scope scope = Scope::subtree;
  std::string filter = "(objectClass=*)";
  std::vector<std::string> attributes;  // empty: all user attributes
  int size_limit = 0;                   // 0: none asked for
  std::chrono::seconds time_limit{0};   // 0: none asked for
  unsigned page_size = 0;               // 0: not paged
  std::vector<Control> controls;
};

// An entry in the receive buffer: every view in it ends with the call of the visitor.
class EntryView {
 public:
  // The DN as the server sent it.
  std::string_view dn() const { return dn_; }

  // Calls on_attribute(description) for each attribute in order and, after each, on_value(bytes) for each of its
  // values. Nothing is copied or allocated. Throws LdapError(protocol_error) on malformed BER.
  template <typename OnAttribute, typename OnValue>
  void walk(OnAttribute&& on_attribute, OnValue&& on_value) const;

  // Returns a copy. Repeated attribute types are merged (slapd can send an attribute twice).
  model::Entry copy() const;

  // For common/ldap: `attributes` is the content of the PartialAttributeList (RFC 4511 4.5.2).
  EntryView(std::string_view dn, std::string_view attributes) : dn_(dn), attributes_(attributes) {}

 private:
  // One step of BER: takes the element with this tag off the front of `rest` and returns its content. Definite lengths
  // of up to four bytes only (RFC 4511 5.1), and never past the end.
  std::string_view take(unsigned char tag, std::string_view& rest) const;
  [[noreturn]] void fail() const;

  std::string_view dn_;
  std::string_view attributes_;
};

inline std::string_view EntryView::take(unsigned char tag, std::string_view& rest) const {
  if (rest.size() < 2 || static_cast<unsigned char>(rest[0]) != tag) fail();
  std::size_t length = static_cast<unsigned char>(rest[1]);
  std::size_t header = 2;
  if (length >= 0x80) {
    const std::size_t digits = length - 0x80;
    if (digits == 0 || digits > 4 || rest.size() < 2 + digits) fail();
    length = 0;
    for (std::size_t i = 0; i < digits; ++i) length = length << 8 | static_cast<unsigned char>(rest[2 + i]);
    header += digits;
  }
  if (length > rest.size() - header) fail();
  const std::string_view content(rest.data() + header, length);
  rest.remove_prefix(header + length);
  return content;
}

template <typename OnAttribute, typename OnValue>
void EntryView::walk(OnAttribute&& on_attribute, OnValue&& on_value) const {
  constexpr unsigned char sequence = 0x30;
  constexpr unsigned char set = 0x31;
  constexpr unsigned char octet_string = 0x04;
  std::string_view attributes = attributes_;
  while (!attributes.empty()) {
    std::string_view attribute = take(sequence, attributes);
    on_attribute(take(octet_string, attribute));
    std::string_view values = take(set, attribute);
    while (!values.empty()) on_value(take(octet_string, values));
  }
}

using EntryVisitor = std::function<void(const EntryView&)>;

// How a search ended. complete() is the only good end; everything else means that entries may be missing.
struct SearchOutcome {
  ResultCode code = ResultCode::success;
  std::string diagnostic;  // the server's text
  std::string matched_dn;
  std::vector<std::string> referrals;  // search references and a referral result's URLs, at most 100 kept
  std::uint64_t referral_count = 0;
  std::uint64_t entries = 0;  // visited

  bool complete() const { return code == ResultCode::success && referral_count == 0; }
};

// Returns an outcome that is not complete as the error it is for those who need all of it; `server` is the URI.
LdapError error_of(const SearchOutcome& outcome, const std::string& server, const std::string& action);

}  // namespace replkit::ldap
