// Schema files: OpenLDAP's .schema syntax (slapd.conf(5)) and LDIF.
#pragma once

#include <string>
#include <string_view>

#include "tests/refserver/schema/definitions.hpp"

namespace replkit::refserver::schema {

// Adds what `text` defines; `name` stands in errors. LDIF is known by its first line (dn: or version:). Throws
// LocalError (file:line: what).
void read_schema_text(std::string_view text, const std::string& name, Definitions& definitions);

}  // namespace replkit::refserver::schema
