#include "tests/refserver/server/log.hpp"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "common/base/error.hpp"
#include "common/base/files.hpp"
#include "tests/refserver/server/request_log.hpp"
#include "tests/support/temp_dir.hpp"

namespace replkit::refserver::server {
namespace {

using namespace std::chrono_literals;
using Format = config::LogOptions::Format;
using ::testing::HasSubstr;
using ::testing::Not;

LogLine line(Format format) {
  return {format, Instant(), LogLevel::info, "search"};
}

TEST(LogLine, TextIsOneLineWhateverComes) {
  auto made = line(Format::text).add("conn", 7).add("dn", "cn=a b\n\"x\"").add("bare", "a.b:c").add("empty", "");
  EXPECT_EQ(made.add_milliseconds("ms", 1500us).take(),
            R"(1970-01-01T00:00:00Z info search conn=7 dn="cn=a b\0a\"x\"" bare=a.b:c empty="" ms=1.500)");
}

TEST(LogLine, JsonReadsBack) {
  auto made = line(Format::json).add("conn", 7).add("dn", "cn=a\"b\\c\xff\n").add_milliseconds("ms", 20us);
  const auto read = nlohmann::json::parse(made.take());
  EXPECT_EQ(read["event"], "search");
  EXPECT_EQ(read["level"], "info");
  EXPECT_EQ(read["conn"], 7);
  EXPECT_EQ(read["dn"], "cn=a\"b\\c\\ff\\0a");
  EXPECT_EQ(read["ms"], 0.02);
}

TEST(Log, KeepsToItsLevelAndOpensAgain) {
  const support::TempDir dir;
  Log log({.level = LogLevel::warning, .format = Format::text, .file = dir / "log"});
  EXPECT_FALSE(log.wants(LogLevel::info));
  log.say(LogLevel::info, "quiet");
  log.say(LogLevel::error, "loud");
  std::filesystem::rename(dir / "log", dir / "old");
  log.say(LogLevel::error, "still the old file");
  log.reopen();
  log.say(LogLevel::error, "the new file");
  const auto before = read_file(dir / "old", 1 << 20);
  EXPECT_THAT(before, Not(HasSubstr("quiet")));
  EXPECT_THAT(before, HasSubstr("error server text=loud\n"));
  EXPECT_THAT(before, HasSubstr("still the old file"));
  EXPECT_THAT(read_file(dir / "log", 1 << 20), HasSubstr("the new file"));
  EXPECT_THROW(Log({.level = LogLevel::info, .format = Format::text, .file = "/dev/null/log"}), LocalError);
}

TEST(RequestLog, TellsWhoDidWhat) {
  const support::TempDir dir;
  Log log({.level = LogLevel::info, .format = Format::text, .file = dir / "log"});
  RequestLog requests(log);
  access::Caller caller;
  caller.dn = "cn=admin";
  caller.connection = 3;
  session::RequestInfo request{
      .id = 2, .operation = protocol::Operation::search, .name = "dc=a", .detail = "sub", .attributes = {}};
  session::RequestEnd end{.code = protocol::ResultCode::no_such_object, .entries = 0, .duration = 1ms};
  requests.started(caller, request);
  requests.finished(caller, request, end);
  request.operation = protocol::Operation::bind;
  request.name = "cn=Admin";
  request.detail = "simple";
  end.code = protocol::ResultCode::success;
  requests.finished(caller, request, end);
  request.operation = protocol::Operation::modify;
  request.attributes = {"cn", "sn"};
  end.code = std::nullopt;
  requests.finished(caller, request, end);
  const auto text = read_file(dir / "log", 1 << 20);
  EXPECT_THAT(text, HasSubstr(R"(info search conn=3 op=2 dn="dc=a" detail=sub result=32 entries=0 ms=1.000)"));
  EXPECT_THAT(text, HasSubstr(R"(info bind conn=3 op=2 dn="cn=Admin" detail=simple bound="cn=admin" result=0)"));
  EXPECT_THAT(text, HasSubstr("attributes=cn,sn result=none"));
  EXPECT_THAT(text, Not(HasSubstr("started"))) << "that is for the level debug";
}

}  // namespace
}  // namespace replkit::refserver::server
