// What makes a value one of its syntax (RFC 4517 3.3, the section of each is beside it). For syntax.cpp.
#pragma once

#include <string_view>

namespace replkit::refserver::schema {

// --- syntax_strings.cpp ---
bool is_bit_string(std::string_view value);           // 3.3.2
bool is_boolean(std::string_view value);              // 3.3.3
bool is_country_string(std::string_view value);       // 3.3.4
bool is_delivery_method(std::string_view value);      // 3.3.5
bool is_directory_string(std::string_view value);     // 3.3.6
bool is_dn(std::string_view value);                   // 3.3.9
bool is_facsimile_number(std::string_view value);     // 3.3.11
bool is_generalized_time(std::string_view value);     // 3.3.13
bool is_ia5_string(std::string_view value);           // 3.3.15
bool is_integer(std::string_view value);              // 3.3.16
bool is_jpeg(std::string_view value);                 // 3.3.17
bool is_name_and_uid(std::string_view value);         // 3.3.21
bool is_numeric_string(std::string_view value);       // 3.3.23
bool is_oid(std::string_view value);                  // 3.3.26
bool is_other_mailbox(std::string_view value);        // 3.3.27
bool is_postal_address(std::string_view value);       // 3.3.28
bool is_printable_string(std::string_view value);     // 3.3.29
bool is_substring_assertion(std::string_view value);  // 3.3.30
bool is_teletex_terminal(std::string_view value);     // 3.3.32
bool is_telex_number(std::string_view value);         // 3.3.33
bool is_utc_time(std::string_view value);             // 3.3.34
bool is_uuid(std::string_view value);                 // RFC 4530 2.1
bool is_csn(std::string_view value);                  // draft-chu-ldap-csn, draft-ietf-ldup-infomod
bool is_auth_password(std::string_view value);        // RFC 3112 2
bool is_netgroup_triple(std::string_view value);      // RFC 2307 2.4: (host,user,domain)
bool is_boot_parameter(std::string_view value);       // RFC 2307 2.4: key=server:path
bool is_ber_sequence(std::string_view value);         // one SEQUENCE and nothing behind it

// --- syntax_descriptions.cpp ---
bool is_attribute_type_description(std::string_view value);  // 3.3.1
bool is_object_class_description(std::string_view value);    // 3.3.24
bool is_other_description(std::string_view value);           // 3.3.7, 3.3.18, 3.3.19, 3.3.20, 3.3.22: ( OID ... )
bool is_structure_rule_description(std::string_view value);  // 3.3.8: ( number ... )
bool is_subtree_specification(std::string_view value);       // RFC 3672 2.1

// --- syntax_guides.cpp ---
bool is_guide(std::string_view value);           // 3.3.14
bool is_enhanced_guide(std::string_view value);  // 3.3.10

}  // namespace replkit::refserver::schema
