#include <fmt/format.h>

#include "common/base/text.hpp"
#include "tests/integration/replmeta/harness.hpp"
#include "tests/support/client.hpp"

namespace replkit::support {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

class ReplmetaShow : public Replmeta {
 protected:
  // Servers with the same copy of Ada, written on berlin.
  Words start_copies(std::size_t count) {
    Words uris;
    std::string copy;
    for (std::size_t i = 0; i < count; ++i) {
      auto& server = start_server(i == 0 ? "berlin" : fmt::format("other-{}", i));
      servers_.push_back(&server);
      uris.push_back(server.uri());
      if (i == 0) {
        copy = ldif_of_ada(server);
      } else {
        done(server, {"delete", "--yes", "--no-record", ada});
        done(server, {"add", "--yes"}, copy);
      }
    }
    return uris;
  }
  Client client(std::size_t i) const { return servers_[i]->root_client(); }
  nlohmann::json shown(const Words& uris, int status, const std::string& dn = ada) const {
    const auto result = replmeta(uris, {"--json", "show", dn});
    EXPECT_EQ(result.status, status) << result.out << result.err;
    return nlohmann::json::parse(result.out);
  }

  std::vector<Replserver*> servers_;
};

const nlohmann::json& row_of(const nlohmann::json& shown, const std::string& attribute, const std::string& value) {
  for (const auto& row : shown.at("rows")) {
    if (row["attribute"] == attribute && row["value"] == value) return row;
  }
  throw std::runtime_error("no row " + attribute + '=' + value + " in " + shown.dump(2));
}

TEST_F(ReplmetaShow, TellsWhoWroteEachValue) {
  const auto uris = start_copies(1);
  const auto text = replmeta(uris, {"show", ada});
  EXPECT_EQ(text.status, 0);
  EXPECT_THAT(text.out, AllOf(HasSubstr("sn\n    Lovelace  "), HasSubstr("  berlin\n")));
  EXPECT_EQ(row_of(shown(uris, 0), "sn", "Lovelace")["written"]["replica"], "berlin");
}

TEST_F(ReplmetaShow, CopiesAreTheSame) {
  const auto uris = start_copies(3);
  const auto json = shown(uris, 0);
  EXPECT_EQ(json["same"], true) << json.dump(2);
  EXPECT_THAT(replmeta(uris, {"show", ada}).out, HasSubstr("The same on 3 servers.\n"));
}

TEST_F(ReplmetaShow, MarksTheOddValueAndNamesItsReplica) {
  const auto uris = start_copies(3);
  expect_success(client(1).modify(ada, {{Change::add, "mail", {"odd@example.com"}}}), "modify");
  const auto text = replmeta(uris, {"show", ada, "mail"});
  EXPECT_EQ(text.status, 1);
  bool found = false;
  for (const auto line : split(text.out, '\n')) {
    EXPECT_LE(line.size(), 80U) << line;
    if (!line.starts_with("*   odd@example.com ")) continue;
    found = true;
    EXPECT_TRUE(line.ends_with("  other-1  -2-")) << line;
  }
  EXPECT_TRUE(found) << text.out;
  const auto json = shown(uris, 1);
  const auto& row = row_of(json, "mail", "odd@example.com");
  EXPECT_EQ(row["odd"], true);
  EXPECT_THAT(row["servers"], ElementsAre(uris[1]));
  EXPECT_EQ(row_of(json, "mail", "ada@example.com")["differs"], false);
}

TEST_F(ReplmetaShow, FindsARenamedEntryByItsId) {
  const auto uris = start_copies(2);
  expect_success(client(1).rename(ada, "uid=augusta"), "rename");
  const auto json = shown(uris, 1);
  EXPECT_EQ(json["servers"][1]["dn"], "uid=augusta,dc=example,dc=com") << json.dump(2);
  EXPECT_EQ(row_of(json, "dn", ada)["odd"], true);
}

TEST_F(ReplmetaShow, ShowsATombstoneBesideTheEntry) {
  const auto uris = start_copies(2);
  expect_success(client(1).remove(ada), "delete");
  const auto json = shown(uris, 1);
  EXPECT_EQ(json["servers"][0]["state"], "entry");
  EXPECT_EQ(json["servers"][1]["state"], "tombstone");
  bool told = false;
  for (const auto& row : json["rows"]) told = told || (row["attribute"] == "deletedEntryCSN" && row["odd"] == true);
  EXPECT_TRUE(told) << json.dump(2);
  EXPECT_THAT(replmeta(uris, {"show", ada}).out, HasSubstr(": tombstone\n"));
}

TEST_F(ReplmetaShow, SaysWhereThereIsNone) {
  const auto uris = start_copies(2);
  done(*servers_[1], {"delete", "--yes", "--no-record", ada});
  const auto text = replmeta(uris, {"show", ada});
  EXPECT_EQ(text.status, 1);
  EXPECT_THAT(text.out, AllOf(HasSubstr(": no such entry\n"), HasSubstr("Not all servers have the entry.")));
  const auto none = replmeta(uris, {"show", "uid=none,dc=example,dc=com"});
  EXPECT_EQ(none.status, 6);
  EXPECT_THAT(none.err, HasSubstr("no such entry, nor a tombstone of it"));
}

TEST_F(ReplmetaShow, AnUnreachableServerCostsItsOwnRow) {
  auto uris = start_copies(1);
  const ReservedPort nobody;
  uris.push_back(fmt::format("ldap://127.0.0.1:{}", nobody.number()));
  const auto text = replmeta(uris, {"show", ada});
  EXPECT_EQ(text.status, 2);
  EXPECT_THAT(text.out, AllOf(HasSubstr(uris[1] + ": unknown\n"), HasSubstr("Lovelace")));
  EXPECT_THAT(text.err, HasSubstr(uris[1]));
}

TEST_F(ReplmetaShow, CsnsInFullOnRequestAndLongValuesOnLinesOfTheirOwn) {
  const auto uris = start_copies(1);
  expect_success(client(0).modify(ada, {{Change::add, "description", {std::string(200, 'x')}}}), "modify");
  const auto text = replmeta(uris, {"show", "--csn", ada});
  EXPECT_THAT(text.out, AllOf(HasSubstr("#berlin#000000\n"), HasSubstr(std::string(76, 'x'))));
  for (const auto line : split(text.out, '\n')) EXPECT_LE(line.size(), 80U) << line;
}

}  // namespace
}  // namespace replkit::support
