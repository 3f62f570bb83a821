// The nouns of repctl as specifications, and what they are made with. For tools/repctl only.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "common/cli/command.hpp"
#include "tools/repctl.hpp"

namespace replkit::tools::repctl {

// Each returns a noun with its verbs, bound to the settings.
cli::CommandSpec area_commands(RepctlSettings& settings);
cli::CommandSpec replica_commands(RepctlSettings& settings);
cli::CommandSpec agreement_commands(RepctlSettings& settings);
cli::CommandSpec credentials_commands(RepctlSettings& settings);
cli::CommandSpec schedule_commands(RepctlSettings& settings);
cli::CommandSpec cycle_commands(RepctlSettings& settings);
cli::CommandSpec vector_commands(RepctlSettings& settings);
cli::CommandSpec history_command(RepctlSettings& settings);

// What replicaType is called on the command line.
const std::vector<std::pair<std::string, tasks::ReplicaType>>& replica_types();

// Returns a verb.
cli::CommandSpec command(std::string name, std::string summary, std::vector<std::string> description,
                         std::function<ExitStatus()> run);

// Returns a noun.
cli::CommandSpec noun(std::string name, std::string summary, std::vector<cli::CommandSpec> verbs);

// Return an argument that must be given: any, a replica's ID, the ID of the one that sends.
cli::Argument argument(std::string name, std::string help, std::string& variable);
cli::Argument replica_id(RepctlSettings& settings);
cli::Argument supplier(RepctlSettings& settings);

// --uuid, of commands that create something.
cli::Option uuid_option(RepctlSettings& settings);

}  // namespace replkit::tools::repctl
