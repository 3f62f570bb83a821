#include "tests/refserver/exchange/history.hpp"

#include <gtest/gtest.h>

#include <csignal>
#include <nlohmann/json.hpp>

#include <sys/resource.h>

#include "common/base/error.hpp"
#include "common/base/files.hpp"
#include "common/base/text.hpp"
#include "tests/support/temp_dir.hpp"

namespace replkit::refserver::exchange {
namespace {

SessionRecord record() {
  SessionRecord out;
  out.id = "a-1";
  out.area = "dc=example";
  out.partner = "b";
  out.peer = "ldap://b";
  out.direction = Direction::received;
  out.updates = 3;
  out.primitives = 7;
  out.applied = 2;
  out.schema_mismatches = {"unknown attribute type: cn=x (y)"};
  return out;
}

TEST(History, ALineASession) {
  auto one = record();
  const auto line = nlohmann::json::parse(history_line(one));
  EXPECT_EQ(line["direction"], "received");
  EXPECT_EQ(line["kind"], "incremental");
  EXPECT_EQ(line["result"], "success");
  EXPECT_EQ(line["updates"], 3);
  EXPECT_EQ(line["applied"], 2);
  EXPECT_EQ(line["schema_mismatches"].size(), 1);
  EXPECT_FALSE(line.contains("code"));
  one.text = "line\nend \xff";
  one.area = "dc=\xff";
  EXPECT_EQ(history_line(one).find('\n'), std::string::npos);
  EXPECT_NO_THROW(nlohmann::json::parse(history_line(one))) << "whatever the bytes";
}

TEST(History, IsKeptAcrossReopening) {
  const support::TempDir folder;
  const auto file = folder.path() / "history";
  History history(file);
  history.write(record());
  std::filesystem::rename(file, folder.path() / "old");
  history.reopen();
  history.write(record());
  history.write(record());
  const auto text = read_file(file, 1 << 20);
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 2);
  EXPECT_EQ(std::filesystem::status(file).permissions(), std::filesystem::perms(0600));
  EXPECT_THROW(History(folder.path() / "missing" / "history"), LocalError);
}

// A disk that fills up in the middle of a line costs that line only.
TEST(History, ALineThatIsTornDoesNotSpoilTheNext) {
  const support::TempDir folder;
  const auto file = folder.path() / "history";
  History history(file);
  history.write(record());
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  auto full = before;
  full.rlim_cur = std::filesystem::file_size(file) + 10;
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &full), 0);
  history.write(record());
  history.write(record());
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  std::signal(SIGXFSZ, handler);
  history.write(record());
  std::size_t whole = 0;
  const auto text = read_file(file, 1 << 20);
  for (const auto line : split(text, '\n')) whole += nlohmann::json::accept(line) ? 1 : 0;
  EXPECT_EQ(whole, 2);
}

}  // namespace
}  // namespace replkit::refserver::exchange
