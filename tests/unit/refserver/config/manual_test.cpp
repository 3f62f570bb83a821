// Whether man/replserver.toml.5 tells the truth: its examples load, and no key is missing.
#include <gmock/gmock.h>

#include "common/base/files.hpp"
#include "tests/refserver/config/keys.hpp"
#include "tests/support/temp_dir.hpp"

namespace replkit::refserver::config {
namespace {

std::string manual() {
  auto text = read_file(REPLKIT_SOURCE_DIR "/man/replserver.toml.5", 1 << 20);
  for (auto at = text.find("\\-"); at != std::string::npos; at = text.find("\\-", at)) text.erase(at, 1);
  return text;
}

// What stands between .nf and .fi, from the start of lines.
std::vector<std::string> examples(const std::string& text) {
  std::vector<std::string> out;
  for (auto at = text.find("\n.nf\n"); at != std::string::npos; at = text.find("\n.nf\n", at)) {
    const auto end = text.find("\n.fi\n", at);
    out.push_back(text.substr(at + 5, end - at - 4));
    at = end;
  }
  return out;
}

TEST(Manual, ExamplesLoad) {
  const support::TempDir dir;
  for (const auto* name : {"admin.password", "server.key"}) {
    support::write_file(dir / name, "secret\n");
    std::filesystem::permissions(dir / name, std::filesystem::perms(0600));
  }
  int whole = 0;
  for (const auto& example : examples(manual())) {
    if (!example.starts_with("directory = ")) continue;
    ++whole;
    EXPECT_NO_THROW(Config::parse(example, dir / "replserver.toml")) << example;
  }
  EXPECT_GE(whole, 2);
}

TEST(Manual, NamesEveryKey) {
  const auto text = manual();
  Config config;
  access::Rule rule;
  auth::IdentityMap map;
  auth::Administrator administrator;
  auto all = sections(config);
  all.push_back({"[access]", rule_keys(rule)});
  all.push_back({"[map]", map_keys(map)});
  all.push_back({"[administrator]", administrator_keys(administrator)});
  for (const auto& section : all) {
    if (!section.name.empty()) {
      EXPECT_NE(text.find(".SS [" + section.name + "]\n"), std::string::npos) << section.name;
    }
    for (const auto& key : section.keys) {
      const bool named = text.find("\n.B " + key.name + "\n") != std::string::npos ||
                         text.find("\n.BR " + key.name + " ,") != std::string::npos ||
                         text.find(",\\  " + key.name) != std::string::npos ||
                         text.find(",\\ " + key.name) != std::string::npos;
      EXPECT_TRUE(named) << section.name << ' ' << key.name;
    }
  }
}

}  // namespace
}  // namespace replkit::refserver::config
