// repctl on real servers: one or several replservers with an area that the tests make.
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

class Repctl : public testing::Test {
 protected:
  static constexpr const char* base = "dc=example,dc=com";
  static constexpr const char* replica_dn = "cn=r1,dc=example,dc=com";

  // Starts a server with the base entry, or without any entry. Unless the options say otherwise its schema lets
  // everybody with the right write replicaType and filters, as infomod-08 does.
  Replserver& start_server(bool with_base = true, ReplserverOptions options = {});

  // Runs repctl as the administrator, with -b, on these servers. The record goes to audit(), saved entries to state().
  RunResult repctl(const std::vector<std::string>& uris, const Words& words, const std::string& input = {}) const;
  RunResult repctl(const Replserver& server, const Words& words) const { return repctl(Words{server.uri()}, words); }
  // The same with --yes; the status must be 0. Returns stdout.
  std::string change(const Replserver& server, Words words) const;
  // The JSON of a command that reads.
  nlohmann::json read_json(const Replserver& server, Words words) const;

  // The lines of the audit file.
  std::vector<nlohmann::json> audit() const;
  std::filesystem::path state() const { return directory_ / "state"; }
  std::filesystem::path audit_file() const { return state() / "replkit/audit.jsonl"; }

  // Starts a server with an area of the replicas r1, its own, and r2.
  Replserver& server_with_replicas(ReplserverOptions options = {});

  const std::vector<std::unique_ptr<Replserver>>& servers() const { return servers_; }

  std::string bind_dn_ = "cn=admin,dc=example,dc=com";
  std::string area_ = base;

 private:
  TempDir directory_;
  std::vector<std::unique_ptr<Replserver>> servers_;
};

}  // namespace replkit::support
