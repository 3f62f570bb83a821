#include "common/base/text.hpp"
#include "common/ldap/search.hpp"

namespace replkit::ldap {

void EntryView::fail() const {
  throw LdapError(ResultCode::protocol_error, "server", "read entry " + printable(dn_),
                  "its attributes are malformed BER");
}

model::Entry EntryView::copy() const {
  model::Entry entry;
  entry.dn = dn_;
  model::Attribute* current = nullptr;
  walk(
      [&](std::string_view description) {
        current = nullptr;
        for (model::Attribute& attribute : entry.attributes) {
          if (equals_ignore_case(attribute.description, description)) current = &attribute;
        }
        if (!current) current = &entry.attributes.emplace_back(model::Attribute{std::string(description), {}});
      },
      [&](std::string_view value) { current->values.emplace_back(value); });
  return entry;
}

}  // namespace replkit::ldap
