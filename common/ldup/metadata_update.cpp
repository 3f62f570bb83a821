#include "common/ldup/metadata_parts.hpp"
#include "common/wire/error.hpp"

namespace replkit::ldup {

namespace {

using Kind = MetaDataChange::Kind;

// Of DeleteWithMetaDataRequestValue.
constexpr Tag deleted_tag = tag::primitive(0);
constexpr Tag no_record_tag = tag::primitive(1);
constexpr Tag picked_tag = tag::primitive(2);
// Of ModifyWithMetaDataRequestValue and MetaDataUpdateResponseValue.
constexpr Tag uuid_tag = tag::primitive(0);
constexpr Tag csn_tag = tag::primitive(1);

MetaDataChange read_change(Reader change) {
  MetaDataChange out;
  out.kind = static_cast<Kind>(change.enumerated(static_cast<int>(Kind::replace)));
  out.attribute = read_meta_data_attribute(change.sequence());
  change.expect_end();
  return out;
}

}  // namespace

std::string encode(const AddWithMetaDataRequest& value) {
  return write_value([&](Writer& writer) {
    writer.octets(value.entry);
    write_meta_data_attributes(writer, value.attributes);
  });
}

AddWithMetaDataRequest decode_add_with_meta_data_request(std::string_view bytes) {
  auto in = open_value(bytes);
  AddWithMetaDataRequest out;
  out.entry = read_string(in);
  out.attributes = read_meta_data_attributes(in.sequence());
  in.skip_unknown({tag::octet_string, tag::sequence});
  return out;
}

std::string encode(const DeleteWithMetaDataRequest& value) {
  return write_value([&](Writer& writer) {
    writer.octets(value.entry);
    write_optional_csn(writer, value.deleted_csn, deleted_tag);
    write_optional_boolean(writer, value.no_record, no_record_tag);
    write_optional_uuid(writer, value.uuid, picked_tag);
  });
}

DeleteWithMetaDataRequest decode_delete_with_meta_data_request(std::string_view bytes) {
  auto in = open_value(bytes);
  DeleteWithMetaDataRequest out;
  out.entry = read_string(in);
  out.deleted_csn = read_optional_csn(in, deleted_tag);
  out.no_record = read_optional_boolean(in, no_record_tag);
  out.uuid = read_optional_uuid(in, picked_tag);
  in.skip_unknown({tag::octet_string, deleted_tag, no_record_tag, picked_tag});
  if (out.no_record && out.deleted_csn) {
    throw wire::ProtocolError::answer("noRecordDelete leaves no record to have a deletedEntryCSN");
  }
  return out;
}

std::string encode(const ModifyWithMetaDataRequest& value) {
  return write_value([&](Writer& writer) {
    const auto changes = [&] {
      for (const auto& change : value.changes) {
        writer.sequence([&] {
          writer.integer(static_cast<int>(change.kind), tag::enumerated);
          write_meta_data_attribute(writer, change.attribute);
        });
      }
    };
    writer.octets(value.entry);
    writer.sequence(changes);
    write_optional_uuid(writer, value.uuid, uuid_tag);
  });
}

ModifyWithMetaDataRequest decode_modify_with_meta_data_request(std::string_view bytes) {
  auto in = open_value(bytes);
  ModifyWithMetaDataRequest out;
  out.entry = read_string(in);
  auto changes = in.sequence();
  out.uuid = read_optional_uuid(in, uuid_tag);
  in.skip_unknown({tag::octet_string, tag::sequence, uuid_tag});
  make_room(out.changes, changes, 11);
  while (!changes.at_end()) out.changes.push_back(read_change(changes.sequence()));
  return out;
}

std::string encode(const MetaDataUpdateResponse& value) {
  return write_value([&](Writer& writer) {
    write_optional_uuid(writer, value.uuid, uuid_tag);
    write_optional_csn(writer, value.csn, csn_tag);
  });
}

MetaDataUpdateResponse decode_meta_data_update_response(std::string_view bytes) {
  auto in = open_value(bytes);
  MetaDataUpdateResponse out;
  out.uuid = read_optional_uuid(in, uuid_tag);
  out.csn = read_optional_csn(in, csn_tag);
  in.skip_unknown({uuid_tag, csn_tag});
  return out;
}

}  // namespace replkit::ldup
