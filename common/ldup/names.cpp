#include "common/ldup/names.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "common/base/text.hpp"

namespace replkit::ldup {

namespace {

constexpr std::size_t max_replica_id = 64;

using Names = std::span<const std::string_view>;

// Obsolete numbers stand for the class that took their place (draft-ietf-ldup-infomod-08 section 9).
constexpr std::array<std::string_view, 2> context = {"replicationContext", "2.16.840.1.113719.1.142.6.2.2"};
constexpr std::array<std::string_view, 5> replica = {"replicaSubentry-2", "replicaSubentry", "replicationSubentry",
                                                     "2.16.840.1.113719.1.142.6.3.2", "2.16.840.1.113719.1.142.6.3.1"};
constexpr std::array<std::string_view, 6> agreement = {
    "replicaAgreementSubentry-2", "replicaAgreementSubentry",      "replicationAgreementSubentry-2",
    "replicaAgreement",           "2.16.840.1.113719.1.142.6.4.2", "2.16.840.1.113719.1.142.6.4.1"};
constexpr std::array<std::string_view, 2> event_schedule = {"replicaEventSchedule",
                                                            "2.25.181348535598521182392638709585471321732.1.6.1"};
constexpr std::array<std::string_view, 2> time_schedule = {"replicaTimeSchedule",
                                                           "2.25.181348535598521182392638709585471321732.1.6.2"};
constexpr std::array<std::string_view, 2> credentials = {"ldupSimpleCredentials",
                                                         "2.25.181348535598521182392638709585471321732.1.6.6"};

// The canonical name and what else the drafts call the attribute.
constexpr std::array<std::pair<std::string_view, std::string_view>, 8> aliases = {{
    {"replicaURI", "replicaURL"},
    {"replicaSecondaryURI", "replicaSecondaryURL"},
    {"replicationScheduleDN", "scheduleDN"},
    {"attrReplicationGroup1", "attrs1"},
    {"attrReplicationGroup2", "attrs2"},
    {"replicaContextRoots", "replicationContexts"},
    {"replicaContextRoots", "replicaRoot"},
    {"replicaSubentries", "replicationSubentries"},
}};

bool has_class(std::span<const std::string> object_classes, ManagementClass which) {
  const auto names = class_names(which);
  return std::any_of(object_classes.begin(), object_classes.end(), [&](const std::string& value) {
    return std::any_of(names.begin(), names.end(),
                       [&](std::string_view name) { return equals_ignore_case(name, value); });
  });
}

}  // namespace

Names class_names(ManagementClass which) {
  switch (which) {
    case ManagementClass::context:
      return context;
    case ManagementClass::replica:
      return replica;
    case ManagementClass::agreement:
      return agreement;
    case ManagementClass::event_schedule:
      return event_schedule;
    case ManagementClass::time_schedule:
      return time_schedule;
    case ManagementClass::credentials:
      return credentials;
    case ManagementClass::none:
      break;
  }
  return {};
}

ManagementClass class_of(std::span<const std::string> object_classes) {
  for (const auto which : {ManagementClass::replica, ManagementClass::agreement, ManagementClass::event_schedule,
                           ManagementClass::time_schedule, ManagementClass::credentials, ManagementClass::context}) {
    if (has_class(object_classes, which)) return which;
  }
  return ManagementClass::none;
}

bool is_context(std::span<const std::string> object_classes) {
  return has_class(object_classes, ManagementClass::context);
}

std::string class_filter(ManagementClass which) {
  std::string filter = "(|";
  for (const auto name : class_names(which)) filter.append("(objectClass=").append(name).append(")");
  return filter + ")";
}

std::vector<std::string_view> attribute_names(std::string_view canonical) {
  std::vector<std::string_view> names = {canonical};
  for (const auto& [name, alias] : aliases) {
    if (equals_ignore_case(name, canonical)) names.push_back(alias);
  }
  return names;
}

std::string replica_id(std::string_view text) {
  auto id = to_lower(text);
  const bool fits = !id.empty() && id.size() <= max_replica_id && std::all_of(id.begin(), id.end(), [](char c) {
    return is_ascii_alpha(c) || is_ascii_digit(c) || c == '.' || c == '_' || c == '-';
  });
  return fits ? id : std::string();
}

}  // namespace replkit::ldup
