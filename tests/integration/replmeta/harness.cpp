#include "tests/integration/replmeta/harness.hpp"

#include <fmt/format.h>

#include "common/base/files.hpp"
#include "common/base/text.hpp"

namespace replkit::support {

Replserver& Replmeta::start_server(const std::string& replica_id) {
  ReplserverOptions options;
  options.top = fmt::format("replica_id = \"{}\"\n", replica_id);
  options.tables = "[[access]]\nwho = [\"users\"]\nrights = [\"read\"]\n";
  auto& server = *servers_.emplace_back(std::make_unique<Replserver>(std::move(options)));
  server.load(
      fmt::format("dn: {}\nobjectClass: domain\ndc: example\nentryUUID: 5b6d4f60-0d2c-4cf4-9d37-6f2c2d5b2c01\n\n"
                  "dn: {}\nobjectClass: inetOrgPerson\nuid: ada\ncn: Ada\nsn: Lovelace\nmail: ada@example.com\n"
                  "userPassword: {}\nentryUUID: {}\n\n",
                  base, ada, password, ada_uuid));
  server.start();
  return server;
}

RunResult Replmeta::replmeta(const std::vector<std::string>& uris, const Words& words, const std::string& input) const {
  Words all{REPLMETA, "-x", "-D", bind_dn_};
  if (!bind_dn_.empty()) all.insert(all.end(), {"-w", std::string(password)});
  for (const auto& uri : uris) all.insert(all.end(), {"-H", uri});
  all.insert(all.end(), words.begin(), words.end());
  return run(all,
             {.input = input,
              .environment = {"LDAPNOINIT=1", "LDAPCONF", "XDG_STATE_HOME=" + state().string(), "REPLKIT_INVENTORY"}});
}

std::string Replmeta::done(const Replserver& server, const Words& words, const std::string& input) const {
  const auto result = replmeta(server, words, input);
  EXPECT_EQ(result.status, 0) << words.front() << ": " << result.out << result.err;
  return result.out;
}

std::string Replmeta::ldif_of_ada(const Replserver& server) const {
  const auto text = done(server, {"-o", "ldif_wrap=no", "search", "-b", ada, "-s", "base"});
  std::string out;
  for (const auto line : split(text, '\n')) {
    if (!line.starts_with('#') && !line.empty()) out += std::string(line) + '\n';
  }
  return out;
}

std::vector<nlohmann::json> Replmeta::audit() const {
  std::vector<nlohmann::json> lines;
  const auto file = state() / "replkit/audit.jsonl";
  if (!std::filesystem::exists(file)) return lines;
  const auto text = read_file(file, 1 << 20);
  for (const auto line : split(text, '\n')) {
    if (!line.empty()) lines.push_back(nlohmann::json::parse(line));
  }
  return lines;
}

std::string Replmeta::saved() const {
  std::string out;
  std::size_t files = 0;
  for (const auto& file : std::filesystem::directory_iterator(state() / "replkit/removed")) {
    out = read_file(file.path(), 1 << 20);
    ++files;
  }
  EXPECT_EQ(files, 1U);
  return out;
}

}  // namespace replkit::support
