#include "tools/repctl/behind.hpp"

#include <gmock/gmock.h>

#include "tests/unit/tasks/testing.hpp"

namespace replkit::tools::repctl {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const std::string old_change = "20260101000000Z#000001#s1#000000";

// What the server of s1 tells, which has an old change.
ReadAreas told_by_s1(const std::vector<std::string>& vector_of_s2) {
  ReadAreas read;
  auto& server = read.servers.emplace_back();
  server.name = "a";
  server.facts = tasks::ldup_server();
  server.facts.replica_subentries = {"cn=s1,o=x"};
  auto area = tasks::area_of_two();
  area.replicas[0].entry.add("updateVector", old_change);
  for (const auto& value : vector_of_s2) area.replicas[1].entry.add("updateVector", value);
  read.rows.emplace_back(&server, area);
  return read;
}

std::vector<std::string> silent(const ReadAreas& read) {
  std::vector<std::string> out;
  for (const auto& each : find_silent(read, "o=x")) out.push_back(each.finding.dn);
  return out;
}

TEST(Behind, WhoToldOthersNothingForLongIsNamed) {
  EXPECT_THAT(silent(told_by_s1({})), ElementsAre("cn=s2,o=x"));
  EXPECT_THAT(silent(told_by_s1({"20251231000000Z#000001#s1#000000"})), ElementsAre("cn=s2,o=x"));
  EXPECT_THAT(silent(told_by_s1({old_change})), IsEmpty());
}

TEST(Behind, WhoWasAskedIsNotSilent) {
  auto read = told_by_s1({});
  read.servers.reserve(2);
  read.rows.front().first = &read.servers.front();
  auto& other = read.servers.emplace_back(Server{});
  other.name = "b";
  other.facts = tasks::ldup_server();
  other.facts.replica_subentries = {"cn=s2,o=x"};
  read.rows.emplace_back(&other, tasks::area_of_two());
  EXPECT_THAT(silent(read), IsEmpty());
}

}  // namespace
}  // namespace replkit::tools::repctl
