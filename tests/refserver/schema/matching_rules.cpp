#include "tests/refserver/schema/matching_rules.hpp"

#include <algorithm>

#include "common/base/text.hpp"

namespace replkit::refserver::schema {

namespace {

#define S "1.3.6.1.4.1.1466.115.121.1."

using enum RuleUse;

constexpr MatchingRule rules[] = {
    {"2.5.13.0", "objectIdentifierMatch", S "38", equality},
    {"2.5.13.1", "distinguishedNameMatch", S "12", equality},
    {"2.5.13.2", "caseIgnoreMatch", S "15", equality},
    {"2.5.13.3", "caseIgnoreOrderingMatch", S "15", ordering},
    {"2.5.13.4", "caseIgnoreSubstringsMatch", S "58", substring},
    {"2.5.13.5", "caseExactMatch", S "15", equality},
    {"2.5.13.6", "caseExactOrderingMatch", S "15", ordering},
    {"2.5.13.7", "caseExactSubstringsMatch", S "58", substring},
    {"2.5.13.8", "numericStringMatch", S "36", equality},
    {"2.5.13.9", "numericStringOrderingMatch", S "36", ordering},
    {"2.5.13.10", "numericStringSubstringsMatch", S "58", substring},
    {"2.5.13.11", "caseIgnoreListMatch", S "41", equality},
    {"2.5.13.12", "caseIgnoreListSubstringsMatch", S "58", substring},
    {"2.5.13.13", "booleanMatch", S "7", equality},
    {"2.5.13.14", "integerMatch", S "27", equality},
    {"2.5.13.15", "integerOrderingMatch", S "27", ordering},
    {"2.5.13.16", "bitStringMatch", S "6", equality},
    {"2.5.13.17", "octetStringMatch", S "40", equality},
    {"2.5.13.18", "octetStringOrderingMatch", S "40", ordering},
    {"2.5.13.19", "octetStringSubstringsMatch", S "40", substring},
    {"2.5.13.20", "telephoneNumberMatch", S "50", equality},
    {"2.5.13.21", "telephoneNumberSubstringsMatch", S "58", substring},
    {"2.5.13.22", "presentationAddressMatch", S "43", equality, false},
    {"2.5.13.23", "uniqueMemberMatch", S "34", equality},
    {"2.5.13.24", "protocolInformationMatch", S "42", equality, false},
    {"2.5.13.25", "uTCTimeMatch", S "53", equality, false},
    {"2.5.13.27", "generalizedTimeMatch", S "24", equality},
    {"2.5.13.28", "generalizedTimeOrderingMatch", S "24", ordering},
    {"2.5.13.29", "integerFirstComponentMatch", S "27", equality, false},
    {"2.5.13.30", "objectIdentifierFirstComponentMatch", S "38", equality, false},
    {"2.5.13.31", "directoryStringFirstComponentMatch", S "15", equality, false},
    {"2.5.13.34", "certificateExactMatch", "1.3.6.1.1.15.1", equality, false},
    {"2.5.13.35", "certificateMatch", "1.3.6.1.1.15.2", equality, false},
    {"2.5.13.36", "certificatePairExactMatch", "1.3.6.1.1.15.3", equality, false},
    {"2.5.13.37", "certificatePairMatch", "1.3.6.1.1.15.4", equality, false},
    {"2.5.13.38", "certificateListExactMatch", "1.3.6.1.1.15.5", equality, false},
    {"2.5.13.39", "certificateListMatch", "1.3.6.1.1.15.6", equality, false},
    {"2.5.13.40", "algorithmIdentifierMatch", "1.3.6.1.1.15.7", equality, false},
    {"2.5.13.42", "attributeCertificateMatch", S "40", equality, false},
    {"2.5.13.45", "attributeCertificateExactMatch", S "40", equality, false},
    {"1.3.6.1.4.1.1466.109.114.1", "caseExactIA5Match", S "26", equality},
    {"1.3.6.1.4.1.1466.109.114.2", "caseIgnoreIA5Match", S "26", equality},
    {"1.3.6.1.4.1.1466.109.114.3", "caseIgnoreIA5SubstringsMatch", S "58", substring},
    {"1.3.6.1.4.1.4203.1.2.1", "caseExactIA5SubstringsMatch", S "58", substring},
    {"1.3.6.1.1.16.2", "UUIDMatch", "1.3.6.1.1.16.1", equality},
    {"1.3.6.1.1.16.3", "UUIDOrderingMatch", "1.3.6.1.1.16.1", ordering},
    {"1.3.6.1.4.1.4203.1.2.2", "authPasswordExactMatch", "1.3.6.1.4.1.4203.1.1.2", equality, false},
    {"1.3.6.1.4.1.4203.1.2.3", "authPasswordMatch", S "40", equality, false},
    {"1.3.6.1.4.1.4203.666.11.2.2", "CSNMatch", "1.3.6.1.4.1.4203.666.11.2.1", equality},
    {"1.3.6.1.4.1.4203.666.11.2.3", "CSNOrderingMatch", "1.3.6.1.4.1.4203.666.11.2.1", ordering},
    {"1.3.6.1.4.1.4203.666.4.12", "authzMatch", "1.3.6.1.4.1.4203.666.2.7", equality, false},
    // Those of draft-ietf-ldup-infomod's CSNs, which it leaves open.
    {"2.25.181348535598521182392638709585471321732.1.2.1", "ldupCSNMatch",
     "2.25.181348535598521182392638709585471321732.1.1.1", equality},
    {"2.25.181348535598521182392638709585471321732.1.2.2", "ldupCSNOrderingMatch",
     "2.25.181348535598521182392638709585471321732.1.1.1", ordering},
};

#undef S

}  // namespace

const MatchingRule* find_rule(std::string_view name_or_oid) {
  const auto found = std::find_if(std::begin(rules), std::end(rules), [&](const MatchingRule& rule) {
    return rule.oid == name_or_oid || equals_ignore_case(rule.name, name_or_oid);
  });
  return found == std::end(rules) ? nullptr : found;
}

std::span<const MatchingRule> matching_rules() {
  return rules;
}

}  // namespace replkit::refserver::schema
