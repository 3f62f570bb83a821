#include "common/cli/program.hpp"
#include "tools/replmeta.hpp"

int main(int argc, char** argv) {
  using namespace replkit;
  tools::ReplmetaSettings settings;
  return cli::run_program(argc, argv, tools::replmeta_spec(settings));
}
