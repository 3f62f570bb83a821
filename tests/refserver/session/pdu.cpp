#include "tests/refserver/session/pdu.hpp"

#include <algorithm>

#include "common/model/filter.hpp"
#include "common/wire/ber.hpp"
#include "tests/refserver/protocol/decode.hpp"
#include "tests/refserver/protocol/result.hpp"

namespace replkit::refserver::session {

namespace {

using protocol::Tag;

constexpr Tag constructed = 0x20;
constexpr Tag application = 0x40;
constexpr std::size_t element_cost = 176;  // the struct that an element becomes, a Filter at most
static_assert(sizeof(model::Filter) <= element_cost);
constexpr std::size_t control_cost = 40;  // for each byte: their values are BER again, a filter perhaps

constexpr unsigned entry_number = 4;
constexpr unsigned reference_number = 19;
constexpr unsigned intermediate_number = 25;

}  // namespace

std::size_t decoded_size(std::string_view pdu) {
  std::size_t size = 2 * pdu.size();  // strings, which may be twice as large as their text
  auto rest = pdu;
  std::optional<std::size_t> controls;  // bytes left where the controls begin, behind the operation
  while (const auto header = wire::read_header(rest)) {
    if (header->problem != nullptr) break;
    size += element_cost;
    rest.remove_prefix(header->size);
    const auto length = static_cast<std::size_t>(std::min<std::uint64_t>(header->length, rest.size()));
    const bool is_operation = (header->tag & application) != 0;
    if (is_operation && !controls) controls = rest.size() - length;
    if (header->tag == protocol::controls_tag && controls && rest.size() <= *controls) size += control_cost * length;
    if ((header->tag & constructed) == 0) rest.remove_prefix(length);
  }
  return size;
}

std::optional<RequestHead> peek_request(std::string_view pdu) {
  try {
    wire::Reader whole(pdu, wire::Rules::pdu);
    auto message = whole.sequence();
    RequestHead out;
    out.id = static_cast<std::int32_t>(message.integer(1, wire::max_int));
    const auto tag = message.next_tag();
    using enum protocol::Operation;
    for (const auto known : {bind, unbind, search, modify, add, remove, modify_dn, compare, abandon, extended}) {
      constexpr unsigned number_bits = 0x1F;
      out.operation = known;
      if (tag && (*tag & number_bits) == static_cast<unsigned>(known)) return out;
    }
  } catch (const protocol::ProtocolError&) {  // then decoding it will tell
  }
  return std::nullopt;
}

ResponseCount count_responses(std::string_view responses) {
  ResponseCount out;
  wire::Reader reader(responses, wire::Rules::pdu);
  while (!reader.at_end()) {
    auto message = reader.sequence();
    message.integer(0, wire::max_int);
    constexpr unsigned number_bits = 0x1F;
    const auto tag = message.next_tag().value();
    const unsigned number = tag & number_bits;
    if (number == entry_number || number == reference_number) {
      ++out.entries;
    } else if (number != intermediate_number) {
      out.code = static_cast<protocol::ResultCode>(message.sequence(tag).enumerated(wire::max_int));
    }
  }
  return out;
}

}  // namespace replkit::refserver::session
