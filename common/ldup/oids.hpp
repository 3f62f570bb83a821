// Object identifiers of replication and its management. LDUP left most of them to be assigned; what was never assigned
// is under this project's own arc (X.667), to be changed in one place when there is a registered one.
#pragma once

#include <string_view>

#define REPLKIT_LDUP_ARC "2.25.181348535598521182392638709585471321732"
#define REPLKIT_INFOMOD_ARC "2.16.840.1.113719.1.142"  // draft-ietf-ldup-infomod-06; its own published numbers only

namespace replkit::ldup::oid {

constexpr std::string_view arc = REPLKIT_LDUP_ARC;
constexpr std::string_view infomod_arc = REPLKIT_INFOMOD_ARC;

// --- Schema (numbers of infomod where it has some) ---

constexpr std::string_view csn_syntax = REPLKIT_LDUP_ARC ".1.1.1";
constexpr std::string_view csn_match = REPLKIT_LDUP_ARC ".1.2.1";
constexpr std::string_view csn_ordering_match = REPLKIT_LDUP_ARC ".1.2.2";

constexpr std::string_view attribute_exclusion_filter = REPLKIT_INFOMOD_ARC ".4.1";
constexpr std::string_view attribute_inclusion_filter = REPLKIT_INFOMOD_ARC ".4.2";
constexpr std::string_view replication_status = REPLKIT_INFOMOD_ARC ".4.3";
constexpr std::string_view replica_type = REPLKIT_INFOMOD_ARC ".4.4";
constexpr std::string_view update_vector = REPLKIT_INFOMOD_ARC ".4.6";

constexpr std::string_view supported_replication_protocols = REPLKIT_LDUP_ARC ".1.4.1";
constexpr std::string_view replica_context_roots = REPLKIT_LDUP_ARC ".1.4.2";
constexpr std::string_view replica_subentries = REPLKIT_LDUP_ARC ".1.4.3";
constexpr std::string_view replica_uri = REPLKIT_LDUP_ARC ".1.4.4";
constexpr std::string_view replica_secondary_uri = REPLKIT_LDUP_ARC ".1.4.5";
constexpr std::string_view lost_and_found_entry_dn = REPLKIT_LDUP_ARC ".1.4.6";
constexpr std::string_view replica_online = REPLKIT_LDUP_ARC ".1.4.7";
constexpr std::string_view replica_dn = REPLKIT_LDUP_ARC ".1.4.8";
constexpr std::string_view replication_mechanism_oid = REPLKIT_LDUP_ARC ".1.4.9";
constexpr std::string_view replication_credentials_dn = REPLKIT_LDUP_ARC ".1.4.10";
constexpr std::string_view replication_schedule_dn = REPLKIT_LDUP_ARC ".1.4.11";
constexpr std::string_view update_vector_trigger = REPLKIT_LDUP_ARC ".1.4.12";
constexpr std::string_view seconds_to_wait_default = REPLKIT_LDUP_ARC ".1.4.13";
constexpr std::string_view seconds_to_wait1 = REPLKIT_LDUP_ARC ".1.4.14";
constexpr std::string_view seconds_to_wait2 = REPLKIT_LDUP_ARC ".1.4.15";
constexpr std::string_view attr_replication_group1 = REPLKIT_LDUP_ARC ".1.4.16";
constexpr std::string_view attr_replication_group2 = REPLKIT_LDUP_ARC ".1.4.17";
constexpr std::string_view schedule_time_period = REPLKIT_LDUP_ARC ".1.4.18";
constexpr std::string_view schedule_month_of_year_mask = REPLKIT_LDUP_ARC ".1.4.19";
constexpr std::string_view schedule_day_of_month_mask = REPLKIT_LDUP_ARC ".1.4.20";
constexpr std::string_view schedule_day_of_week_mask = REPLKIT_LDUP_ARC ".1.4.21";
constexpr std::string_view schedule_time_of_day_mask = REPLKIT_LDUP_ARC ".1.4.22";
constexpr std::string_view schedule_local_or_utc_time = REPLKIT_LDUP_ARC ".1.4.23";
constexpr std::string_view created_entry_csn = REPLKIT_LDUP_ARC ".1.4.24";
constexpr std::string_view deleted_entry_csn = REPLKIT_LDUP_ARC ".1.4.25";
constexpr std::string_view seconds_between_cycles = REPLKIT_LDUP_ARC ".1.4.26";      // ldupSecondsBetweenCycles
constexpr std::string_view max_seconds_between_cycles = REPLKIT_LDUP_ARC ".1.4.27";  // ldupMaxSecondsBetweenCycles
constexpr std::string_view max_pending_changes = REPLKIT_LDUP_ARC ".1.4.28";         // ldupMaxPendingChanges
constexpr std::string_view bind_dn = REPLKIT_LDUP_ARC ".1.4.29";                     // ldupBindDN
constexpr std::string_view bind_password = REPLKIT_LDUP_ARC ".1.4.30";               // ldupBindPassword
constexpr std::string_view bind_mechanism = REPLKIT_LDUP_ARC ".1.4.31";              // ldupBindMechanism
constexpr std::string_view start_tls = REPLKIT_LDUP_ARC ".1.4.32";                   // ldupStartTLS

constexpr std::string_view replication_context = REPLKIT_INFOMOD_ARC ".6.2.2";
constexpr std::string_view replica_subentry = REPLKIT_INFOMOD_ARC ".6.3.2";
constexpr std::string_view replica_agreement_subentry = REPLKIT_INFOMOD_ARC ".6.4.2";

constexpr std::string_view replica_event_schedule = REPLKIT_LDUP_ARC ".1.6.1";
constexpr std::string_view replica_time_schedule = REPLKIT_LDUP_ARC ".1.6.2";
constexpr std::string_view schedule_limits = REPLKIT_LDUP_ARC ".1.6.3";  // ldupScheduleLimits
constexpr std::string_view glue_entry = REPLKIT_LDUP_ARC ".1.6.4";
constexpr std::string_view deleted_entry = REPLKIT_LDUP_ARC ".1.6.5";
constexpr std::string_view simple_credentials = REPLKIT_LDUP_ARC ".1.6.6";  // ldupSimpleCredentials

// --- Management (draft-ietf-ldup-mrm-02) ---

constexpr std::string_view trigger_replication = REPLKIT_LDUP_ARC ".2.1.1";
constexpr std::string_view terminate_replication = REPLKIT_LDUP_ARC ".2.1.2";
constexpr std::string_view search_with_meta_data = REPLKIT_LDUP_ARC ".2.1.3";
constexpr std::string_view add_with_meta_data = REPLKIT_LDUP_ARC ".2.1.4";
constexpr std::string_view delete_with_meta_data = REPLKIT_LDUP_ARC ".2.1.5";
constexpr std::string_view modify_with_meta_data = REPLKIT_LDUP_ARC ".2.1.6";
constexpr std::string_view meta_data_entry = REPLKIT_LDUP_ARC ".2.2.1";  // intermediate responses
constexpr std::string_view meta_data_reference = REPLKIT_LDUP_ARC ".2.2.2";
constexpr std::string_view write_unwriteable = REPLKIT_LDUP_ARC ".2.3.1";  // a control

// --- The update protocol (draft-ietf-ldup-protocol-05 section 11) ---

constexpr std::string_view replication_grouping = REPLKIT_LDUP_ARC ".3.1.1";  // a createGroupType
constexpr std::string_view full_update_protocol = REPLKIT_LDUP_ARC ".3.2.1";
constexpr std::string_view incremental_update_protocol = REPLKIT_LDUP_ARC ".3.2.2";
constexpr std::string_view replication_update = REPLKIT_LDUP_ARC ".3.3.1";         // request and response
constexpr std::string_view replication_update_notice = REPLKIT_LDUP_ARC ".3.3.2";  // unsolicited

// Names that draft-ietf-ldup-mrm-02 has as values of replicationMechanismOID.
constexpr std::string_view full_update_name = "ietf-ldup-full-update";
constexpr std::string_view incremental_update_name = "ietf-ldup-incremental-update";

// --- Grouping (draft-zeilenga-ldap-grouping-06) ---

constexpr std::string_view create_grouping = REPLKIT_LDUP_ARC ".4.1";
constexpr std::string_view end_grouping = REPLKIT_LDUP_ARC ".4.2";
constexpr std::string_view end_grouping_notice = REPLKIT_LDUP_ARC ".4.3";
constexpr std::string_view action_grouping = REPLKIT_LDUP_ARC ".4.4";
constexpr std::string_view grouping_notice = REPLKIT_LDUP_ARC ".4.5";
constexpr std::string_view grouping_control = REPLKIT_LDUP_ARC ".4.6";
constexpr std::string_view supported_grouping_types = REPLKIT_LDUP_ARC ".4.7";

// What OpenLDAP once had for the first six.
constexpr std::string_view openldap_create_grouping = "1.3.6.1.4.1.4203.666.10.3.1";
constexpr std::string_view openldap_end_grouping = "1.3.6.1.4.1.4203.666.10.3.2";
constexpr std::string_view openldap_end_grouping_notice = "1.3.6.1.4.1.4203.666.10.3.3";
constexpr std::string_view openldap_action_grouping = "1.3.6.1.4.1.4203.666.10.3.4";
constexpr std::string_view openldap_grouping_notice = "1.3.6.1.4.1.4203.666.10.3.5";
constexpr std::string_view openldap_grouping_control = "1.3.6.1.4.1.4203.666.10.3.6";

}  // namespace replkit::ldup::oid
#undef REPLKIT_LDUP_ARC
#undef REPLKIT_INFOMOD_ARC
