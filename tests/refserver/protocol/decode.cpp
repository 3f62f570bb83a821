#include "tests/refserver/protocol/decode.hpp"

#include "common/base/text.hpp"
#include "common/wire/filter_codec.hpp"

namespace replkit::refserver::protocol {

namespace {

// The identifier of each request: [APPLICATION number], constructed but for those that are a string, number or NULL.
constexpr Tag request_tag(Operation operation) {
  const bool primitive =
      operation == Operation::unbind || operation == Operation::remove || operation == Operation::abandon;
  return static_cast<Tag>((primitive ? 0x40U : 0x60U) | static_cast<unsigned>(operation));
}

std::string decode_dn(std::string_view dn) {
  if (!is_utf8(dn)) throw ProtocolError::answer("a DN is not UTF-8", ResultCode::invalid_dn_syntax);
  return std::string(dn);
}

template <typename T>
std::optional<T> copy_of(std::optional<std::string_view> value) {
  if (!value) return std::nullopt;
  return T(*value);
}

// --- Operations ---

std::variant<Secret, SaslCredentials> decode_authentication(Reader& bind) {
  constexpr Tag simple = tag::primitive(0);
  constexpr Tag sasl = tag::constructed(3);
  if (bind.next_is(simple)) return Secret(bind.content(simple));
  if (!bind.next_is(sasl)) {
    if (bind.at_end()) bind.malformed("the authentication of a bind is missing");
    throw ProtocolError::answer("unknown choice of authentication", ResultCode::auth_method_not_supported);
  }
  auto reader = bind.sequence(sasl);
  SaslCredentials out;
  out.mechanism = reader.octets();
  out.credentials = copy_of<Secret>(reader.optional_content(tag::octet_string));
  reader.skip_unknown({tag::octet_string});
  return out;
}

BindRequest decode_bind(Reader bind) {
  constexpr int max_version = 127;
  BindRequest out;
  out.version = static_cast<int>(bind.integer(1, max_version));
  out.dn = decode_dn(bind.octets());
  out.authentication = decode_authentication(bind);
  bind.skip_unknown({tag::integer, tag::octet_string, tag::primitive(0), tag::constructed(3)});
  return out;
}

UnbindRequest decode_unbind(Reader& message) {
  if (!message.content(request_tag(Operation::unbind)).empty()) message.malformed("a NULL has content");
  return {};
}

SearchRequest decode_search(Reader search) {
  SearchRequest out;
  out.base = decode_dn(search.octets());
  out.scope = static_cast<Scope>(search.enumerated(static_cast<int>(Scope::subtree)));
  out.dereference = static_cast<Dereference>(search.enumerated(static_cast<int>(Dereference::always)));
  out.size_limit = static_cast<std::int32_t>(search.integer(0, max_int));
  out.time_limit = static_cast<std::int32_t>(search.integer(0, max_int));
  out.types_only = search.boolean();
  out.filter = wire::decode_filter(search);
  out.attributes = decode_strings(search.sequence());
  search.skip_unknown({tag::octet_string, tag::enumerated, tag::integer, tag::boolean, tag::sequence});
  return out;
}

model::Modification decode_change(Reader change) {
  // The numbers of RFC 4511 4.6, and 3 of RFC 4525, are those of ModifyKind.
  constexpr auto last = model::ModifyKind::increment;
  static_assert(static_cast<int>(model::ModifyKind::remove) == 1 && static_cast<int>(last) == 3);
  const auto kind = static_cast<model::ModifyKind>(change.enumerated(static_cast<int>(last)));
  auto attribute = decode_attribute(change);
  change.skip_unknown({tag::enumerated, tag::sequence});
  return {kind, std::move(attribute.description), std::move(attribute.values)};
}

ModifyRequest decode_modify(Reader modify) {
  ModifyRequest out;
  out.dn = decode_dn(modify.octets());
  auto changes = modify.sequence();
  out.changes.reserve(changes.count());
  while (!changes.at_end()) out.changes.push_back(decode_change(changes.sequence()));
  modify.skip_unknown({tag::octet_string, tag::sequence});
  return out;
}

AddRequest decode_add(Reader add) {
  AddRequest out;
  out.dn = decode_dn(add.octets());
  auto attributes = add.sequence();
  out.attributes.reserve(attributes.count());
  while (!attributes.at_end()) {
    out.attributes.push_back(decode_attribute(attributes));
    if (out.attributes.back().values.empty()) throw ProtocolError::answer("an attribute to add has no values");
  }
  add.skip_unknown({tag::octet_string, tag::sequence});
  return out;
}

ModifyDnRequest decode_modify_dn(Reader rename) {
  constexpr Tag new_superior = tag::primitive(0);
  ModifyDnRequest out;
  out.dn = decode_dn(rename.octets());
  out.new_rdn = decode_dn(rename.octets());
  out.delete_old_rdn = rename.boolean();
  if (rename.next_is(new_superior)) out.new_superior = decode_dn(rename.content(new_superior));
  rename.skip_unknown({tag::octet_string, tag::boolean, new_superior});
  return out;
}

CompareRequest decode_compare(Reader compare) {
  CompareRequest out;
  out.dn = decode_dn(compare.octets());
  auto assertion = compare.sequence();
  out.description = assertion.octets();
  out.value = assertion.octets();
  assertion.skip_unknown({tag::octet_string});
  compare.skip_unknown({tag::octet_string, tag::sequence});
  return out;
}

AbandonRequest decode_abandon(Reader& message) {
  return {static_cast<std::int32_t>(message.integer(0, max_int, request_tag(Operation::abandon)))};
}

ExtendedRequest decode_extended(Reader extended) {
  constexpr Tag name = tag::primitive(0);
  constexpr Tag value = tag::primitive(1);
  ExtendedRequest out;
  out.oid = decode_oid(extended.content(name));
  out.value = copy_of<std::string>(extended.optional_content(value));
  extended.skip_unknown({name, value});
  return out;
}

Request decode_operation(Reader& message, Operation operation) {
  const auto tag = request_tag(operation);
  switch (operation) {
    case Operation::bind:
      return decode_bind(message.sequence(tag));
    case Operation::unbind:
      return decode_unbind(message);
    case Operation::search:
      return decode_search(message.sequence(tag));
    case Operation::modify:
      return decode_modify(message.sequence(tag));
    case Operation::add:
      return decode_add(message.sequence(tag));
    case Operation::remove:
      return DeleteRequest{decode_dn(message.content(tag))};
    case Operation::modify_dn:
      return decode_modify_dn(message.sequence(tag));
    case Operation::compare:
      return decode_compare(message.sequence(tag));
    case Operation::abandon:
      return decode_abandon(message);
    case Operation::extended:
      return decode_extended(message.sequence(tag));
  }
  throw ProtocolError::disconnect("unknown operation");
}

// --- The envelope ---

std::int32_t decode_message_id(Reader& message) {
  try {
    return static_cast<std::int32_t>(message.integer(1, max_int));
  } catch (const ProtocolError& error) {
    throw ProtocolError::disconnect(std::string("the message id: ") + error.what());  // whom to answer is not known
  }
}

Operation next_operation(const Reader& message) {
  using enum Operation;
  for (const auto operation : {search, bind, unbind, modify, add, remove, modify_dn, compare, abandon, extended}) {
    if (message.next_is(request_tag(operation))) return operation;
  }
  throw ProtocolError::disconnect("the message holds no request of LDAPv3");
}

}  // namespace

std::optional<std::size_t> frame_length(std::string_view received, std::size_t limit) {
  if (!received.empty() && static_cast<Tag>(received.front()) != tag::sequence) {
    throw ProtocolError::disconnect("this is no LDAPMessage");
  }
  const auto header = wire::read_header(received);
  if (!header) return std::nullopt;
  if (header->problem != nullptr) throw ProtocolError::disconnect(header->problem);
  if (header->size > limit || header->length > limit - header->size) {
    throw ProtocolError::disconnect("the message is longer than this server takes");
  }
  return header->size + header->length;
}

RequestMessage decode_request(std::string_view pdu) {
  Reader whole(pdu, Rules::pdu);
  auto message = whole.sequence();
  whole.expect_end();
  RequestMessage out;
  out.id = decode_message_id(message);
  const auto operation = next_operation(message);
  try {
    out.request = decode_operation(message, operation);
    out.controls = decode_controls(message);
    using enum Operation;
    message.skip_unknown({tag::integer, controls_tag, request_tag(bind), request_tag(unbind), request_tag(search),
                          request_tag(modify), request_tag(add), request_tag(remove), request_tag(modify_dn),
                          request_tag(compare), request_tag(abandon), request_tag(extended)});
  } catch (ProtocolError& error) {
    error.set_request(out.id, operation);
    throw;
  }
  return out;
}

}  // namespace replkit::refserver::protocol
