#include "common/wire/filter_codec.hpp"

#include "common/wire/error.hpp"

namespace replkit::wire {

namespace {

using model::Filter;

// Choices of Filter.
constexpr Tag and_tag = tag::constructed(0);
constexpr Tag or_tag = tag::constructed(1);
constexpr Tag not_tag = tag::constructed(2);
constexpr Tag equality_tag = tag::constructed(3);
constexpr Tag substrings_tag = tag::constructed(4);
constexpr Tag greater_tag = tag::constructed(5);
constexpr Tag less_tag = tag::constructed(6);
constexpr Tag present_tag = tag::primitive(7);
constexpr Tag approximate_tag = tag::constructed(8);
constexpr Tag extensible_tag = tag::constructed(9);
constexpr unsigned known_choices = 10;
// Of MatchingRuleAssertion.
constexpr Tag rule_tag = tag::primitive(1);
constexpr Tag type_tag = tag::primitive(2);
constexpr Tag value_tag = tag::primitive(3);
constexpr Tag dn_tag = tag::primitive(4);
// Of SubstringFilter.
constexpr Tag initial_tag = tag::primitive(0);
constexpr Tag any_tag = tag::primitive(1);
constexpr Tag final_tag = tag::primitive(2);

constexpr Tag unknown_tag = tag::primitive(15);

Filter undefined() {
  Filter filter;
  filter.kind = Filter::Kind::not_;
  return filter;
}

class Decoder {
 public:
  Filter decode(Reader& reader, std::size_t level) {
    if (level > max_filter_levels) refuse("the filter is nested too deeply");
    if (++nodes_ > max_filter_nodes) refuse("the filter has too many parts");
    switch (reader.next_tag().value_or(0)) {
      case and_tag:
        return decode_set(reader.sequence(and_tag), Filter::Kind::and_, level);
      case or_tag:
        return decode_set(reader.sequence(or_tag), Filter::Kind::or_, level);
      case not_tag: {
        auto inner = reader.sequence(not_tag);
        Filter filter = undefined();
        filter.parts.push_back(decode(inner, level + 1));
        inner.expect_end();
        return filter;
      }
      default:
        return decode_item(reader);
    }
  }

  static Filter decode_item(Reader& reader) {
    const auto next = reader.next_tag().value_or(0);
    switch (next) {
      case equality_tag:
        return decode_assertion(reader.sequence(next), Filter::Kind::equality);
      case greater_tag:
        return decode_assertion(reader.sequence(next), Filter::Kind::greater_or_equal);
      case less_tag:
        return decode_assertion(reader.sequence(next), Filter::Kind::less_or_equal);
      case approximate_tag:
        return decode_assertion(reader.sequence(next), Filter::Kind::approximate);
      case substrings_tag:
        return decode_substrings(reader.sequence(next));
      case extensible_tag:
        return decode_extensible(reader.sequence(next));
      case present_tag: {
        Filter filter;
        filter.description = reader.content(next);
        return filter;
      }
      default:
        return decode_unknown(reader, next);
    }
  }

 private:
  [[noreturn]] static void refuse(const char* problem) {
    throw ProtocolError::answer(problem, ResultCode::admin_limit_exceeded);
  }

  Filter decode_set(Reader set, Filter::Kind kind, std::size_t level) {
    Filter filter;
    filter.kind = kind;
    const auto parts = set.count();
    if (parts > max_filter_nodes - nodes_) refuse("the filter has too many parts");
    filter.parts.reserve(parts);
    while (!set.at_end()) filter.parts.push_back(decode(set, level + 1));
    return filter;
  }

  static Filter decode_assertion(Reader assertion, Filter::Kind kind) {
    Filter filter;
    filter.kind = kind;
    filter.description = assertion.octets();
    filter.value = assertion.octets();
    assertion.skip_unknown({tag::octet_string});
    return filter;
  }

  static Filter decode_substrings(Reader reader) {
    Filter filter;
    filter.kind = Filter::Kind::substrings;
    filter.description = reader.octets();
    auto pieces = reader.sequence();
    reader.skip_unknown({tag::octet_string, tag::sequence});
    if (pieces.at_end()) throw ProtocolError::answer("a substrings filter has no substrings");
    filter.substrings.reserve(pieces.count() + 2);
    filter.substrings.emplace_back();  // initial
    bool has_empty = false;
    bool has_final = false;
    for (bool first = true; !pieces.at_end(); first = false) {
      const auto next = *pieces.next_tag();
      const bool in_order = !has_final && (next == any_tag || next == final_tag || (next == initial_tag && first));
      if (!in_order) throw ProtocolError::answer("a substrings filter has its substrings in the wrong order");
      const auto piece = pieces.content(next);
      has_empty = has_empty || piece.empty();
      has_final = next == final_tag;
      if (next == initial_tag) {
        filter.substrings.front() = piece;
      } else {
        filter.substrings.emplace_back(piece);
      }
    }
    if (!has_final) filter.substrings.emplace_back();
    return has_empty ? undefined() : filter;
  }

