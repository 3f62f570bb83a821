// tests/check-layers finds what it is there to find.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/process.hpp"
#include "tests/support/temp_dir.hpp"

namespace replkit::support {
namespace {

using testing::HasSubstr;
using testing::Not;

class CheckLayers : public testing::Test {
 protected:
  CheckLayers() {
    write("common/base/a.cpp", "#include \"common/base/text.hpp\"\n");
    write("tools/a.cpp", "#include \"common/cli/command.hpp\"\n#include \"tools/b.hpp\"\n");
  }
  void write(const std::string& file, std::string_view text) {
    std::filesystem::create_directories((tree_ / file).parent_path());
    write_file(tree_ / file, text);
  }
  RunResult check() { return run({REPLKIT_SOURCE_DIR "/tests/check-layers", tree_.path().string()}); }

 private:
  TempDir tree_;
};

TEST_F(CheckLayers, AllowsTheWayDown) {
  write("common/ldap/a.cpp", "#include <ldap.h>\n#include \"common/model/dn.hpp\"\n");
  const RunResult result = check();
  EXPECT_EQ(result.status, 0) << result.err;
}

TEST_F(CheckLayers, NamesWhatPointsUpOrAside) {
  write("common/model/a.cpp", "#pragma once\n#include \"common/ldap/connection.hpp\"\n");
  write("common/compare/a.hpp", "  #  include \"common/cli/output.hpp\"\n");
  write("common/cli/a.cpp", "#include \"common/compare/result.hpp\"\n");
  write("tools/c.cpp", "#include \"tests/support/slapd.hpp\"\n#include \"neighbour.hpp\"\n");
  const RunResult result = check();
  EXPECT_EQ(result.status, 1);
  EXPECT_THAT(result.err, HasSubstr("common/model/a.cpp:2: model must not include ldap"));
  EXPECT_THAT(result.err, HasSubstr("common/compare/a.hpp:1: compare must not include cli"));
  EXPECT_THAT(result.err, HasSubstr("common/cli/a.cpp:1: cli must not include compare"));
  EXPECT_THAT(result.err, HasSubstr("tools/c.cpp:1: only tests include tests/support/"));
  EXPECT_THAT(result.err, HasSubstr("tools/c.cpp:2: \"neighbour.hpp\" is no path"));
}

TEST_F(CheckLayers, LooksIntoTheReferenceServer) {
  write("tests/refserver/store/a.cpp", "#include <lmdb.h>\n#include \"tests/refserver/schema/schema.hpp\"\n");
  write("tests/refserver/schema/a.cpp", "#include <lmdb.h>\n#include \"tests/refserver/store/store.hpp\"\n");
  write("common/model/a.cpp", "#include \"tests/refserver/schema/schema.hpp\"\n");
  const RunResult result = check();
  EXPECT_EQ(result.status, 1);
  EXPECT_THAT(result.err, Not(HasSubstr("store/a.cpp")));
  EXPECT_THAT(result.err, HasSubstr("schema/a.cpp:1: <lmdb.h> belongs to refserver/store\n"));
  EXPECT_THAT(result.err, HasSubstr("schema/a.cpp:2: refserver/schema must not include refserver/store"));
  EXPECT_THAT(result.err, HasSubstr("common/model/a.cpp:1: model must not include refserver/schema"));
}

TEST_F(CheckLayers, KeepsForeignHeadersInTheirFolders) {
  write("common/compare/a.cpp", "#include <ldap.h>\n");
  write("tools/c.cpp", "#include <CLI/CLI.hpp>\n#include <sasl/sasl.h>\n");
  const RunResult result = check();
  EXPECT_EQ(result.status, 1);
  EXPECT_THAT(result.err, HasSubstr("common/compare/a.cpp:1: <ldap.h> belongs to ldap\n"));
  EXPECT_THAT(result.err, HasSubstr("tools/c.cpp:1: <CLI/CLI.hpp> belongs to cli\n"));
  EXPECT_THAT(result.err, HasSubstr("tools/c.cpp:2: <sasl/sasl.h> belongs to ldap refserver/auth\n"));
}

TEST_F(CheckLayers, KnowsEveryFolder) {
  write("common/elsewhere/a.cpp", "#include <string>\n");
  const RunResult result = check();
  EXPECT_EQ(result.status, 1);
  EXPECT_THAT(result.err, HasSubstr("the folder elsewhere is not in the table"));
}

}  // namespace
}  // namespace replkit::support
