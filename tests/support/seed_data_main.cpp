// replkit-seed-data N [--shuffle SEED] [--suffix DN] [--seed SEED]: sample data for N persons on stdout.
#include <cstdio>
#include <exception>
#include <stdexcept>
#include <string>

#include "common/base/text.hpp"
#include "tests/support/seed_data.hpp"

int main(int argc, char** argv) {
  try {
    replkit::support::SeedOptions options;
    const auto number = [&](int i) {
      const auto value = i < argc ? replkit::parse_uint(argv[i]) : std::nullopt;
      if (!value)
        throw std::invalid_argument("usage: replkit-seed-data N [--shuffle SEED] [--suffix DN] [--seed SEED]");
      return *value;
    };
    options.persons = number(1);
    for (int i = 2; i < argc; i += 2) {
      const std::string name = argv[i];
      if (name == "--suffix" && i + 1 < argc) {
        options.suffix = argv[i + 1];
      } else if (name == "--shuffle") {
        options.shuffle = number(i + 1);
      } else if (name == "--seed") {
        options.seed = number(i + 1);
      } else {
        number(argc);
      }
    }
    replkit::support::write_seed_data(options, [](std::string_view record) {
      if (std::fwrite(record.data(), 1, record.size(), stdout) != record.size()) throw std::runtime_error("stdout");
    });
    if (std::fflush(stdout) != 0) throw std::runtime_error("stdout");
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
