#include "tools/repctl/spec.hpp"

namespace replkit::tools::repctl {

using cli::Argument;
using cli::CommandSpec;

const std::vector<std::pair<std::string, tasks::ReplicaType>>& replica_types() {
  static const std::vector<std::pair<std::string, tasks::ReplicaType>> types = {
      {"updateable", tasks::ReplicaType::updateable},
      {"read-only", tasks::ReplicaType::read_only},
      {"primary", tasks::ReplicaType::primary}};
  return types;
}

Argument argument(std::string name, std::string help, std::string& variable) {
  return {.name = std::move(name),
          .help = std::move(help),
          .set = [&variable](const std::string& text) { variable = text; },
          .required = true};
}

CommandSpec command(std::string name, std::string summary, std::vector<std::string> description,
                    std::function<ExitStatus()> run) {
  CommandSpec spec;
  spec.name = std::move(name);
  spec.summary = std::move(summary);
  spec.description = std::move(description);
  spec.run = std::move(run);
  return spec;
}

CommandSpec noun(std::string name, std::string summary, std::vector<CommandSpec> verbs) {
  CommandSpec spec;
  spec.name = std::move(name);
  spec.summary = std::move(summary);
  spec.commands = std::move(verbs);
  return spec;
}

Argument replica_id(RepctlSettings& settings) {
  return argument("REPLICA", "The replica's ID: what its entry is called, and what its changes carry.",
                  settings.replica);
}

Argument supplier(RepctlSettings& settings) {
  return argument("SUPPLIER", "The ID of the replica that sends.", settings.replica);
}

cli::Option uuid_option(RepctlSettings& settings) {
  return cli::option(
      "--uuid", "UUID",
      "The entryUUID it has on other servers already: replication would take two for two entries. Servers named "
      "together get the same.",
      settings.uuid);
}

}  // namespace replkit::tools::repctl
