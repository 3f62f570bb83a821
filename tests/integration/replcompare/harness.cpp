#include "tests/integration/replcompare/harness.hpp"

#include <algorithm>
#include <filesystem>

#include "tests/support/temp_dir.hpp"

namespace replkit::support {

const std::string& program() {
  static const std::string path = REPLCOMPARE;
  return path;
}

std::vector<std::string> clean_environment() {
  return {"LDAPNOINIT=1", "NO_COLOR=1", "HOME=/nonexistent", "COLUMNS", "REPLKIT_INVENTORY", "XDG_CONFIG_HOME"};
}

std::string password_file(std::string_view secret) {
  static const TempDir directory;
  const auto path = directory / secret;
  if (!std::filesystem::exists(path)) {
    write_file(path, secret);
    std::filesystem::permissions(path, std::filesystem::perms::owner_read);
  }
  return path.string();
}

Words bind_as(std::string_view dn) {
  return {"-D", std::string(dn), "-y", password_file()};
}

Words operator+(Words a, const Words& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

Words sources(const std::vector<std::string>& names) {
  Words out;
  for (const auto& name : names) out = std::move(out) + Words{"-H", name};
  return out;
}

Compared replcompare(const Words& words, const RunOptions& options) {
  const auto given = [&](std::string_view name) {
    return std::any_of(words.begin(), words.end(), [&](const auto& word) { return word.starts_with(name); });
  };
  auto argv = Words{program()} + words;
  if (!given("--recheck-delay")) argv = std::move(argv) + Words{"--recheck-delay", "20ms"};
  if (!given("--max-wait")) argv = std::move(argv) + Words{"--max-wait", "50ms"};
  auto all = options;
  for (const auto& name : clean_environment()) all.environment.push_back(name);
  const auto result = run(argv, all);
  EXPECT_FALSE(result.timed_out) << "it hangs; stdout:\n" << result.out << "\nstderr:\n" << result.err;
  return {result.status, result.out, result.err};
}

ComparedJson compare_json(const Words& words, const RunOptions& options) {
  ComparedJson out{replcompare(words + Words{"--json"}, options), {}};
  out.document = nlohmann::json::parse(out.out, nullptr, false);
  if (out.document.is_discarded()) {
    ADD_FAILURE() << "no JSON: status " << out.status << "\n" << out.out << "\n" << out.err;
    out.document = nlohmann::json::object();
  }
  return out;
}

nlohmann::json ComparedJson::difference(std::string_view dn_start) const {
  nlohmann::json found;
  int count = 0;
  for (const auto& difference : differences()) {
    if (!difference.at("dn").is_string() || !difference.at("dn").get<std::string>().starts_with(dn_start)) continue;
    found = difference;
    ++count;
  }
  EXPECT_EQ(count, 1) << dn_start << " in " << out;
  return found;
}

std::string ComparedJson::reasons() const {
  std::string text;
  for (const auto& source : document.at("sources")) {
    for (const auto& reason : source.at("reasons")) text += reason.dump() + "\n";
  }
  return text;
}

std::string ComparedJson::notes() const {
  std::string text;
  for (const auto& source : document.at("sources")) {
    for (const auto& note : source.at("notes")) text += note.dump() + "\n";
  }
  for (const auto& note : document.at("notes")) text += note.dump() + "\n";
  return text;
}

}  // namespace replkit::support
