// Servers that have no operations with meta-data.
#include "tests/integration/replmeta/harness.hpp"
#include "tests/support/client.hpp"

namespace replkit::support {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class ReplmetaOnOpenLdap : public Replmeta {
 protected:
  void SetUp() override {
    slapd_.start();
    bind_dn_ = slapd_.root_dn();
  }
  Slapd slapd_;
};

TEST_F(ReplmetaOnOpenLdap, SearchSaysWhatThereIsInstead) {
  for (const Words& words : {Words{"search", "-b", base}, Words{"delete", "--yes", ada}}) {
    const auto result = replmeta(Words{slapd_.uri()}, words);
    EXPECT_EQ(result.status, 6);
    EXPECT_THAT(result.err, AllOf(HasSubstr("entryCSN"), HasSubstr("replmeta show")));
  }
}

TEST_F(ReplmetaOnOpenLdap, ShowTellsTheLastChangeOfTheEntry) {
  expect_success(slapd_.root_client().add(slapd_.suffix(), {{"objectClass", {"domain"}}, {"dc", {"example"}}}), "add");
  const auto result = replmeta(Words{slapd_.uri()}, {"show", slapd_.suffix()});
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_THAT(result.out, testing::ContainsRegex("\n    [0-9.]*Z#000000#[0-9a-f]{3}#000000 .*  [0-9a-f]{3}\n"))
      << "its CSN says when, and on which server";
  EXPECT_THAT(result.out, AllOf(HasSubstr("OpenLDAP keeps no meta-data of values"), HasSubstr("entryCSN\n"),
                                HasSubstr("modifiersName\n    " + slapd_.root_dn())));
}

}  // namespace
}  // namespace replkit::support
