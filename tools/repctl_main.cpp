#include "common/cli/program.hpp"
#include "tools/repctl.hpp"

int main(int argc, char** argv) {
  using namespace replkit;
  tools::RepctlSettings settings;
  return cli::run_program(argc, argv, tools::repctl_spec(settings));
}
