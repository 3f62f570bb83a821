// What the manual's walk-through says, done by somebody who has three empty servers and the manual.
#include <fmt/format.h>

#include <regex>

#include "common/base/files.hpp"
#include "common/base/text.hpp"
#include "tests/integration/repctl/harness.hpp"

namespace replkit::support {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class Newcomer : public testing::Test {
 protected:
  void SetUp() override {
    std::string inventory = "[defaults]\nbind_dn = \"cn=admin,dc=example,dc=com\"\npassword_file = \"pw\"\n\n";
    for (const auto* name : {"a", "b", "c"}) {
      ReplserverOptions options;
      options.top = fmt::format("replica_id = \"r{}\"\n", servers_.size() + 1);
      options.tables += "\n[replication]\nhistory = \"history\"\nretry = \"100ms\"\nretry_most = \"500ms\"\n";
      auto& server = *servers_.emplace_back(std::make_unique<Replserver>(std::move(options)));
      server.start();
      inventory += fmt::format("[servers.{}]\nuri = \"{}\"\n\n", name, server.uri());
    }
    write_file(folder_ / "inventory.toml", inventory + "[groups]\ngroup = [\"a\", \"b\", \"c\"]\n");
    write_file(folder_ / "pw", std::string(password) + "\n");
    std::filesystem::permissions(folder_ / "pw", std::filesystem::perms::owner_read);
  }

  // Runs a command line as it stands in the manual.
  RunResult type(const std::string& line, const std::string& input = {}) const {
    Words words;
    for (const auto word : split(line, ' ')) words.emplace_back(word);
    words[0] = words[0] == "repctl" ? REPCTL : REPLMETA;
    return run(words, {.input = input,
                       .environment = {"LDAPNOINIT", "LDAPCONF=/dev/null", "LDAPBASE=dc=example,dc=com",
                                       "XDG_STATE_HOME=" + (folder_ / "state").string(),
                                       "REPLKIT_INVENTORY=" + (folder_ / "inventory.toml").string()}});
  }
  std::string done(const std::string& line, const std::string& input = {}) const {
    const auto result = type(line, input);
    EXPECT_EQ(result.status, 0) << line << '\n' << result.out << result.err;
    return result.out;
  }

  std::string uri(std::size_t place) const { return servers_[place]->uri(); }
  std::string password_file() const { return (folder_ / "pw").string(); }

  // Three servers that replicate, r2 between r1 and r3.
  void build() const {
    done("repctl -H @a --yes area add --create");
    done("repctl -H @b -H @c --yes area copy-base --from @a");
    done(fmt::format("repctl -H @group --yes replica create r1 --online --uri {}", uri(0)));
    done(fmt::format("repctl -H @group --yes replica create r2 --online --uri {}", uri(1)));
    done(fmt::format("repctl -H @group --yes replica create r3 --online --uri {}", uri(2)));
    done("repctl -H @group --yes credentials add peer --bind-dn cn=admin,dc=example,dc=com --password-file " +
         password_file());
    for (const auto* pair : {"r1 r2", "r2 r1", "r2 r3", "r3 r2"}) {
      done(fmt::format("repctl -H @group --yes agreement add {} --credentials peer", pair));
    }
    done("repctl -H @group vector diff --wait 25s");
  }

  std::vector<std::unique_ptr<Replserver>> servers_;

 private:
  TempDir folder_;
};

constexpr const char* ada = "cn=ada,dc=example,dc=com";

int add_ada(const Replserver& server) {
  return server.root_client().add(ada, {{"objectClass", {"person"}}, {"cn", {"ada"}}, {"sn", {"Lovelace"}}});
}

TEST_F(Newcomer, BuildsAGroupAndWatchesAChangeArrive) {
  build();
  EXPECT_TRUE(eventually(std::chrono::seconds(20), [&] { return type("repctl -H @group status").status == 0; }))
      << type("repctl -H @group status").out;
  ASSERT_EQ(add_ada(*servers_[0]), 0);
  done("repctl -H @group vector diff --wait 25s");
  EXPECT_TRUE(servers_[2]->root_client().read(ada));
  EXPECT_THAT(done(fmt::format("replmeta -H @group show {}", ada)), HasSubstr("The same on 3 servers"));
  EXPECT_THAT(done("repctl history " + (servers_[0]->directory() / "history").string()), HasSubstr("to r2"));
}

TEST_F(Newcomer, SuspendsResumesTriggersAndTerminates) {
  build();
  done("repctl -H @group --yes replica suspend r3");
  ASSERT_EQ(add_ada(*servers_[0]), 0);
  EXPECT_EQ(type("repctl -H @group vector diff --wait 1s").status, 1);
  EXPECT_FALSE(servers_[2]->root_client().read(ada));
  EXPECT_EQ(type("repctl -H @b cycle trigger r3").status, 6) << "suspended";
  done("repctl -H @group --yes replica resume r3");
  // It may have begun by itself, and be under way.
  EXPECT_TRUE(eventually(std::chrono::seconds(20), [&] { return type("repctl -H @b cycle trigger r3").status == 0; }));
  EXPECT_THAT(done("repctl -H @b --yes cycle terminate r3"),
              testing::AnyOf(HasSubstr("nothing ran"), HasSubstr("sessions ended")));
  done("repctl -H @group vector diff --wait 25s");
  EXPECT_TRUE(servers_[2]->root_client().read(ada));
}

TEST_F(Newcomer, MendsTheMetaDataOfAValue) {
  build();
  ASSERT_EQ(add_ada(*servers_[0]), 0);
  done("repctl -H @group vector diff --wait 25s");
  // Somebody has changed the value under its old CSN on one server, which replication does not see.
  const auto found = done(fmt::format("replmeta -H @a search -b {} -s base sn", ada));
  std::smatch value;
  ASSERT_TRUE(std::regex_search(found, value, std::regex("(sn;x-csn-[^:]*): Lovelace\n"))) << found;
  const auto replace = [&](const std::string& name) {
    return fmt::format("dn: {0}\nchangetype: modify\nreplace: {1}\n{1}: {2}\n-\n", ada, value[1].str(), name);
  };
  done("replmeta -H @c modify --yes", replace("Byron"));
  const auto odd = type(fmt::format("replmeta -H @group show {}", ada));
  EXPECT_EQ(odd.status, 1);
  EXPECT_THAT(odd.out, AllOf(HasSubstr("Byron"), HasSubstr("Lovelace")));
  EXPECT_EQ(type("repctl -H @group vector diff").status, 0) << "the vectors know nothing of it";
  done("replmeta -H @c modify --yes", replace("Lovelace"));
  EXPECT_THAT(done(fmt::format("replmeta -H @group show {}", ada)), HasSubstr("The same on 3 servers"));
}

}  // namespace
}  // namespace replkit::support
