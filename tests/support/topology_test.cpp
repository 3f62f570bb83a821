#include "tests/support/topology.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <ldap.h>

#include "tests/support/load.hpp"
#include "tests/support/oracle.hpp"

namespace replkit::support {
namespace {

std::vector<TrueDifference> differences(Providers& providers) {
  TempDir directory;
  std::vector<std::filesystem::path> dumps;
  for (std::size_t i = 0; i < providers.size(); ++i) {
    dumps.push_back(directory / fmt::format("{}.ldif", i));
    providers[i].dump_to(dumps.back());
  }
  return true_differences(dumps);
}

LoadOptions load_options(Providers& providers, std::size_t i) {
  return {.uri = providers[i].uri(),
          .bind_dn = providers[i].root_dn(),
          .password = std::string(password),
          .base = "ou=load," + providers.suffix(),
          .name = i == 0 ? "a" : "b"};
}

TEST(Providers, ReplicateUnderLoadAndGetEqual) {
  Providers providers(2, {.persons = 400, .shuffle = 3});
  providers.wait_equal();
  Load first(load_options(providers, 0)), second(load_options(providers, 1));
  ASSERT_TRUE(
      eventually(std::chrono::seconds(60), [&] { return first.acknowledged() + second.acknowledged() > 1000; }));
  first.stop();
  second.stop();
  EXPECT_EQ(first.failed() + second.failed(), 0u);
  providers.wait_equal();
  EXPECT_THAT(differences(providers), testing::IsEmpty());
}

// Mostly: when both catch up in an unusual order, slapd deletes the entry everywhere.
TEST(Providers, DivergeForGoodAfterDeleteHereAndModifyThere) {
  Providers providers(2, {.persons = 200});
  providers.wait_equal();
  std::vector<TrueDifference> found;
  for (int i = 10; i < 20 && found.empty(); ++i) {
    providers.cut(0, 1);
    const std::string dn = fmt::format("uid=u00000{},ou=people,{}", i, providers.suffix());
    EXPECT_EQ(providers[0].root_client().remove(dn), LDAP_SUCCESS);
    EXPECT_EQ(providers[1].root_client().modify(dn, {{Change::replace, "title", {"Ghost"}}}), LDAP_SUCCESS);
    providers.join(0, 1);
    providers.wait_equal();
    found = differences(providers);
  }
  ASSERT_EQ(found.size(), 1u);
  EXPECT_TRUE(found[0].missing);
}

TEST(Providers, ThreeStandACutAndARestart) {
  Providers providers(3, {.persons = 200});
  providers.wait_equal();
  providers.cut(0, 2);  // changes of the first reach the third through the second
  providers.wait_equal();
  providers.isolate(2);
  // Not a delete, and not a kill below: after those slapds may stay different for good.
  const std::string dn = "uid=u0000001,ou=people," + providers.suffix();
  EXPECT_EQ(providers[2].root_client().modify(dn, {{Change::replace, "title", {"Alone"}}}), LDAP_SUCCESS);
  EXPECT_THAT(differences(providers), testing::SizeIs(1));
  providers[2].restart();
  providers.join_all();
  providers.wait_equal();
  EXPECT_THAT(differences(providers), testing::IsEmpty());
}

}  // namespace
}  // namespace replkit::support
