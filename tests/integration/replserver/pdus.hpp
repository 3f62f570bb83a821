// Requests as bytes: good ones of every kind, and what is needed to make odd and broken ones.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace replkit::replserver_test {

// Returns the element. `length_bytes` is of its length after the first byte; 0: the shortest form.
std::string element(unsigned char tag, std::string_view content, unsigned length_bytes = 0);
std::string integer(std::uint32_t value, unsigned char tag = 0x02);
inline std::string octets(std::string_view value, unsigned char tag = 0x04) {
  return element(tag, value);
}
// Returns an LDAPMessage with this operation; `rest` comes after it.
std::string message(std::uint32_t id, std::string_view operation, std::string_view rest = {});

// A search for the root DSE whose filter is given as bytes.
std::string search_operation(std::string_view filter);
// A filter of so many NOTs inside each other.
std::string deep_filter(std::size_t depth);

// One good message of every kind of request, and of every control that the server knows, about the entries of people().
const std::vector<std::string>& good_requests();

// Returns the request with some damage.
std::string damaged(std::string pdu, std::mt19937& random);
// Returns one of the good ones with some damage.
std::string damaged_request(std::mt19937& random);

}  // namespace replkit::replserver_test
