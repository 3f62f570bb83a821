// A store, rules and callers for the tests of operations that change the directory.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "tests/refserver/directory/context.hpp"
#include "tests/refserver/directory/update.hpp"
#include "tests/refserver/protocol/client.hpp"
#include "tests/refserver/protocol/client_controls.hpp"
#include "tests/support/temp_dir.hpp"
#include "tests/unit/refserver/directory/entry_testing.hpp"

namespace replkit::refserver::directory {

// A clock that stands still until it is set.
class TestClock final : public Clock {
 public:
  Instant now() const override { return time; }
  Instant time = Instant{std::chrono::seconds{1'700'000'000}};
};

class RecordingAudit final : public AuditSink {
 public:
  std::optional<std::string> refuses() const override { return refusal; }
  void record(const AuditRecord& record) noexcept override;

  std::optional<std::string> refusal;
  // As "CALLER OPERATION DN RESULT": the records so far.
  std::vector<std::string> lines() const;
  AuditRecord last() const;

 private:
  mutable std::mutex mutex_;
  std::vector<AuditRecord> records_;
  std::vector<std::string> callers_;
};

// With contexts dc=example,dc=com and o=Other, of which dc=example,dc=com holds ou=people and in that cn=Ann and
// cn=Bob. Everybody who is bound reads all of ou=people but cn=Bob; who is bound as cn=Ann may also write
// description and userPassword in it. cn=root is an administrator.
class UpdateTest : public ::testing::Test {
 protected:
  UpdateTest();
  ~UpdateTest() override;

  static access::Caller root();
  static access::Caller bound(const std::string& dn);

  // Sends the request as caller_, and waits for the answer.
  protocol::ResponseMessage send(protocol::Request request, std::vector<protocol::Control> controls = {});
  // The same without waiting.
  struct Pending {
    std::unique_ptr<Operation> operation;
    std::shared_ptr<struct Alarm> alarm;
  };
  Pending start(protocol::Request request, std::vector<protocol::Control> controls = {});
  static protocol::ResponseMessage wait(Pending& pending);

  protocol::Result add(const std::string& dn, const std::vector<std::string>& lines,
                       const std::vector<protocol::Control>& controls = {});
  protocol::Result add_person(const std::string& dn, const std::vector<std::string>& more = {});
  protocol::Result modify(const std::string& dn, const std::vector<model::Modification>& changes,
                          const std::vector<protocol::Control>& controls = {});
  protocol::Result remove(const std::string& dn, const std::vector<protocol::Control>& controls = {});
  protocol::Result rename(const std::string& dn, const std::string& rdn, bool delete_old = true,
                          const std::optional<std::string>& superior = {},
                          const std::vector<protocol::Control>& controls = {});

  bool exists(const std::string& dn) const;
  store::StoredEntry load(const std::string& dn) const;
  std::vector<std::string> values(const std::string& dn, std::string_view description) const;
  std::uint64_t entries() const;

  support::TempDir folder_;
  TestClock clock_;
  RecordingAudit audit_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<auth::Authenticator> authenticator_;
  std::unique_ptr<Context> context_;
  std::unique_ptr<Updates> updates_;
  access::Caller caller_ = root();
};

const std::string base = "dc=example,dc=com";
const std::string people = "ou=people,dc=example,dc=com";
const std::string ann = "cn=Ann,ou=people,dc=example,dc=com";
const std::string bob = "cn=Bob,ou=people,dc=example,dc=com";

protocol::Control control(std::string_view oid);

}  // namespace replkit::refserver::directory
