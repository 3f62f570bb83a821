#include "common/ldup/metadata_parts.hpp"
#include "common/wire/error.hpp"
#include "common/wire/filter_codec.hpp"

namespace replkit::ldup {

namespace {

using wire::ProtocolError;
using Request = SearchWithMetaDataRequest;

enum class Wish : std::uint8_t { deleted_entries = 0, attribute_change_state = 1 };

constexpr Tag state_tag = tag::constructed(0);
// Of EntryState.
constexpr Tag uuid_tag = tag::primitive(0);
constexpr Tag deleted_tag = tag::primitive(1);
constexpr Tag created_tag = tag::primitive(2);
constexpr Tag rdn_tag = tag::primitive(3);
constexpr Tag superior_tag = tag::primitive(4);
constexpr Tag superior_csn_tag = tag::primitive(5);
constexpr Tag glue_tag = tag::primitive(6);

std::vector<std::string> read_strings(Reader strings) {
  std::vector<std::string> out;
  make_room(out, strings, 2);
  while (!strings.at_end()) out.push_back(read_string(strings));
  return out;
}

void read_wishes(Reader wishes, Request& out) {
  while (!wishes.at_end()) {
    const auto wish = static_cast<Wish>(wishes.enumerated(static_cast<int>(Wish::attribute_change_state)));
    (wish == Wish::deleted_entries ? out.deleted_entries : out.attribute_change_state) = true;
  }
}

void write_wishes(Writer& writer, const Request& request) {
  const auto write = [&](Wish wish) { writer.integer(static_cast<int>(wish), tag::enumerated); };
  const auto wishes = [&] {
    if (request.deleted_entries) write(Wish::deleted_entries);
    if (request.attribute_change_state) write(Wish::attribute_change_state);
  };
  writer.sequence(wishes, tag::set);
}

EntryState read_state(Reader state) {
  EntryState out;
  out.entry = read_optional_uuid(state, uuid_tag);
  out.deleted_csn = read_optional_csn(state, deleted_tag);
  out.created_csn = read_optional_csn(state, created_tag);
  out.rdn_csn = read_optional_csn(state, rdn_tag);
  out.superior = read_optional_uuid(state, superior_tag);
  out.superior_csn = read_optional_csn(state, superior_csn_tag);
  out.glue = read_optional_boolean(state, glue_tag);
  state.skip_unknown({uuid_tag, deleted_tag, created_tag, rdn_tag, superior_tag, superior_csn_tag, glue_tag});
  return out;
}

void write_state(Writer& writer, const EntryState& state) {
  const auto body = [&] {
    write_optional_uuid(writer, state.entry, uuid_tag);
    write_optional_csn(writer, state.deleted_csn, deleted_tag);
    write_optional_csn(writer, state.created_csn, created_tag);
    write_optional_csn(writer, state.rdn_csn, rdn_tag);
    write_optional_uuid(writer, state.superior, superior_tag);
    write_optional_csn(writer, state.superior_csn, superior_csn_tag);
    write_optional_boolean(writer, state.glue, glue_tag);
  };
  writer.sequence(body, state_tag);
}

}  // namespace

std::string encode(const SearchWithMetaDataRequest& value) {
  std::string out;
  Writer writer(out);
  writer.sequence([&] {
    writer.octets(value.base);
    writer.integer(static_cast<int>(value.scope), tag::enumerated);
    writer.integer(static_cast<int>(value.dereference), tag::enumerated);
    writer.integer(value.size_limit);
    writer.integer(value.time_limit);
    writer.boolean(value.types_only);
    wire::encode_filter(out, value.filter);
    writer.sequence([&] {
      for (const auto& attribute : value.attributes) writer.octets(attribute);
    });
    write_wishes(writer, value);
  });
  return out;
}

SearchWithMetaDataRequest decode_search_with_meta_data_request(std::string_view bytes) {
  auto in = open_value(bytes);
  Request out;
  out.base = read_string(in);
  out.scope = static_cast<Request::Scope>(in.enumerated(static_cast<int>(Request::Scope::subtree)));
  out.dereference = static_cast<Request::Dereference>(in.enumerated(static_cast<int>(Request::Dereference::always)));
  out.size_limit = static_cast<std::int32_t>(in.integer(0, wire::max_int));
  out.time_limit = static_cast<std::int32_t>(in.integer(0, wire::max_int));
  out.types_only = in.boolean();
  out.filter = wire::decode_filter(in);
  out.attributes = read_strings(in.sequence());
  read_wishes(in.sequence(tag::set), out);
  in.skip_unknown({tag::octet_string, tag::enumerated, tag::integer, tag::boolean, tag::sequence, tag::set});
  return out;
}

std::string encode(const SearchMetaDataEntry& value) {
  return write_value([&](Writer& writer) {
    writer.octets(value.name);
    write_meta_data_attributes(writer, value.attributes);
    if (value.state) write_state(writer, *value.state);
  });
}

SearchMetaDataEntry decode_search_meta_data_entry(std::string_view bytes) {
  auto in = open_value(bytes);
  SearchMetaDataEntry out;
  out.name = read_string(in);
  out.attributes = read_meta_data_attributes(in.sequence());
  if (in.next_is(state_tag)) out.state = read_state(in.sequence(state_tag));
  in.skip_unknown({tag::octet_string, tag::sequence, state_tag});
  return out;
}

std::string encode(const SearchMetaDataReference& value) {
  return write_value([&](Writer& writer) {
    for (const auto& uri : value.uris) writer.octets(uri);
  });
}

SearchMetaDataReference decode_search_meta_data_reference(std::string_view bytes) {
  SearchMetaDataReference out{read_strings(open_value(bytes))};
  if (out.uris.empty()) throw ProtocolError::answer("a reference has no URI");
  return out;
}

}  // namespace replkit::ldup
