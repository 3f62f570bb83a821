#include "tools/programs.hpp"

#include "tools/replcompare.hpp"

namespace replkit::tools {

std::vector<cli::CommandSpec> program_specs() {
  static ReplcompareSettings replcompare;
  return {replcompare_spec(replcompare)};
}

}  // namespace replkit::tools
