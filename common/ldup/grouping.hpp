// Values of the grouping operations (draft-zeilenga-ldap-grouping-06), whose OIDs are in oids.hpp. Cookies are any
// bytes that name a group on one connection; what a group is about is in the inner values, which its type defines.
//
// Here as in all headers of the wire of LDUP: decode_...() throw wire::ProtocolError (answer: protocolError) for what
// is malformed, a value that is not there given as an empty one included; encode() returns the whole value. The ASN.1
// is in ldup-mrm.asn1, the meaning in man/ldup-mrm.7.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace replkit::ldup {

struct CreateGroupingRequest {
  std::string type;  // an OID
  std::optional<std::string> value;

  bool operator==(const CreateGroupingRequest&) const = default;
};
std::string encode(const CreateGroupingRequest& value);
CreateGroupingRequest decode_create_grouping_request(std::string_view bytes);

struct CreateGroupingResponse {
  std::optional<std::string> cookie;  // iff the group was made
  std::optional<std::string> value;

  bool operator==(const CreateGroupingResponse&) const = default;
};
std::string encode(const CreateGroupingResponse& value);
CreateGroupingResponse decode_create_grouping_response(std::string_view bytes);

struct EndGroupingRequest {
  std::string cookie;
  std::optional<std::string> value;

  bool operator==(const EndGroupingRequest&) const = default;
};
std::string encode(const EndGroupingRequest& value);
EndGroupingRequest decode_end_grouping_request(std::string_view bytes);

struct EndGroupingResponse {
  std::optional<std::string> value;

  bool operator==(const EndGroupingResponse&) const = default;
};
std::string encode(const EndGroupingResponse& value);
EndGroupingResponse decode_end_grouping_response(std::string_view bytes);

// Unsolicited: the server ended the group.
struct EndGroupingNotice {
  std::string cookie;
  std::optional<std::string> value;

  bool operator==(const EndGroupingNotice&) const = default;
};
std::string encode(const EndGroupingNotice& value);
EndGroupingNotice decode_end_grouping_notice(std::string_view bytes);

// The control that puts an operation into a group. Always critical.
struct GroupingControl {
  std::string cookie;
  std::optional<std::string> value;

  bool operator==(const GroupingControl&) const = default;
};
std::string encode(const GroupingControl& value);
GroupingControl decode_grouping_control(std::string_view bytes);

}  // namespace replkit::ldup
