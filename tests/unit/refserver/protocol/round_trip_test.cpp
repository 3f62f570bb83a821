// Random messages read back as they were written.
#include <gmock/gmock.h>

#include <random>

#include "tests/refserver/protocol/client.hpp"
#include "tests/refserver/protocol/decode.hpp"
#include "tests/refserver/protocol/encode.hpp"

namespace replkit::refserver::protocol {
namespace {

class Generator {
 public:
  explicit Generator(unsigned seed) : random_(seed) {}

  RequestMessage message() {
    RequestMessage out{static_cast<std::int32_t>(1 + below(flip() ? 200 : max_int)), request(), {}};
    for (auto n = below(3); n > 0; --n) out.controls.push_back({oid(), flip(), maybe()});
    return out;
  }

  ResponseMessage response() {
    ResponseMessage out;
    out.id = static_cast<std::int32_t>(below(max_int));
    for (auto n = below(3); n > 0; --n) out.controls.push_back({oid(), flip(), maybe()});
    switch (below(5)) {
      case 0:
        out.kind = ResponseKind::entry;
        out.entry = {text(), attributes(0)};
        break;
      case 1:
        out.kind = ResponseKind::reference;
        out.uris = strings(1);
        break;
      case 2:
        out.kind = ResponseKind::intermediate;
        out.name = maybe();
        out.value = maybe();
        break;
      case 3:
        out.kind = ResponseKind::bind;
        out.result = result();
        out.server_credentials = maybe();
        break;
      default:
        out.kind = ResponseKind::extended;
        out.result = result();
        out.name = maybe();
        out.value = maybe();
    }
    return out;
  }

 private:
  std::size_t below(std::size_t bound) { return std::uniform_int_distribution<std::size_t>(0, bound - 1)(random_); }
  bool flip() { return below(2) == 0; }

  std::string octets() {
    // Around the sizes at which lengths take another octet.
    constexpr std::size_t sizes[] = {0, 1, 3, 20, 110, 127, 128, 250, 256, 70000};
    std::string out(below(10) == 0 ? sizes[below(std::size(sizes))] : below(12), '\0');
    for (auto& c : out) c = static_cast<char>(below(256));
    return out;
  }
  std::string text() {
    std::string out;
    for (auto n = below(20); n > 0; --n) out += flip() ? std::string(1, static_cast<char>(' ' + below(90))) : "\u00fc";
    return out;
  }
  std::string oid() { return "1.3." + std::to_string(below(100000)); }
  std::optional<std::string> maybe() { return flip() ? std::optional(octets()) : std::nullopt; }
  std::vector<std::string> strings(std::size_t least) {
    std::vector<std::string> out(least + below(4));
    for (auto& string : out) string = octets();
    return out;
  }
  std::vector<model::Attribute> attributes(std::size_t least_values) {
    std::vector<model::Attribute> out(below(4));
    for (auto& attribute : out) attribute = {text(), strings(least_values)};
    return out;
  }
  Result result() {
    return {static_cast<ResultCode>(below(130)), text(), text(), flip() ? strings(1) : std::vector<std::string>{}};
  }

  model::Filter filter(std::size_t levels) {
    using Kind = model::Filter::Kind;
    model::Filter out;
    out.kind = static_cast<Kind>(below(static_cast<std::size_t>(Kind::extensible) + 1));
    const bool is_set = out.kind == Kind::and_ || out.kind == Kind::or_;
    if (is_set || out.kind == Kind::not_) {
      if (levels == 0) return model::Filter::parse("(cn=*)");
      for (auto n = is_set ? below(4) : 1; n > 0; --n) out.parts.push_back(filter(levels - 1));
      return out;
    }
    out.description = "a" + text();
    if (out.kind == Kind::present) return out;
    if (out.kind == Kind::substrings) {
      out.substrings = {flip() ? "i" + octets() : "", "m" + octets(), flip() ? "f" + octets() : ""};
      return out;
    }
    out.value = octets();
    if (out.kind == Kind::extensible) {
      out.dn_attributes = flip();
      if (flip()) out.rule = "r" + text();
      if (!out.rule.empty() && flip()) out.description.clear();
    }
    return out;
  }

