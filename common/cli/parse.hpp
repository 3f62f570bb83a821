// The command line, parsed as a CommandSpec says. CLI11 does the work.
#pragma once

#include <span>
#include <string>
#include <utility>

#include "common/base/error.hpp"
#include "common/cli/command.hpp"

namespace replkit::cli {

enum class Request { run, help, version };

struct Parsed {
  Request request = Request::run;
  const CommandSpec* command = nullptr;  // the innermost (sub-)command given; part of the spec that was parsed
  std::string path;                      // its full name: "repctl agreement add"
};

// What is wrong with a command line, and whose help tells how it should be.
class CommandLineError : public UsageError {
 public:
  CommandLineError(const std::string& message, std::string path) : UsageError(message), path_(std::move(path)) {}

  // The full name of the innermost (sub-)command that was given.
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// Parses argv (its first element is the program) and calls the setters of the options given; secret values are
// overwritten in argv. With --help or --version nothing is set. Throws CommandLineError, one line, that names the
// nearest known option.
Parsed parse(const CommandSpec& command, std::span<char*> argv);

}  // namespace replkit::cli
