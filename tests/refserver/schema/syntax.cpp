#include "tests/refserver/schema/syntax.hpp"

#include <algorithm>

#include "tests/refserver/schema/syntax_checks.hpp"

namespace replkit::refserver::schema {

namespace {

#define S "1.3.6.1.4.1.1466.115.121.1."

using enum Transfer;

// The frequent ones first: a table of this size needs no index, schemas are loaded once.
constexpr Syntax table[] = {
    {S "15", "Directory String", is_directory_string},
    {S "26", "IA5 String", is_ia5_string},
    {S "12", "DN", is_dn},
    {S "27", "INTEGER", is_integer},
    {S "38", "OID", is_oid},
    {S "7", "Boolean", is_boolean},
    {S "24", "Generalized Time", is_generalized_time},
    {S "40", "Octet String", nullptr},
    {S "3", "Attribute Type Description", is_attribute_type_description},
    {S "4", "Audio", nullptr, octets},
    {S "5", "Binary", nullptr, ber},
    {S "6", "Bit String", is_bit_string},
    {S "8", "Certificate", is_ber_sequence, ber},
    {S "9", "Certificate List", is_ber_sequence, ber},
    {S "10", "Certificate Pair", is_ber_sequence, ber},
    {S "11", "Country String", is_country_string},
    {S "13", "Data Quality Syntax", nullptr},
    {S "14", "Delivery Method", is_delivery_method},
    {S "16", "DIT Content Rule Description", is_other_description},
    {S "17", "DIT Structure Rule Description", is_structure_rule_description},
    {S "19", "DSA Quality Syntax", nullptr},
    {S "21", "Enhanced Guide", is_enhanced_guide},
    {S "22", "Facsimile Telephone Number", is_facsimile_number},
    {S "23", "Fax", nullptr, octets},
    {S "25", "Guide", is_guide},
    {S "28", "JPEG", is_jpeg, octets},
    {S "30", "Matching Rule Description", is_other_description},
    {S "31", "Matching Rule Use Description", is_other_description},
    {S "34", "Name And Optional UID", is_name_and_uid},
    {S "35", "Name Form Description", is_other_description},
    {S "36", "Numeric String", is_numeric_string},
    {S "37", "Object Class Description", is_object_class_description},
    {S "39", "Other Mailbox", is_other_mailbox},
    {S "41", "Postal Address", is_postal_address},
    {S "42", "Protocol Information", nullptr},
    {S "43", "Presentation Address", nullptr},
    {S "44", "Printable String", is_printable_string},
    {S "45", "Subtree Specification", is_subtree_specification},
    {S "49", "Supported Algorithm", is_ber_sequence, ber},
    {S "50", "Telephone Number", is_printable_string},
    {S "51", "Teletex Terminal Identifier", is_teletex_terminal},
    {S "52", "Telex Number", is_telex_number},
    {S "53", "UTC Time", is_utc_time},
    {S "54", "LDAP Syntax Description", is_other_description},
    {S "58", "Substring Assertion", is_substring_assertion},
    {"1.3.6.1.1.1.0.0", "RFC 2307 NIS Netgroup Triple", is_netgroup_triple},
    {"1.3.6.1.1.1.0.1", "RFC 2307 Boot Parameter", is_boot_parameter},
    {"1.3.6.1.1.16.1", "UUID", is_uuid},
    {"1.3.6.1.1.15.1", "X.509 Certificate Exact Assertion", nullptr},
    {"1.3.6.1.1.15.2", "X.509 Certificate Assertion", nullptr},
    {"1.3.6.1.1.15.3", "X.509 Certificate Pair Exact Assertion", nullptr},
    {"1.3.6.1.1.15.4", "X.509 Certificate Pair Assertion", nullptr},
    {"1.3.6.1.1.15.5", "X.509 Certificate List Exact Assertion", nullptr},
    {"1.3.6.1.1.15.6", "X.509 Certificate List Assertion", nullptr},
    {"1.3.6.1.1.15.7", "X.509 Algorithm Identifier", nullptr},
    {"1.3.6.1.4.1.4203.1.1.2", "RFC 3112 Authentication Password", is_auth_password},
    {"1.3.6.1.4.1.4203.666.11.2.1", "CSN", is_csn},
    {"2.25.181348535598521182392638709585471321732.1.1.1", "LDUP CSN", is_csn},
};

#undef S

}  // namespace

const Syntax* find_syntax(std::string_view oid) {
  const auto found = std::find_if(std::begin(table), std::end(table), [&](const Syntax& s) { return s.oid == oid; });
  return found == std::end(table) ? nullptr : found;
}

std::span<const Syntax> syntaxes() {
  return table;
}

}  // namespace replkit::refserver::schema
