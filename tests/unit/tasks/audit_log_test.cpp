#include "common/tasks/audit_log.hpp"

#include <nlohmann/json.hpp>

#include "common/base/error.hpp"
#include "common/base/files.hpp"
#include "common/base/text.hpp"
#include "common/tasks/steps.hpp"
#include "tests/support/temp_dir.hpp"
#include "tests/unit/tasks/testing.hpp"

namespace replkit::tasks {
namespace {

using testing::HasSubstr;
using testing::Not;

Step secret_step() {
  return add_step(ldup_server(), "add \"it\"", "cn=\xff", {{"userPassword;x", {"hunter2"}}, {"cn", {"\xff"}}});
}

TEST(AuditLog, LinesAreJsonWithoutSecrets) {
  const support::TempDir directory;
  const auto file = directory / "a/b/audit.jsonl";
  const Actor actor{.command = "repctl x", .user = "ada (7)", .host = "h", .run = "r"};
  AuditLog(file, actor).write(secret_step(), "ldap://h", "dn:cn=a", "sent");
  AuditLog(file, actor).write(secret_step(), "ldap://h", "dn:cn=a", "failed", "why");
  const auto text = read_file(file, 1 << 16);
  EXPECT_THAT(text, Not(HasSubstr("hunter2")));
  const auto lines = split(text, '\n');
  ASSERT_EQ(lines.size(), 3U);
  const auto second = nlohmann::json::parse(lines[1]);
  EXPECT_EQ(second["state"], "failed");
  EXPECT_EQ(second["text"], "why");
  EXPECT_EQ(second["user"], "ada (7)");
  EXPECT_EQ(second["operation"], "add");
  EXPECT_THAT(second["ldif"].get<std::string>(), HasSubstr("userPassword;x: (not shown)"));
}

TEST(AuditLog, WithoutAFileNothingGoesOn) {
  EXPECT_THROW(AuditLog("/proc/none/x", {}), LocalError);
}

TEST(AuditLog, BackupsCanBeAdded) {
  Plan plan;
  remove_all(ldup_server(),
             {entry_of("cn=a,o=x", {{"objectClass", "top"}, {"entryUUID", "u"}, {"replicaType", "3"}}),
              entry_of("cn=b,cn=a,o=x", {{"userPassword", "kept"}})},
             "why", plan);
  EXPECT_EQ(backup_ldif(plan, [](const std::string& name) { return "ldap://" + name; }),
            "# What repctl was about to remove. ldapadd puts it back, one part a server.\n# On ldap://s1\n"
            "# entryUUID: u\ndn: cn=a,o=x\nchangetype: add\nobjectClass: top\nreplicaType: 3\n\n"
            "dn: cn=b,cn=a,o=x\nchangetype: add\nuserPassword: kept\n\n");
}

}  // namespace
}  // namespace replkit::tasks
