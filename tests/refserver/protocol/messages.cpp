#include "tests/refserver/protocol/messages.hpp"

#include <iterator>

namespace replkit::refserver::protocol {

Operation operation_of(const Request& request) {
  using enum Operation;
  constexpr Operation by_index[] = {bind, unbind, search, modify, add, remove, modify_dn, compare, abandon, extended};
  static_assert(std::size(by_index) == std::variant_size_v<Request>);
  return by_index[request.index()];
}

std::optional<unsigned> response_number(Operation operation) {
  switch (operation) {
    case Operation::unbind:
    case Operation::abandon:
      return std::nullopt;
    case Operation::search:
      return 5;  // SearchResultDone: 4 are the entries
    default:
      return static_cast<unsigned>(operation) + 1;
  }
}

}  // namespace replkit::refserver::protocol
