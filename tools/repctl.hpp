// repctl: areas of replication, replicas and agreements (draft-ietf-ldup-mrm-02).
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "common/cli/command.hpp"
#include "common/cli/connection_options.hpp"
#include "common/tasks/agreement_atoms.hpp"
#include "common/tasks/area_atoms.hpp"
#include "common/tasks/credential_atoms.hpp"
#include "common/tasks/replica_atoms.hpp"
#include "common/tasks/schedule_atoms.hpp"

namespace replkit::tools {

struct CredentialsSettings {
  std::string name;  // or DN
  tasks::CredentialsValues values;
  std::string password_file;
  bool ask_password = false;
};

struct ScheduleSettings {
  using Length = std::optional<std::chrono::milliseconds>;

  tasks::ScheduleTarget target;
  Length wait, group1_wait, group2_wait;
  std::vector<std::string> group1, group2;
  bool vector_trigger = false;
  std::optional<std::string> months, days_of_month, days, hours, from, until;
  std::optional<bool> local;  // whose time these are: the supplier's
  Length every, longest_gap;
  std::uint32_t pending = 0;
  std::string description;
};

struct HistorySettings {
  std::vector<std::string> files;
  std::string since;
  std::optional<std::uint32_t> limit;
  std::string partner;
  bool failed = false;
  bool mismatches = false;
  bool sessions = false;
  bool changes = false;
};

// What the options of all commands said; each command looks at its own.
struct RepctlSettings {
  cli::ConnectionSettings connection;
  std::string area;
  bool json = false;

  // Of commands that change something.
  bool dry_run = false;
  bool yes = false;
  bool write_unwriteable = false;
  bool skip_unreachable = false;
  std::string audit_file;
  std::string save_file;

  bool create = false;  // of area add: the top entry
  tasks::DeleteArea delete_area;
  std::string source;  // of area copy-base: what -H takes

  std::string uuid;     // of what is created: the entryUUID it has elsewhere
  std::string replica;  // its ID; of an agreement, the supplier's
  tasks::NewReplica new_replica;
  std::optional<tasks::ReplicaType> type;
  bool full = false;
  std::optional<std::string> exclude;
  std::optional<std::string> include;
  tasks::UriChange uri;

  std::string agreement;  // its cn
  tasks::AgreementValues values;
  std::vector<std::string> cleared;

  std::string cycle_uri;  // of a cycle: where the other replica is reached
  std::optional<std::string> offline_write;
  std::optional<std::string> offline_read;

  CredentialsSettings credentials;
  ScheduleSettings schedule;
  HistorySettings history;

  std::vector<std::string> replicas;  // of vector show: only these
  bool copies = false;
  std::optional<std::chrono::milliseconds> wait;     // of vector diff, cycle trigger
  std::optional<std::chrono::milliseconds> max_lag;  // of status
};

// Returns the program's specification with its sub-commands, bound to the settings.
cli::CommandSpec repctl_spec(RepctlSettings& settings);

ExitStatus area_list(RepctlSettings& settings);
ExitStatus area_add(RepctlSettings& settings);
ExitStatus area_delete(RepctlSettings& settings);
ExitStatus area_copy_base(RepctlSettings& settings);

ExitStatus replica_list(RepctlSettings& settings);
ExitStatus replica_create(RepctlSettings& settings);
ExitStatus replica_delete(RepctlSettings& settings);
ExitStatus replica_set_type(RepctlSettings& settings);
ExitStatus replica_set_filter(RepctlSettings& settings);
ExitStatus replica_set_uri(RepctlSettings& settings);
ExitStatus replica_suspend(RepctlSettings& settings);
ExitStatus replica_resume(RepctlSettings& settings);

ExitStatus agreement_list(RepctlSettings& settings);
ExitStatus agreement_add(RepctlSettings& settings);
ExitStatus agreement_delete(RepctlSettings& settings);
ExitStatus agreement_modify(RepctlSettings& settings);

ExitStatus cycle_trigger(RepctlSettings& settings);
ExitStatus cycle_terminate(RepctlSettings& settings);

ExitStatus vector_show(RepctlSettings& settings);
ExitStatus vector_diff(RepctlSettings& settings);

ExitStatus credentials_show(RepctlSettings& settings);
ExitStatus credentials_add(RepctlSettings& settings);
ExitStatus credentials_modify(RepctlSettings& settings);
ExitStatus credentials_delete(RepctlSettings& settings);

ExitStatus schedule_show(RepctlSettings& settings);
ExitStatus schedule_set(RepctlSettings& settings);
ExitStatus schedule_clear(RepctlSettings& settings);

ExitStatus show_history(RepctlSettings& settings);
ExitStatus show_status(RepctlSettings& settings);

}  // namespace replkit::tools
