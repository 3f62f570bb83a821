// The controls of a request, read and found to fit its operation.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/model/filter.hpp"
#include "tests/refserver/protocol/controls.hpp"
#include "tests/refserver/protocol/messages.hpp"

namespace replkit::refserver::directory {

struct RequestControls {
  std::optional<protocol::PagedResults> paged;
  bool paged_critical = false;
  std::optional<bool> subentries;  // only subentries (true), or only normal entries (false, RFC 3672)
  bool manage_dsa_it = false;
  std::optional<model::Filter> assertion;
  std::optional<std::vector<std::string>> pre_read;   // the attribute selection
  std::optional<std::vector<std::string>> post_read;  //
  std::vector<protocol::SortKey> sort;                // empty: no sorting
  bool sort_critical = false;
  std::vector<model::Filter> matched_values;
  bool tree_delete = false;
  bool relax = false;                                // draft-zeilenga-ldap-relax, as far as add goes
  bool write_unwriteable = false;                    // draft-ietf-ldup-mrm-02 3.16
  std::optional<std::string> proxied_authorization;  // "" is anonymous
};

// Reads the controls of a request. Those that are unknown, or do not go with the operation, are left out; when they are
// critical, throws protocol::Refusal (unavailableCriticalExtension, RFC 4511 4.1.11). Throws protocol::ProtocolError
// (answer) for malformed values and when a known control comes twice.
// Of the extended operations only Who am I and Password Modify are known here; `takes` says which others' controls are
// not to be refused.
using TakesControl = std::function<bool(std::string_view oid)>;
RequestControls parse_controls(const protocol::Request& request, std::span<const protocol::Control> controls,
                               const TakesControl& takes = {});

// Returns the OIDs of all controls that some operation takes, for the root DSE.
std::span<const std::string_view> supported_controls();

}  // namespace replkit::refserver::directory
