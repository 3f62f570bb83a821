// repctl on groups of servers that replicate.
#pragma once

#include <gmock/gmock.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "common/base/files.hpp"
#include "tests/integration/replication/group.hpp"
#include "tests/support/process.hpp"
#include "tests/support/temp_dir.hpp"

namespace replkit::replication_test {

using Words = std::vector<std::string>;

class OnGroup : public testing::Test {
 protected:
  // Runs repctl as the administrator, with -b, on these servers.
  support::RunResult repctl(const Words& uris, const Words& words) const {
    Words all{REPCTL, "-x", "-D", bind_dn_, "-w", std::string(support::password), "-b", suffix};
    for (const auto& uri : uris) all.insert(all.end(), {"-H", uri});
    all.insert(all.end(), words.begin(), words.end());
    return support::run(
        all, {.input = {},
              .environment = {"LDAPNOINIT=1", "LDAPCONF", "XDG_STATE_HOME=" + state().string(), "REPLKIT_INVENTORY"}});
  }
  support::RunResult repctl(const std::string& uri, const Words& words) const { return repctl(Words{uri}, words); }

  // The URIs of all servers.
  static Words all(Group& group) {
    Words uris;
    for (const auto& id : group.ids()) uris.push_back(group[id].uri());
    return uris;
  }

  std::filesystem::path state() const { return directory_ / "state"; }
  std::string audit() const {
    const auto file = state() / "replkit/audit.jsonl";
    return std::filesystem::exists(file) ? read_file(file, 1 << 20) : std::string();
  }

  std::string bind_dn_ = "cn=admin," + suffix;

 private:
  support::TempDir directory_;
};

}  // namespace replkit::replication_test
