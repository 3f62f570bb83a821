#include "common/cli/program.hpp"
#include "tools/repllab.hpp"

int main(int argc, char** argv) {
  using namespace replkit;
  tools::RepllabSettings settings;
  return cli::run_program(argc, argv, tools::repllab_spec(settings));
}
