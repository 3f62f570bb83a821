// The man page of a program, from its specification.
#pragma once

#include <string>

#include "common/cli/command.hpp"

namespace replkit::cli {

// Returns the page as man(7) source, the same every time: it has no date. Sub-commands have their part in the page of
// the program.
std::string man_page(const CommandSpec& command);

}  // namespace replkit::cli
