// A supplier, a consumer and a manager that were written from man/ldup-mrm.7 alone: the page is enough to write them.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "common/base/files.hpp"
#include "common/base/text.hpp"
#include "common/model/uuid.hpp"
#include "tests/support/process.hpp"
#include "tests/support/replserver.hpp"
#include "tests/support/slapd.hpp"
#include "tests/support/temp_dir.hpp"

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

// The area with one agreement, by which `supplier` supplies `consumer`.
std::string area(const std::string& uri, const std::string& other_uri, const std::string& supplier,
                 const std::string& consumer) {
  return fmt::format(
             "dn: {}\nobjectClass: top\nobjectClass: domain\nobjectClass: replicationContext\ndc: example\n"
             "entryUUID: {}\n\n",
             suffix, uuid("top")) +
         replica("berlin", uri) + replica("py", other_uri) +
         fmt::format(
             "dn: cn=agreement,cn={1},{0}\nobjectClass: top\nobjectClass: subentry\n"
             "objectClass: replicaAgreementSubentry-2\ncn: agreement\nsubtreeSpecification: {{ }}\n"
             "replicaDN: cn={2},{0}\n",
             suffix, supplier, consumer);
}

TEST(Replication, HasASupplierWrittenFromThePage) {
  support::Replserver server({.tables = "[replication]\n", .top = "replica_id = \"berlin\"\n"});
  server.load(area(server.uri(), "ldap://127.0.0.1:1", "py", "berlin"));
  server.start();
  const auto result = support::run({(source / "ldup_supplier").string()},
                                   {.environment = {"URI=" + server.uri(), "ROOT_UUID=" + uuid("top"),
                                                    "PY_UUID=" + uuid("py"), "PYTHONDONTWRITEBYTECODE=1"},
                                    .timeout = std::chrono::minutes(1)});
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(result.out,
            "anonymous: 50\n"
            "bind: 0\n"
            "as a replica that is not known: 50\n"
            "of an area that is not known: 50\n"
            "by a protocol that is not known: 2\n"
            "a group of another type: 53\n"
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

TEST(Replication, IsManagedByAClientWrittenFromThePage) {
  support::Replserver server(
      {.tables = "[replication]\nbind_mechanism = \"EXTERNAL\"\n", .top = "replica_id = \"berlin\"\n"});
  server.load(area(server.uri(), "ldap://127.0.0.1:1", "py", "berlin"));
  server.start();
  const auto result = support::run({(source / "ldup_manager").string()},
                                   {.environment = {"URI=" + server.uri(), "PYTHONDONTWRITEBYTECODE=1"}});
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(result.out,
            "bind: 0\n"
            "trigger, not reached: 52\n"
            "trigger, another URI: 53\n"
            "trigger, no URI: 21\n"
            "trigger, no such replica: 32\n"
            "trigger, the server's own: 53\n"
            "trigger, a file for nothing: 2\n"
            "trigger, no folder for files: 53\n"
            "terminate: 0\n"
            "sessions: True\n"
            "add: 0\n"
            "entryUUID: True\n"
            "no new CSN: True\n"
            "modify: 0\n"
            "older than its entry: 19\n"
            "search: 0\n"
            "  kind: .2.2.1\n"
            "  name: cn=ada,dc=example,dc=com\n"
            "  sn: Lovelace, deleted: False, None\n"
            "  createdEntryCSN: 20260101000000Z#000000#py#000000, deleted: False, None\n"
            "with states: 0\n"
            "  kind: .2.2.1\n"
            "  name: cn=ada,dc=example,dc=com\n"
            "  sn: Lovelace, deleted: False, 20260101000001Z#000000#py#000000\n"
            "  createdEntryCSN: 20260101000000Z#000000#py#000000, deleted: False, None\n"
            "  state: ['0', '2', '3', '4', '5']\n"
            "delete, too old: 19\n"
            "delete, a record of none: 2\n"
            "delete: 0\n"
            "not among the living: 32\n"
            "among the dead: 0\n"
            "  kind: .2.2.1\n"
            "  name: cn=ada,dc=example,dc=com\n"
            "  sn: Lovelace, deleted: False, None\n"
            "  createdEntryCSN: 20260101000000Z#000000#py#000000, deleted: False, None\n"
            "  deletedEntryCSN: 20260101000002Z#000000#py#000000, deleted: False, None\n"
            "delete the record: 0\n"
            "nor there: 32\n"
            "another word: 2\n");
}

TEST(Replication, HasAConsumerWrittenFromThePage) {
  const support::TempDir directory;
  const auto port_file = directory / "port";
  const auto output = directory / "output";
  support::Process consumer(
      {(source / "ldup_consumer").string()},
      {.environment = {"PORT_FILE=" + port_file.string(), "ROOT_UUID=" + uuid("top"), "PYTHONDONTWRITEBYTECODE=1"},
       .stdout_file = output});
  ASSERT_TRUE(support::eventually(std::chrono::seconds(20), [&] { return std::filesystem::exists(port_file); }));
  support::Replserver server(
      {.tables = fmt::format("[replication]\nbind_dn = \"cn=admin,{}\"\nbind_password_file = \"password\"\n", suffix),
       .top = "replica_id = \"berlin\"\n"});
  const auto uri = "ldap://127.0.0.1:" + std::string(trim(read_file(port_file, 100)));
  server.load(area(server.uri(), uri, "berlin", "py"));
  server.start();
  auto client = server.root_client();
  const auto dn = "cn=ada," + suffix;
  ASSERT_EQ(client.add(dn, {{"objectClass", {"person"}}, {"cn", {"ada"}}, {"sn", {"Byron"}}}), 0);
  const auto says = [&](const char* what) {
    return support::eventually(std::chrono::seconds(20), [&] {
      const auto text = read_file(output, 1 << 20);
      const auto at = text.find(what);
      return at != std::string::npos && text.find("end: True", at) != std::string::npos;
    });
  };
  EXPECT_TRUE(says("added:"));
  ASSERT_EQ(client.modify(dn, {{support::Change::replace, "sn", {"Lovelace"}}}), 0);
  EXPECT_EQ(consumer.wait(std::chrono::seconds(20)), 0);
  EXPECT_EQ(
      read_file(output, 1 << 20),
      "type is that of sessions: True\n"
      "area: cn=py,dc=example,dc=com\n"
      "from: berlin\n"
      "incremental: True\n"
      "the supplier begins: True\n"
      "added: ['objectClass=person', 'objectClass=top', 'sn=Byron', 'structuralObjectClass=person'], below the top: "
      "True\n"
      "end: True\n"
      "changed: ['addAttributeValue', 'removeAttribute'] ['sn=Lovelace']\n"
      "end: not yet\n"
      "whole: ['objectClass=person', 'objectClass=top', 'sn=Lovelace', 'structuralObjectClass=person'], below the "
      "top: True\n"
      "end: True\n");
}

}  // namespace
}  // namespace replkit::interop
