// Values of the operations with meta-data (draft-ietf-ldup-mrm-02 3.14, 3.15, whose encoding is this project's). For
// decode and encode see grouping.hpp. Unknown components that follow are ignored.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/ldup/csn.hpp"
#include "common/model/filter.hpp"
#include "common/model/uuid.hpp"

namespace replkit::ldup {

// The triple of mrm 3.14: a value, or the record that it was deleted.
struct MetaDataValue {
  std::string value;
  bool deleted = false;
  std::optional<Csn> csn;      // modificationCSN
  bool distinguished = false;  // in responses only

  bool operator==(const MetaDataValue&) const = default;
};

struct MetaDataAttribute {
  std::string type;
  std::vector<MetaDataValue> values;
  std::optional<Csn> deletion_csn;  // of the record that all older values were deleted

  bool operator==(const MetaDataAttribute&) const = default;
};

// A SearchRequest (RFC 4511 4.5.1), with what to tell besides.
struct SearchWithMetaDataRequest {
  enum class Scope : std::uint8_t { base, one_level, subtree };
  enum class Dereference : std::uint8_t { never, searching, finding, always };

  std::string base;
  Scope scope = Scope::base;
  Dereference dereference = Dereference::never;
  std::int32_t size_limit = 0;  // entries; 0: none
  std::int32_t time_limit = 0;  // seconds; 0: none
  bool types_only = false;
  model::Filter filter;
  std::vector<std::string> attributes;
  bool deleted_entries = false;         // tombstones too
  bool attribute_change_state = false;  // CSNs and deletion records too
};
std::string encode(const SearchWithMetaDataRequest& value);
// Throws adminLimitExceeded for too deep or large a filter.
SearchWithMetaDataRequest decode_search_with_meta_data_request(std::string_view bytes);

struct EntryState {
  std::optional<model::Uuid> entry;
  std::optional<Csn> deleted_csn;  // of a tombstone
  std::optional<Csn> created_csn;
  std::optional<Csn> rdn_csn;
  std::optional<model::Uuid> superior;
  std::optional<Csn> superior_csn;
  bool glue = false;

  bool operator==(const EntryState&) const = default;
};

// An intermediate response.
struct SearchMetaDataEntry {
  std::string name;  // DN, of a tombstone the last one
  std::vector<MetaDataAttribute> attributes;
  std::optional<EntryState> state;  // iff attribute_change_state was asked for

  bool operator==(const SearchMetaDataEntry&) const = default;
};
std::string encode(const SearchMetaDataEntry& value);
SearchMetaDataEntry decode_search_meta_data_entry(std::string_view bytes);

// An intermediate response. There is at least one URI.
struct SearchMetaDataReference {
  std::vector<std::string> uris;

  bool operator==(const SearchMetaDataReference&) const = default;
};
std::string encode(const SearchMetaDataReference& value);
SearchMetaDataReference decode_search_meta_data_reference(std::string_view bytes);

struct AddWithMetaDataRequest {
  std::string entry;  // DN
  std::vector<MetaDataAttribute> attributes;

  bool operator==(const AddWithMetaDataRequest&) const = default;
};
std::string encode(const AddWithMetaDataRequest& value);
AddWithMetaDataRequest decode_add_with_meta_data_request(std::string_view bytes);

struct DeleteWithMetaDataRequest {
  std::string entry;               // DN
  std::optional<Csn> deleted_csn;  // of the record it leaves
  bool no_record = false;          // whether it leaves none
  std::optional<model::Uuid> uuid;

  bool operator==(const DeleteWithMetaDataRequest&) const = default;
};
std::string encode(const DeleteWithMetaDataRequest& value);
// Throws also when no_record comes with a CSN.
DeleteWithMetaDataRequest decode_delete_with_meta_data_request(std::string_view bytes);

struct MetaDataChange {
  enum class Kind : std::uint8_t { add = 0, remove = 1, replace = 2 };

  Kind kind = Kind::add;
  MetaDataAttribute attribute;

  bool operator==(const MetaDataChange&) const = default;
};

struct ModifyWithMetaDataRequest {
  std::string entry;  // DN
  std::vector<MetaDataChange> changes;
  std::optional<model::Uuid> uuid;

  bool operator==(const ModifyWithMetaDataRequest&) const = default;
};
std::string encode(const ModifyWithMetaDataRequest& value);
ModifyWithMetaDataRequest decode_modify_with_meta_data_request(std::string_view bytes);

// Of all three.
struct MetaDataUpdateResponse {
  std::optional<model::Uuid> uuid;
  std::optional<Csn> csn;

  bool operator==(const MetaDataUpdateResponse&) const = default;
};
std::string encode(const MetaDataUpdateResponse& value);
MetaDataUpdateResponse decode_meta_data_update_response(std::string_view bytes);

}  // namespace replkit::ldup
