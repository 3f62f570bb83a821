#include "common/compare/secrets.hpp"

#include <algorithm>
#include <array>

#include "common/base/text.hpp"
#include "common/model/schema.hpp"

namespace replkit::compare {

namespace {

constexpr std::array<std::string_view, 17> secret_attributes{"userpassword",
                                                             "authpassword",
                                                             "unicodepwd",
                                                             "dbcspwd",
                                                             "sambantpassword",
                                                             "sambalmpassword",
                                                             "krbprincipalkey",
                                                             "krbextradata",
                                                             "pwdhistory",
                                                             "passwordhistory",
                                                             "ntpwdhistory",
                                                             "lmpwdhistory",
                                                             "supplementalcredentials",
                                                             "olcrootpw",
                                                             "ldupbindpassword",
                                                             "nsds5replicacredentials",
                                                             "ipanthash"};

}  // namespace

bool is_secret(std::string_view attribute) {
  const auto type = to_lower(model::base_type(attribute));
  return std::find(secret_attributes.begin(), secret_attributes.end(), type) != secret_attributes.end();
}

}  // namespace replkit::compare
