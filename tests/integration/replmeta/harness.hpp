// replmeta on real servers.
#pragma once

#include <gmock/gmock.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/support/process.hpp"
#include "tests/support/replserver.hpp"
#include "tests/support/slapd.hpp"
#include "tests/support/temp_dir.hpp"

namespace replkit::support {

using Words = std::vector<std::string>;

class Replmeta : public testing::Test {
 protected:
  static constexpr const char* base = "dc=example,dc=com";
  static constexpr const char* ada = "uid=ada,dc=example,dc=com";
  static constexpr const char* ada_uuid = "5b6d4f60-0d2c-4cf4-9d37-6f2c2d5b2c02";

  // Starts a server with the base entry and Ada.
  Replserver& start_server(const std::string& replica_id = "berlin");

  // Runs replmeta as the administrator on these servers. The record goes to audit(), saved entries to state().
  RunResult replmeta(const std::vector<std::string>& uris, const Words& words, const std::string& input = {}) const;
  RunResult replmeta(const Replserver& server, const Words& words, const std::string& input = {}) const {
    return replmeta(Words{server.uri()}, words, input);
  }
  // The same; the status must be 0. Returns stdout.
  std::string done(const Replserver& server, const Words& words, const std::string& input = {}) const;
  // Ada as a search prints her, without its comments.
  std::string ldif_of_ada(const Replserver& server) const;

  std::vector<nlohmann::json> audit() const;
  std::filesystem::path state() const { return directory_ / "state"; }
  // What the only file of saved entries holds.
  std::string saved() const;

  // Empty: as nobody.
  std::string bind_dn_ = "cn=admin,dc=example,dc=com";

 private:
  TempDir directory_;
  std::vector<std::unique_ptr<Replserver>> servers_;
};

}  // namespace replkit::support
