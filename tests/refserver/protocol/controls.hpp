// Values of controls, as the server reads and answers them. What is malformed throws ProtocolError (answer): the caller
// adds the request with set_request(), and ignores it when the control is not critical and the RFC lets it.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/model/entry.hpp"
#include "common/model/filter.hpp"
#include "tests/refserver/protocol/encode.hpp"
#include "tests/refserver/protocol/messages.hpp"
#include "tests/refserver/protocol/oids.hpp"

namespace replkit::refserver::protocol {

// For controls that have no value: manageDsaIT, tree delete.
void expect_no_value(const Control& control);

// RFC 2696, request and response alike. `size` is the page's in entries in a request, an estimate of all (0: unknown)
// in a response.
struct PagedResults {
  std::int32_t size = 0;
  std::string cookie;

  bool operator==(const PagedResults&) const = default;
};
PagedResults decode_paged_results(const Control& control);
Control encode_paged_results(const PagedResults& value);

// Returns whether subentries are wanted instead of, and not besides, normal entries. Of RFC 3672's control and LDUP's,
// which has no value and means they are.
bool decode_subentries(const Control& control);

// RFC 4528.
model::Filter decode_assertion(const Control& control);

// Returns the attribute selection of a pre-read or post-read control (RFC 4527).
std::vector<std::string> decode_read_request(const Control& control);
// Returns the response control; `oid` is the request's.
Control encode_read_response(std::string_view oid, std::string_view dn, std::span<const AttributeView> attributes);
Control encode_read_response(std::string_view oid, const model::Entry& entry);

// RFC 2891.
struct SortKey {
  std::string description;
  std::string rule;  // empty: the attribute's ordering rule
  bool reverse = false;

  bool operator==(const SortKey&) const = default;
};
std::vector<SortKey> decode_sort_request(const Control& control);
// `description` is the attribute at fault; empty when none is.
Control encode_sort_response(ResultCode code, std::string_view description);

// Returns the filters of which a value must match one (RFC 3876).
std::vector<model::Filter> decode_matched_values(const Control& control);

// Returns the authorization identity: "" (anonymous), "dn:..." or "u:..." (RFC 4370; the form is not checked). The
// control must be critical.
std::string decode_proxied_authorization(const Control& control);

}  // namespace replkit::refserver::protocol
