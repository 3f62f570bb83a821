#include "tests/refserver/protocol/client.hpp"

#include <algorithm>

#include "common/wire/filter_codec.hpp"
#include "tests/refserver/protocol/decode.hpp"
#include "tests/refserver/protocol/encode.hpp"

namespace replkit::refserver::protocol {

namespace {

constexpr unsigned application = 0x40;
constexpr unsigned constructed = 0x20;

// Writes the content of a request. Those that are no SEQUENCE write it without header too.
struct RequestEncoder {
  std::string& out;
  Writer writer{out};

  void operator()(const BindRequest& bind) {
    writer.integer(bind.version);
    writer.octets(bind.dn);
    if (const auto* password = std::get_if<Secret>(&bind.authentication)) {
      writer.octets(password->reveal(), tag::primitive(0));
      return;
    }
    const auto& sasl = std::get<SaslCredentials>(bind.authentication);
    writer.sequence(
        [&] {
          writer.octets(sasl.mechanism);
          if (sasl.credentials) writer.octets(sasl.credentials->reveal());
        },
        tag::constructed(3));
  }

  void operator()(const UnbindRequest&) {}

  void operator()(const SearchRequest& search) {
    writer.octets(search.base);
    writer.integer(static_cast<int>(search.scope), tag::enumerated);
    writer.integer(static_cast<int>(search.dereference), tag::enumerated);
    writer.integer(search.size_limit);
    writer.integer(search.time_limit);
    writer.boolean(search.types_only);
    wire::encode_filter(out, search.filter);
    encode_strings(out, search.attributes);
  }

  void operator()(const ModifyRequest& modify) {
    const auto encode_change = [&](const model::Modification& change) {
      writer.integer(static_cast<int>(change.kind), tag::enumerated);
      encode_attribute(out, change.description, change.values);
    };
    writer.octets(modify.dn);
    writer.sequence([&] {
      for (const auto& change : modify.changes) writer.sequence([&] { encode_change(change); });
    });
  }

  void operator()(const AddRequest& add) {
    writer.octets(add.dn);
    writer.sequence([&] {
      for (const auto& attribute : add.attributes) encode_attribute(out, attribute.description, attribute.values);
    });
  }

  void operator()(const DeleteRequest& remove) { out += remove.dn; }

  void operator()(const ModifyDnRequest& rename) {
    writer.octets(rename.dn);
    writer.octets(rename.new_rdn);
    writer.boolean(rename.delete_old_rdn);
    if (rename.new_superior) writer.octets(*rename.new_superior, tag::primitive(0));
  }

  void operator()(const CompareRequest& compare) {
    writer.octets(compare.dn);
    writer.sequence([&] {
      writer.octets(compare.description);
      writer.octets(compare.value);
    });
  }

  void operator()(const AbandonRequest& abandon) {
    std::string number;
    Writer(number).integer(abandon.message_id);
    out.append(number, 2);
  }

  void operator()(const ExtendedRequest& extended) {
    writer.octets(extended.oid, tag::primitive(0));
    if (extended.value) writer.octets(*extended.value, tag::primitive(1));
  }
};

std::optional<std::string> decode_optional(Reader& reader, unsigned number) {
  const auto value = reader.optional_content(tag::primitive(number));
  return value ? std::optional<std::string>(*value) : std::nullopt;
}

Result decode_components(Reader& reader) {
  constexpr Tag referral = tag::constructed(3);
  Result out;
  out.code = static_cast<ResultCode>(reader.enumerated(max_int));
  out.matched_dn = reader.octets();
  out.diagnostic = reader.octets();
  if (reader.next_is(referral)) out.referrals = decode_strings(reader.sequence(referral));
  return out;
}

model::Entry decode_entry(Reader& reader) {
  model::Entry out;
  out.dn = reader.octets();
  auto attributes = reader.sequence();
  while (!attributes.at_end()) out.attributes.push_back(decode_attribute(attributes));
  return out;
}

ResponseKind next_kind(const Reader& message) {
  using enum ResponseKind;
  for (const auto kind :
       {bind, entry, search_done, modify, add, remove, modify_dn, compare, reference, extended, intermediate}) {
    if (message.next_is(static_cast<Tag>(application | constructed | static_cast<unsigned>(kind)))) return kind;
  }
  message.malformed("the message holds no response of LDAPv3");
}

}  // namespace

std::string encode_request(const RequestMessage& message) {
  const auto operation = operation_of(message.request);
  const bool is_plain =
      operation == Operation::unbind || operation == Operation::remove || operation == Operation::abandon;
  const auto tag = static_cast<Tag>(application | (is_plain ? 0U : constructed) | static_cast<unsigned>(operation));
  std::string out;
  Writer writer(out);
  writer.sequence([&] {
    writer.integer(message.id);
    writer.sequence([&] { std::visit(RequestEncoder{out}, message.request); }, tag);
    encode_controls(out, message.controls);
  });
  return out;
}

ResponseMessage decode_response(std::string_view pdu) {
  Reader whole(pdu, Rules::pdu);
  auto message = whole.sequence();
  whole.expect_end();
  ResponseMessage out;
  out.id = static_cast<std::int32_t>(message.integer(0, max_int));
  out.kind = next_kind(message);
  auto reader = message.sequence(*message.next_tag());
  if (out.kind == ResponseKind::entry) {
    out.entry = decode_entry(reader);
  } else if (out.kind == ResponseKind::reference) {
    out.uris = decode_strings(reader);
    reader = Reader({}, Rules::pdu);
  } else if (out.kind == ResponseKind::intermediate) {
    out.name = decode_optional(reader, 0);
    out.value = decode_optional(reader, 1);
  } else {
    out.result = decode_components(reader);
    if (out.kind == ResponseKind::bind) out.server_credentials = decode_optional(reader, 7);
    if (out.kind == ResponseKind::extended) {
      out.name = decode_optional(reader, 10);
      out.value = decode_optional(reader, 11);
    }
  }
  reader.expect_end();
  out.controls = decode_controls(message);
  message.expect_end();
  return out;
}

}  // namespace replkit::refserver::protocol
