// The requests of RFC 4511 as plain structs. Strings are what came, DNs included: who uses a DN parses it
// (invalidDNSyntax), who uses an attribute description asks the schema (undefinedAttributeType, Undefined in a filter,
// ignored in an attribute selection).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "common/base/secret.hpp"
#include "common/model/entry.hpp"
#include "common/model/filter.hpp"
#include "common/model/ldif.hpp"
#include "tests/refserver/protocol/result.hpp"

namespace replkit::refserver::protocol {

struct Control {
  std::string oid;
  bool critical = false;
  std::optional<std::string> value;

  bool operator==(const Control&) const = default;
};

struct SaslCredentials {
  std::string mechanism;
  std::optional<Secret> credentials;  // absent and empty differ (RFC 4513 5.2.1.2)
};

struct BindRequest {
  int version = 3;
  std::string dn;
  std::variant<Secret, SaslCredentials> authentication;  // Secret: the password of a simple bind
};

struct UnbindRequest {};

enum class Scope : std::uint8_t { base, one_level, subtree };
enum class Dereference : std::uint8_t { never, searching, finding, always };

struct SearchRequest {
  std::string base;
  Scope scope = Scope::base;
  Dereference dereference = Dereference::never;
  std::int32_t size_limit = 0;  // entries; 0: none
  std::int32_t time_limit = 0;  // seconds; 0: none
  bool types_only = false;
  model::Filter filter;
  std::vector<std::string> attributes;
};

struct ModifyRequest {
  std::string dn;
  std::vector<model::Modification> changes;  // how many values each kind needs is not checked
};

struct AddRequest {
  std::string dn;
  std::vector<model::Attribute> attributes;  // each has a value
};

struct DeleteRequest {
  std::string dn;
};

struct ModifyDnRequest {
  std::string dn;
  std::string new_rdn;
  bool delete_old_rdn = false;
  std::optional<std::string> new_superior;
};

struct CompareRequest {
  std::string dn;
  std::string description;
  std::string value;
};

struct AbandonRequest {
  std::int32_t message_id = 0;
};

struct ExtendedRequest {
  std::string oid;
  std::optional<std::string> value;
};

using Request = std::variant<BindRequest, UnbindRequest, SearchRequest, ModifyRequest, AddRequest, DeleteRequest,
                             ModifyDnRequest, CompareRequest, AbandonRequest, ExtendedRequest>;

struct RequestMessage {
  std::int32_t id = 0;  // 1..2^31-1
  Request request;
  std::vector<Control> controls;
};

Operation operation_of(const Request& request);

}  // namespace replkit::refserver::protocol
