#include "tests/refserver/protocol/controls.hpp"

#include "common/base/text.hpp"
#include "common/wire/filter_codec.hpp"
#include "tests/refserver/protocol/decode.hpp"
#include "tests/refserver/protocol/result.hpp"

namespace replkit::refserver::protocol {

namespace {

// Calls `decode` with a reader of the control's value, and says which control it is when that throws.
template <typename Decode>
auto decode_value(const Control& control, Decode decode) {
  try {
    if (!control.value) throw ProtocolError::answer("it has no value");
    Reader reader(*control.value, Rules::value);
    auto out = decode(reader);
    reader.expect_end();
    return out;
  } catch (ProtocolError& error) {
    error.add_context("control " + control.oid);
    throw;
  }
}

template <typename Encode>
Control encode_value(std::string_view oid, Encode encode) {
  Control control{std::string(oid), false, std::string()};
  encode(*control.value);
  return control;
}

SortKey decode_sort_key(Reader key) {
  constexpr Tag rule = tag::primitive(0);
  constexpr Tag reverse = tag::primitive(1);
  SortKey out;
  out.description = key.octets();
  out.rule = key.optional_content(rule).value_or("");
  if (key.next_is(reverse)) out.reverse = key.boolean(reverse);
  key.skip_unknown({tag::octet_string, rule, reverse});
  return out;
}

}  // namespace

void expect_no_value(const Control& control) {
  if (control.value) throw ProtocolError::answer("control " + control.oid + ": it has a value");
}

PagedResults decode_paged_results(const Control& control) {
  return decode_value(control, [](Reader& reader) {
    auto value = reader.sequence();
    PagedResults out;
    out.size = static_cast<std::int32_t>(value.integer(0, max_int));
    out.cookie = value.octets();
    value.skip_unknown({tag::integer, tag::octet_string});
    return out;
  });
}

Control encode_paged_results(const PagedResults& value) {
  return encode_value(oid::paged_results, [&](std::string& out) {
    Writer writer(out);
    writer.sequence([&] {
      writer.integer(value.size);
      writer.octets(value.cookie);
    });
  });
}

bool decode_subentries(const Control& control) {
  if (control.oid == oid::ldup_subentries) {
    expect_no_value(control);
    return true;
  }
  return decode_value(control, [](Reader& reader) { return reader.boolean(); });
}

model::Filter decode_assertion(const Control& control) {
  return decode_value(control, [](Reader& reader) { return wire::decode_filter(reader); });
}

std::vector<std::string> decode_read_request(const Control& control) {
  return decode_value(control, [](Reader& reader) { return decode_strings(reader.sequence()); });
}

Control encode_read_response(std::string_view oid, std::string_view dn, std::span<const AttributeView> attributes) {
  return encode_value(oid, [&](std::string& out) { encode_bare_entry(out, dn, attributes); });
}

Control encode_read_response(std::string_view oid, const model::Entry& entry) {
  return encode_value(oid, [&](std::string& out) { encode_bare_entry(out, entry); });
}

std::vector<SortKey> decode_sort_request(const Control& control) {
  return decode_value(control, [](Reader& reader) {
    auto keys = reader.sequence();
    std::vector<SortKey> out;
    out.reserve(keys.count());
    while (!keys.at_end()) out.push_back(decode_sort_key(keys.sequence()));
    return out;
  });
}

Control encode_sort_response(ResultCode code, std::string_view description) {
  return encode_value(oid::sort_response, [&](std::string& out) {
    Writer writer(out);
    writer.sequence([&] {
      writer.integer(static_cast<std::int32_t>(code), tag::enumerated);
      if (!description.empty()) writer.octets(description, tag::primitive(0));
    });
  });
}

std::vector<model::Filter> decode_matched_values(const Control& control) {
  return decode_value(control, [](Reader& reader) {
    auto items = reader.sequence();
    const auto count = items.count();
    if (count > wire::max_filter_nodes) {
      throw ProtocolError::answer("it has too many filters", ResultCode::admin_limit_exceeded);
    }
    std::vector<model::Filter> out;
    out.reserve(count);
    while (!items.at_end()) out.push_back(wire::decode_simple_filter(items));
    return out;
  });
}

std::string decode_proxied_authorization(const Control& control) {
  const auto refuse = [&](const char* problem) -> std::string {
    throw ProtocolError::answer("control " + control.oid + ": " + problem);
  };
  if (!control.critical) return refuse("it is not critical");
  if (!control.value) return refuse("it has no value");
  if (!is_utf8(*control.value)) return refuse("its identity is not UTF-8");
  return *control.value;
}

}  // namespace replkit::refserver::protocol
