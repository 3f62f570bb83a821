// Runs the real program and reads what it says.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "tests/integration/replcompare/tree.hpp"
#include "tests/support/process.hpp"
#include "tests/support/slapd.hpp"

namespace replkit::support {

using Words = std::vector<std::string>;

// The program, without ldap.conf, an inventory or colours of whoever runs the tests.
const std::string& program();
std::vector<std::string> clean_environment();

// Returns a file, readable by its owner only, that holds this password.
std::string password_file(std::string_view secret = password);

// -D DN -y FILE for one of the fixture's identities.
Words bind_as(std::string_view dn);

struct Compared {
  int status = 0;
  std::string out;
  std::string err;

  nlohmann::json json() const { return nlohmann::json::parse(out); }
};

// Runs `replcompare WORDS`, with short waits between the passes unless the words say otherwise.
Compared replcompare(const Words& words, const RunOptions& options = {});
// The same with --json, and with what it printed read.
struct ComparedJson : Compared {
  nlohmann::json document;
  const nlohmann::json& summary() const { return document.at("summary"); }
  const nlohmann::json& differences() const { return document.at("differences"); }
  // Returns the one difference whose DN begins so; fails the test when there is none or more.
  nlohmann::json difference(std::string_view dn_start) const;
  // Returns all reasons of all sources, one a line.
  std::string reasons() const;
  std::string notes() const;
};
ComparedJson compare_json(const Words& words, const RunOptions& options = {});

Words operator+(Words a, const Words& b);

// -H URI for each.
Words sources(const std::vector<std::string>& names);

// Prints what came out when an expectation about it fails.
#define TRACE_OUTPUT(compared)                                                                                  \
  SCOPED_TRACE("status " + std::to_string((compared).status) + "\nstdout:\n" + (compared).out + "\nstderr:\n" + \
               (compared).err)

}  // namespace replkit::support
