#include "tests/support/temp_dir.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <cstdio>
#include <string>

#include "common/base/error.hpp"
#include "common/base/files.hpp"

namespace replkit::support {

TempDir::TempDir() {
  const char* parent = getenv("TMPDIR");
  std::string name = fmt::format("{}/replkit-XXXXXX", parent != nullptr && *parent != '\0' ? parent : "/tmp");
  if (mkdtemp(name.data()) == nullptr) throw LocalError(fmt::format("{}: {}", name, last_error_text()));
  path_ = name;
}

TempDir::~TempDir() {
  if (::testing::UnitTest::GetInstance()->Failed() || getenv("REPLKIT_KEEP") != nullptr) {
    fmt::print(stderr, "kept: {}\n", path_.string());
    return;
  }
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

void write_file(const std::filesystem::path& path, std::string_view content) {
  AtomicFile file(path, FileMode::public_file);
  file.write(content);
  file.commit();
}

}  // namespace replkit::support
