// What a Connection holds. For common/ldap only.
#pragma once

#include "common/ldap/connection.hpp"
#include "common/ldap/session.hpp"

namespace replkit::ldap {

struct Connection::State : Session {
  using Session::Session;
};

}  // namespace replkit::ldap
