#include "common/cli/program.hpp"
#include "tools/replcompare.hpp"

int main(int argc, char** argv) {
  using namespace replkit;
  tools::ReplcompareSettings settings;
  return cli::run_program(argc, argv, tools::replcompare_spec(settings),
                          [&] { return tools::run_replcompare(settings); });
}
