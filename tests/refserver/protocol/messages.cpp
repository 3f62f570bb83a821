#include "tests/refserver/protocol/messages.hpp"

#include <iterator>

namespace replkit::refserver::protocol {

Operation operation_of(const Request& request) {
  using enum Operation;
  constexpr Operation by_index[] = {bind, unbind, search, modify, add, remove, modify_dn, compare, abandon, extended};
  static_assert(std::size(by_index) == std::variant_size_v<Request>);
  return by_index[request.index()];
}

}  // namespace replkit::refserver::protocol
