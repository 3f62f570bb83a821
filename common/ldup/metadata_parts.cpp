#include "common/ldup/metadata_parts.hpp"

namespace replkit::ldup {

namespace {

constexpr Tag modification_csn_tag = tag::primitive(0);
constexpr Tag distinguished_tag = tag::primitive(1);
constexpr Tag deletion_csn_tag = tag::primitive(0);

MetaDataValue read_value(Reader value) {
  MetaDataValue out;
  out.value = value.octets();
  out.deleted = read_optional_boolean(value, tag::boolean);
  out.csn = read_optional_csn(value, modification_csn_tag);
  out.distinguished = read_optional_boolean(value, distinguished_tag);
  value.skip_unknown({tag::octet_string, tag::boolean, modification_csn_tag, distinguished_tag});
  return out;
}

void write_one_value(Writer& writer, const MetaDataValue& value) {
  writer.sequence([&] {
    writer.octets(value.value);
    write_optional_boolean(writer, value.deleted, tag::boolean);
    write_optional_csn(writer, value.csn, modification_csn_tag);
    write_optional_boolean(writer, value.distinguished, distinguished_tag);
  });
}

}  // namespace

MetaDataAttribute read_meta_data_attribute(Reader attribute) {
  MetaDataAttribute out;
  out.type = read_string(attribute);
  auto values = attribute.sequence(tag::set);
  out.deletion_csn = read_optional_csn(attribute, deletion_csn_tag);
  attribute.skip_unknown({tag::octet_string, tag::set, deletion_csn_tag});
  make_room(out.values, values, 4);
  while (!values.at_end()) out.values.push_back(read_value(values.sequence()));
  return out;
}

std::vector<MetaDataAttribute> read_meta_data_attributes(Reader attributes) {
  std::vector<MetaDataAttribute> out;
  make_room(out, attributes, 6);
  while (!attributes.at_end()) out.push_back(read_meta_data_attribute(attributes.sequence()));
  return out;
}

void write_meta_data_attribute(Writer& writer, const MetaDataAttribute& attribute) {
  const auto values = [&] {
    for (const auto& value : attribute.values) write_one_value(writer, value);
  };
  writer.sequence([&] {
    writer.octets(attribute.type);
    writer.sequence(values, tag::set);
    write_optional_csn(writer, attribute.deletion_csn, deletion_csn_tag);
  });
}

void write_meta_data_attributes(Writer& writer, const std::vector<MetaDataAttribute>& attributes) {
  writer.sequence([&] {
    for (const auto& attribute : attributes) write_meta_data_attribute(writer, attribute);
  });
}

}  // namespace replkit::ldup
