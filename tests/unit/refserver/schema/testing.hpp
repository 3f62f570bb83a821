// What the tests of the server's schema share.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "common/model/entry.hpp"
#include "tests/refserver/protocol/result.hpp"
#include "tests/refserver/schema/schema.hpp"

namespace replkit::refserver::schema {

// Returns the schema of all the bundled files.
inline const Schema& bundled() {
  static const auto schema = Schema::load({"core", "cosine", "inetorgperson", "nis", "ldup"});
  return schema;
}

// A file that goes away with the test.
class TemporaryFile {
 public:
  TemporaryFile(const std::string& name, std::string_view content);
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile() { std::filesystem::remove_all(folder_); }

  std::string path() const { return (folder_ / name_).string(); }

 private:
  std::filesystem::path folder_;
  std::string name_;
};

}  // namespace replkit::refserver::schema
