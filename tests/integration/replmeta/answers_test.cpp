// What servers that are not as they should be answer to SearchWithMetaData.
#include <gmock/gmock.h>

#include "common/base/cancel.hpp"
#include "common/ldup/oids.hpp"
#include "common/metadata/operations.hpp"
#include "common/wire/ber.hpp"
#include "tests/integration/ldap/fake_server.hpp"

namespace replkit::metadata {
namespace {

using ldap::FakeServer;
using ldap::ResultCode;
using testing::ElementsAre;

constexpr unsigned char bind_response = 0x61;
constexpr unsigned char extended_response = 0x78;
constexpr unsigned char intermediate_response = 0x79;

std::string part(std::string_view oid, std::string_view value) {
  std::string out;
  wire::Writer writer(out);
  writer.octets(oid, wire::tag::primitive(0));
  writer.octets(value, wire::tag::primitive(1));
  return out;
}

std::string entry(const std::string& dn) {
  return part(ldup::oid::meta_data_entry, encode(ldup::SearchMetaDataEntry{.name = dn, .attributes = {}, .state = {}}));
}

struct Found {
  ldap::SearchOutcome outcome;
  std::vector<std::string> entries;
  std::size_t malformed = 0;
};

// Binds, searches, and gets these intermediate responses; then the result, or silence without one.
Found search_at(const std::vector<std::string>& parts, std::optional<char> result,
                const std::function<void(const std::string&)>& on_entry = {}) {
  const FakeServer server([&](int fd) {
    ldap::say(fd, ldap::message(ldap::read_request(fd), bind_response, ldap::result_content(0)));
    const char id = ldap::read_request(fd);
    for (const auto& each : parts) ldap::say(fd, ldap::message(id, intermediate_response, each));
    if (result) ldap::say(fd, ldap::message(id, extended_response, ldap::result_content(*result)));
  });
  ldap::ConnectionOptions options;
  options.uri = server.uri();
  options.timeouts = {.connect = std::chrono::seconds(5), .operation = std::chrono::milliseconds(result ? 5000 : 300)};
  const CancelToken token;
  auto connection = ldap::Connection::open(options, token);
  ldup::SearchWithMetaDataRequest request;
  request.base = "dc=x";
  request.filter = model::Filter::parse("(cn=*)");
  Found found;
  found.outcome = search(connection, request,
                         {.entry =
                              [&](ldup::SearchMetaDataEntry&& each) {
                                if (on_entry) on_entry(each.name);
                                found.entries.push_back(each.name);
                              },
                          .malformed = [&](const std::string&, std::string_view) { ++found.malformed; }});
  return found;
}

TEST(MetaDataAnswers, AMalformedOneCostsItselfOnly) {
  const auto found = search_at({entry("dc=a"), part(ldup::oid::meta_data_entry, "\x30\x05junk"), entry("dc=b")}, 0);
  EXPECT_THAT(found.entries, ElementsAre("dc=a", "dc=b"));
  EXPECT_EQ(found.malformed, 1U);
  EXPECT_EQ(found.outcome.code, ResultCode::success);
}

TEST(MetaDataAnswers, OfOtherKindsAreIgnored) {
  const auto found = search_at({part("1.2.3", "x"), entry("dc=a")}, 0);
  EXPECT_THAT(found.entries, ElementsAre("dc=a"));
  EXPECT_EQ(found.malformed, 0U);
}

TEST(MetaDataAnswers, ReferencesMakeItIncomplete) {
  const auto reference =
      part(ldup::oid::meta_data_reference, encode(ldup::SearchMetaDataReference{{"ldap://b.example.com/dc=x"}}));
  const auto found = search_at({reference}, 0);
  EXPECT_FALSE(found.outcome.complete());
  EXPECT_THAT(found.outcome.referrals, ElementsAre("ldap://b.example.com/dc=x"));
}

TEST(MetaDataAnswers, AResultIsAnOutcome) {
  const auto found = search_at({entry("dc=a")}, 50);
  EXPECT_EQ(found.outcome.code, ResultCode::insufficient_access);
  EXPECT_EQ(found.outcome.entries, 1U);
}

TEST(MetaDataAnswers, SilenceIsAnOutcome) {
  const auto found = search_at({entry("dc=a")}, std::nullopt);
  EXPECT_EQ(found.outcome.code, ResultCode::timeout);
  EXPECT_EQ(found.outcome.entries, 1U);
}

TEST(MetaDataAnswers, WhatTheVisitorThrowsPassesThrough) {
  EXPECT_THROW(search_at({entry("dc=a")}, 0, [](const std::string&) { throw std::runtime_error("enough"); }),
               std::runtime_error);
}

}  // namespace
}  // namespace replkit::metadata
