// A client of replication that was written from man/ldup-mrm.7 alone: the page is enough to write one.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "common/model/uuid.hpp"
#include "tests/support/process.hpp"
#include "tests/support/replserver.hpp"

namespace replkit::interop {
namespace {

const std::filesystem::path source = INTEROP_SOURCE_DIRECTORY;
const std::string suffix = "dc=example,dc=com";

std::string uuid(const std::string& name) {
  return model::Uuid::named({}, name).text();
}

std::string replica(const std::string& id, const std::string& uri) {
  return fmt::format(
      "dn: cn={0},{1}\nobjectClass: top\nobjectClass: subentry\nobjectClass: replicaSubentry-2\ncn: {0}\n"
      "subtreeSpecification: {{ }}\nreplicaURI: {2}\nreplicaType: 2\nreplicaOnline: TRUE\n"
      "lostAndFoundEntryDN: cn=lostAndFound,{1}\nentryUUID: {3}\n\n",
      id, suffix, uri, uuid(id));
}

// The area has an agreement, so that this server does not call on the other replica, which nobody serves.
std::string area(const std::string& uri) {
  return fmt::format(
             "dn: {}\nobjectClass: top\nobjectClass: domain\nobjectClass: replicationContext\ndc: example\n"
             "entryUUID: {}\n\n",
             suffix, uuid("top")) +
         replica("berlin", uri) + replica("py", "ldap://127.0.0.1:1") +
         fmt::format(
             "dn: cn=to-berlin,cn=py,{0}\nobjectClass: top\nobjectClass: subentry\n"
             "objectClass: replicaAgreementSubentry-2\ncn: to-berlin\nsubtreeSpecification: {{ }}\n"
             "replicaDN: cn=berlin,{0}\n",
             suffix);
}

TEST(Replication, HasASupplierWrittenFromThePage) {
  support::Replserver server({.tables = "[replication]\n", .top = "replica_id = \"berlin\"\n"});
  server.load(area(server.uri()));
  server.start();
  const auto result = support::run(
      {(source / "ldup_supplier").string()},
      {.environment = {"URI=" + server.uri(), "ROOT_UUID=" + uuid("top"), "PY_UUID=" + uuid("py"), "LC_ALL=C.UTF-8"},
       .timeout = std::chrono::minutes(1)});
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(result.out,
            "bind: 0\n"
            "as a replica that is not known: 50\n"
            "create: 0\n"
            "the consumer knows of this replica: False\n"
            "update: (0, None)\n"
            "search meanwhile: 1\n"
            "end: 0\n"
            "the vector has risen: True\n"
            "create again, by the area's top: 0\n"
            "the consumer knows it still: True\n"
            "end: 32\n"
            "the change: 0\n"
            "of an entry that is not there: 32\n"
            "the whole entry: 0\n"
            "end: 0\n"
            "the vector has risen: True\n"
            "remove: 0\n"
            "give up: 0\n"
            "the vector has stayed: True\n"
            "too far in the future: 200\n"
            "end of what failed: 80\n"
            "end of no group: 1\n");
  auto client = server.root_client();
  auto ada = client.read("cn=Ada Lovelace," + suffix, {"*", "creatorsName"});
  ASSERT_TRUE(ada);
  EXPECT_EQ(ada->attributes["sn"], std::vector<std::string>{"Lovelace"});
  EXPECT_EQ(ada->attributes["creatorsName"], std::vector<std::string>{"cn=py"});
  EXPECT_FALSE(client.read("cn=bob," + suffix)) << "it was removed in the session that was given up";
  server.stop();
  EXPECT_EQ(server.check(), "");
}

}  // namespace
}  // namespace replkit::interop
