// Object identifiers of controls, extended operations and features, as the root DSE lists them.
#pragma once

#include <string_view>

namespace replkit::refserver::protocol::oid {

// Controls
constexpr std::string_view paged_results = "1.2.840.113556.1.4.319";            // RFC 2696
constexpr std::string_view subentries = "1.3.6.1.4.1.4203.1.10.1";              // RFC 3672
constexpr std::string_view ldup_subentries = "1.3.6.1.4.1.7628.5.101.1";        // draft-ietf-ldup-subentry
constexpr std::string_view manage_dsa_it = "2.16.840.1.113730.3.4.2";           // RFC 3296
constexpr std::string_view assertion = "1.3.6.1.1.12";                          // RFC 4528
constexpr std::string_view pre_read = "1.3.6.1.1.13.1";                         // RFC 4527
constexpr std::string_view post_read = "1.3.6.1.1.13.2";                        // RFC 4527
constexpr std::string_view sort_request = "1.2.840.113556.1.4.473";             // RFC 2891
constexpr std::string_view sort_response = "1.2.840.113556.1.4.474";            // RFC 2891
constexpr std::string_view matched_values = "1.2.826.0.1.3344810.2.3";          // RFC 3876
constexpr std::string_view tree_delete = "1.2.840.113556.1.4.805";              // draft-armijo-ldap-treedelete
constexpr std::string_view relax_rules = "1.3.6.1.4.1.4203.666.5.12";           // draft-zeilenga-ldap-relax
constexpr std::string_view proxied_authorization = "2.16.840.1.113730.3.4.18";  // RFC 4370

// Extended operations
constexpr std::string_view notice_of_disconnection = "1.3.6.1.4.1.1466.20036";  // RFC 4511 4.4.1
constexpr std::string_view start_tls = "1.3.6.1.4.1.1466.20037";                // RFC 4511 4.14
constexpr std::string_view password_modify = "1.3.6.1.4.1.4203.1.11.1";         // RFC 3062
constexpr std::string_view who_am_i = "1.3.6.1.4.1.4203.1.11.3";                // RFC 4532
constexpr std::string_view cancel = "1.3.6.1.1.8";                              // RFC 3909

// Features
constexpr std::string_view all_operational_attributes = "1.3.6.1.4.1.4203.1.5.1";  // RFC 3673: "+"
constexpr std::string_view object_class_attributes = "1.3.6.1.4.1.4203.1.5.2";     // RFC 4529: "@class"
constexpr std::string_view true_false_filters = "1.3.6.1.4.1.4203.1.5.3";          // RFC 4526
constexpr std::string_view language_tags = "1.3.6.1.4.1.4203.1.5.4";               // RFC 3866
constexpr std::string_view language_ranges = "1.3.6.1.4.1.4203.1.5.5";             // RFC 3866
constexpr std::string_view modify_increment = "1.3.6.1.1.14";                      // RFC 4525

}  // namespace replkit::refserver::protocol::oid
