// Filters: whatever parses reads back from its text and can be matched; URLs on the way.
#include <cstdlib>

#include "common/base/error.hpp"
#include "common/model/filter.hpp"
#include "common/model/ldap_url.hpp"
#include "common/model/schema.hpp"

using namespace replkit;
using namespace replkit::model;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

void try_filter(std::string_view text) {
  static const Entry entry{"cn=a+sn=b,dc=x",
                           {{"objectClass", {"person"}},
                            {"cn", {"a b", "\xff", ""}},
                            {"sn;lang-de", {"Stra\u00dfe"}},
                            {"uidNumber", {"17", "x"}},
                            {"createTimestamp", {"20260101000000Z"}},
                            {"member", {"cn=a,dc=x"}}}};
  const auto filter = Filter::parse(text);
  filter.matches(entry, Schema::standard());
  constexpr std::size_t max_bytes = 64U << 10;
  const auto again = filter.text();
  if (again.size() <= max_bytes) require(Filter::parse(again).text() == again);
}

void try_url(std::string_view text) {
  const auto url = LdapUrl::parse(text);
  const auto server = LdapUrl::parse(url.server());
  require(server.host == url.host && server.port == url.port && server.scheme == url.scheme);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const auto attempt : {try_filter, try_url}) {
    try {
      attempt(text);
    } catch (const ParseError& error) {
      require(error.offset() <= size);
    }
  }
  return 0;
}
