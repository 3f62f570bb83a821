#include "tools/programs.hpp"

#include "tests/refserver/server/spec.hpp"
#include "tools/repctl.hpp"
#include "tools/replcompare.hpp"
#include "tools/repllab.hpp"
#include "tools/replmeta.hpp"

namespace replkit::tools {

std::vector<cli::CommandSpec> program_specs() {
  static RepctlSettings repctl;
  static ReplcompareSettings replcompare;
  static RepllabSettings repllab;
  static ReplmetaSettings replmeta;
  static refserver::server::Settings replserver;
  return {repctl_spec(repctl), replcompare_spec(replcompare), repllab_spec(repllab), replmeta_spec(replmeta),
          refserver::server::replserver_spec(replserver)};
}

}  // namespace replkit::tools