  static Filter decode_extensible(Reader assertion) {
    Filter filter;
    filter.kind = Filter::Kind::extensible;
    const auto rule = assertion.optional_content(rule_tag);
    const auto type = assertion.optional_content(type_tag);
    filter.value = assertion.content(value_tag);
    if (assertion.next_is(dn_tag)) filter.dn_attributes = assertion.boolean(dn_tag);
    assertion.skip_unknown({rule_tag, type_tag, value_tag, dn_tag});
    if (!rule && !type) throw ProtocolError::answer("an extensible filter has neither attribute nor matching rule");
    if ((rule && rule->empty()) || (type && type->empty())) return undefined();
    filter.rule = rule.value_or("");
    filter.description = type.value_or("");
    return filter;
  }

  static Filter decode_unknown(Reader& reader, Tag next) {
    constexpr unsigned class_bits = 0xC0;
    constexpr unsigned context_class = 0x80;
    constexpr unsigned number_bits = 0x1F;
    if ((next & class_bits) != context_class || (next & number_bits) < known_choices) {
      reader.malformed(reader.at_end() ? "a filter is missing" : "a filter has the wrong tag");
    }
    reader.content(next);
    return undefined();
  }

  std::size_t nodes_ = 0;
};

void encode_assertion(Writer& writer, const Filter& filter, Tag tag) {
  writer.sequence(
      [&] {
        writer.octets(filter.description);
        writer.octets(filter.value);
      },
      tag);
}

void encode_substrings(Writer& writer, const Filter& filter) {
  const auto& pieces = filter.substrings;
  const auto encode_pieces = [&] {
    for (std::size_t i = 0; i < pieces.size(); ++i) {
      const auto tag = i == 0 ? initial_tag : i + 1 == pieces.size() ? final_tag : any_tag;
      if (!pieces[i].empty()) writer.octets(pieces[i], tag);
    }
  };
  writer.sequence(
      [&] {
        writer.octets(filter.description);
        writer.sequence(encode_pieces);
      },
      substrings_tag);
}

void encode_extensible(Writer& writer, const Filter& filter) {
  writer.sequence(
      [&] {
        if (!filter.rule.empty()) writer.octets(filter.rule, rule_tag);
        if (!filter.description.empty()) writer.octets(filter.description, type_tag);
        writer.octets(filter.value, value_tag);
        if (filter.dn_attributes) writer.boolean(true, dn_tag);
      },
      extensible_tag);
}

void encode_set(std::string& out, const Filter& filter, Tag tag) {
  Writer(out).sequence(
      [&] {
        for (const auto& part : filter.parts) encode_filter(out, part);
      },
      tag);
}

}  // namespace

model::Filter decode_filter(Reader& reader) {
  return Decoder().decode(reader, 1);
}

model::Filter decode_simple_filter(Reader& reader) {
  const auto next = reader.next_tag();
  if (next == and_tag || next == or_tag || next == not_tag) {
    throw ProtocolError::answer("a simple filter item is an and, or or not");
  }
  auto filter = Decoder::decode_item(reader);
  if (filter.dn_attributes) throw ProtocolError::answer("a simple filter item has dnAttributes");
  return filter;
}

void encode_filter(std::string& out, const model::Filter& filter) {
  using enum Filter::Kind;
  Writer writer(out);
  switch (filter.kind) {
    case and_:
      return encode_set(out, filter, and_tag);
    case or_:
      return encode_set(out, filter, or_tag);
    case not_:
      return filter.parts.empty() ? writer.octets("", unknown_tag) : encode_set(out, filter, not_tag);
    case equality:
      return encode_assertion(writer, filter, equality_tag);
    case substrings:
      return encode_substrings(writer, filter);
    case greater_or_equal:
      return encode_assertion(writer, filter, greater_tag);
    case less_or_equal:
      return encode_assertion(writer, filter, less_tag);
    case present:
      return writer.octets(filter.description, present_tag);
    case approximate:
      return encode_assertion(writer, filter, approximate_tag);
    case extensible:
      return encode_extensible(writer, filter);
  }
}

}  // namespace replkit::wire
