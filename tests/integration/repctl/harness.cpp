#include "tests/integration/repctl/harness.hpp"

#include <fmt/format.h>

#include "common/base/files.hpp"
#include "common/base/text.hpp"

namespace replkit::support {

Replserver& Repctl::start_server(bool with_base, ReplserverOptions options) {
  auto& server = *servers_.emplace_back(std::make_unique<Replserver>(std::move(options)));
  if (with_base) {
    server.load(
        fmt::format("dn: {}\nobjectClass: domain\ndc: example\nentryUUID: 5b6d4f60-0d2c-4cf4-9d37-6f2c2d5b2c01\n\n"
                    "dn: uid=ada,{}\nobjectClass: inetOrgPerson\nuid: ada\ncn: Ada\nsn: A\nuserPassword: {}\n\n",
                    base, base, password));
  }
  server.start();
  return server;
}

RunResult Repctl::repctl(const std::vector<std::string>& uris, const Words& words, const std::string& input) const {
  Words all{REPCTL, "-x", "-D", bind_dn_, "-w", std::string(password), "-b", area_};
  for (const auto& uri : uris) all.insert(all.end(), {"-H", uri});
  all.insert(all.end(), words.begin(), words.end());
  return run(all,
             {.input = input,
              .environment = {"LDAPNOINIT=1", "LDAPCONF", "XDG_STATE_HOME=" + state().string(), "REPLKIT_INVENTORY"}});
}

std::string Repctl::change(const Replserver& server, Words words) const {
  words.emplace_back("--yes");
  const auto result = repctl(server, words);
  EXPECT_EQ(result.status, 0) << fmt::format("{} {}: ", words[0], words[1]) << result.out << result.err;
  return result.out;
}

nlohmann::json Repctl::read_json(const Replserver& server, Words words) const {
  words.emplace_back("--json");
  const auto result = repctl(server, words);
  EXPECT_EQ(result.status, 0) << result.err;
  return nlohmann::json::parse(result.out);
}

std::vector<nlohmann::json> Repctl::audit() const {
  std::vector<nlohmann::json> lines;
  if (!std::filesystem::exists(audit_file())) return lines;
  const auto text = read_file(audit_file(), 1 << 20);
  for (const auto line : split(text, '\n')) {
    if (!line.empty()) lines.push_back(nlohmann::json::parse(line));
  }
  return lines;
}

Replserver& Repctl::server_with_replicas(ReplserverOptions options) {
  auto& server = start_server(true, std::move(options));
  change(server, {"area", "add"});
  change(server, {"replica", "create", "r1", "--uri", server.uri()});
  change(server, {"replica", "create", "r2", "--uri", "ldap://r2.example.com"});
  return server;
}

}  // namespace replkit::support
