#include "common/cli/program.hpp"
#include "tests/refserver/server/verbs.hpp"

int main(int argc, char** argv) {
  using namespace replkit;
  using namespace replkit::refserver;
  server::Settings settings;
  const server::Verbs verbs{.serve = [&] { return server::serve(settings); },
                            .import = [&] { return server::import(settings); },
                            .export_ = [&] { return server::export_(settings); },
                            .check = [&] { return server::check(settings); },
                            .backup = [&] { return server::backup(settings); },
                            .compact = [&] { return server::compact(settings); },
                            .passwd = [&] { return server::passwd(settings); },
                            .config = [&] { return server::show_config(settings); }};
  return cli::run_program(argc, argv, server::replserver_spec(settings, verbs));
}