  Request request() {
    switch (below(11)) {
      case 0:
        return BindRequest{static_cast<int>(1 + below(127)), text(), Secret(octets())};
      case 1: {
        const auto credentials = maybe();
        return BindRequest{3, text(),
                           SaslCredentials{text(), credentials ? std::optional<Secret>(*credentials) : std::nullopt}};
      }
      case 2:
        return UnbindRequest{};
      case 3:
      case 4:
        return SearchRequest{text(),
                             static_cast<Scope>(below(3)),
                             static_cast<Dereference>(below(4)),
                             static_cast<std::int32_t>(below(max_int)),
                             static_cast<std::int32_t>(below(1000)),
                             flip(),
                             filter(6),
                             strings(0)};
      case 5: {
        ModifyRequest modify{text(), {}};
        for (auto n = below(4); n > 0; --n) {
          modify.changes.push_back({static_cast<model::ModifyKind>(below(4)), text(), strings(0)});
        }
        return modify;
      }
      case 6:
        return AddRequest{text(), attributes(1)};
      case 7:
        return DeleteRequest{text()};
      case 8:
        return ModifyDnRequest{text(), text(), flip(), flip() ? std::optional(text()) : std::nullopt};
      case 9:
        return flip() ? Request(CompareRequest{text(), text(), octets()})
                      : Request(AbandonRequest{static_cast<std::int32_t>(below(max_int))});
      default:
        return ExtendedRequest{oid(), maybe()};
    }
  }

  std::mt19937 random_;
};

TEST(RoundTrip, RequestsReadBackAsTheyWereWritten) {
  for (unsigned seed = 0; seed < 3000; ++seed) {
    const auto message = Generator(seed).message();
    const auto pdu = encode_request(message);
    const auto again = decode_request(pdu);
    ASSERT_EQ(encode_request(again), pdu) << "seed " << seed;
    ASSERT_EQ(again.id, message.id) << "seed " << seed;
    ASSERT_EQ(again.controls, message.controls) << "seed " << seed;
    ASSERT_EQ(again.request.index(), message.request.index()) << "seed " << seed;
    if (const auto* search = std::get_if<SearchRequest>(&message.request)) {
      ASSERT_EQ(std::get<SearchRequest>(again.request).filter.text(), search->filter.text()) << "seed " << seed;
    }
    if (const auto* add = std::get_if<AddRequest>(&message.request)) {
      ASSERT_EQ(std::get<AddRequest>(again.request).attributes, add->attributes) << "seed " << seed;
    }
    if (const auto* modify = std::get_if<ModifyRequest>(&message.request)) {
      ASSERT_EQ(std::get<ModifyRequest>(again.request).changes, modify->changes) << "seed " << seed;
    }
  }
}

std::string encode(const ResponseMessage& message) {
  std::string out;
  switch (message.kind) {
    case ResponseKind::entry:
      encode_entry(out, message.id, message.entry, message.controls);
      break;
    case ResponseKind::reference:
      encode_reference(out, message.id, message.uris, message.controls);
      break;
    case ResponseKind::intermediate:
      encode_intermediate_response(out, message.id, message.name, message.value, message.controls);
      break;
    case ResponseKind::bind:
      encode_bind_response(out, message.id, message.result, message.server_credentials, message.controls);
      break;
    default:
      encode_extended_response(out, message.id, message.result, message.name, message.value, message.controls);
  }
  return out;
}

TEST(RoundTrip, ResponsesReadBackAsTheyWereWritten) {
  for (unsigned seed = 0; seed < 3000; ++seed) {
    const auto message = Generator(seed).response();
    ASSERT_EQ(decode_response(encode(message)), message) << "seed " << seed;
  }
}

}  // namespace
}  // namespace replkit::refserver::protocol
