// The schema files that Debian's slapd brings: all must load, beside the bundled ones and on their own.
#include <gmock/gmock.h>

#include <algorithm>

#include "common/base/error.hpp"
#include "testing.hpp"

namespace replkit::refserver::schema {
namespace {

const std::filesystem::path folder = "/etc/ldap/schema";

std::vector<std::filesystem::path> files() {
  std::vector<std::filesystem::path> all;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() == ".schema" || entry.path().extension() == ".ldif") all.push_back(entry.path());
  }
  std::sort(all.begin(), all.end());
  return all;
}

TEST(DebianFiles, AreThere) {
  EXPECT_GE(files().size(), 30U) << "slapd is needed for these tests";
}

TEST(DebianFiles, LoadBesideTheBundledOnes) {
  for (const auto& file : files()) {
    SCOPED_TRACE(file);
    EXPECT_NO_THROW(Schema::load({"core", "cosine", "inetorgperson", "nis", "ldup", file.string()}));
  }
}

TEST(DebianFiles, LoadOnTheirOwn) {
  for (const auto& file : files()) {
    SCOPED_TRACE(file);
    std::vector<std::string> names;
    for (const auto* base : {"core", "cosine", "inetorgperson", "nis"}) {
      if (file.stem() == base) break;
      names.push_back((folder / base).string() + file.extension().string());
    }
    names.push_back(file.string());
    EXPECT_NO_THROW(Schema::load(names));
  }
}

TEST(DebianFiles, AllAtOnce) {
  std::vector<std::string> names;
  for (const auto& file : files()) {
    // It numbers and names what cosine, nis and others have too, in Microsoft's way.
    if (file.stem() != "msuser") names.push_back(file.string());
  }
  const auto schema = Schema::load(names);
  const auto* person = schema.model().object_class("OpenLDAPperson");
  ASSERT_NE(person, nullptr);
  EXPECT_EQ(person->superiors.size(), 2U);
}

}  // namespace
}  // namespace replkit::refserver::schema
