// A directory with the operations with meta-data, for their tests.
#pragma once

#include <gmock/gmock.h>

#include <optional>
#include <string>
#include <vector>

#include "common/ldup/metadata.hpp"
#include "tests/refserver/directory/extension.hpp"
#include "tests/unit/refserver/directory/directory_testing.hpp"

namespace replkit::refserver::metadata {

using directory::TestDirectory;
using ldup::MetaDataAttribute;
using ldup::MetaDataChange;
using protocol::ResultCode;

// "CALLER OPERATION DN [ATTRIBUTES] RESULT" for each record.
class TestAudit final : public directory::AuditSink {
 public:
  std::optional<std::string> refuses() const override { return refusal; }
  void record(const directory::AuditRecord& record) noexcept override;

  std::optional<std::string> refusal;
  std::vector<std::string> lines;
};

// What an extension is told.
class Listener : public directory::Extension {
 public:
  void changed(const directory::LocalChange& change) noexcept override { told.push_back(change); }
  void check(const directory::Call&, const store::Reader&, const directory::LocalChange& change) override {
    forced = change.forced;
  }
  std::vector<directory::LocalChange> told;
  bool forced = false;
};

struct MetaDataFound {
  std::vector<ldup::SearchMetaDataEntry> entries;
  std::vector<ldup::SearchMetaDataReference> references;
  protocol::Result result;

  std::vector<std::string> names() const;
};

struct Answer {
  protocol::ResponseMessage response;
  ldup::MetaDataUpdateResponse value;  // when there is one

  ResultCode code() const { return response.result.code; }
};

// With dc=example,dc=com, ou=people in that, and in it cn=Ann and cn=Bob. Everybody who is bound reads all but
// passwords; cn=helper may also work with meta-data below ou=people.
class MetaDataTest : public ::testing::Test {
 protected:
  MetaDataTest();

  static access::Caller over_tls(access::Caller caller);

  std::vector<protocol::ResponseMessage> ask(std::string_view oid, std::string value,
                                             std::vector<protocol::Control> controls = {});
  MetaDataFound search(const ldup::SearchWithMetaDataRequest& request, std::vector<protocol::Control> controls = {});
  Answer add_entry(const ldup::AddWithMetaDataRequest& request);
  Answer delete_entry(const ldup::DeleteWithMetaDataRequest& request);
  Answer modify(const ldup::ModifyWithMetaDataRequest& request);
  // The one change of an entry.
  Answer modify(const std::string& dn, MetaDataChange::Kind kind, MetaDataAttribute attribute);

  // Plain operations as the administrator; they must succeed.
  void plain(protocol::Request request);

  store::StoredEntry load(const std::string& dn);
  std::optional<store::StoredEntry> load(const model::Uuid& uuid);

  TestAudit audit_;
  TestDirectory server_;
  std::shared_ptr<Listener> listener_ = std::make_shared<Listener>();
  access::Caller caller_ = over_tls(TestDirectory::administrator());

 private:
  Answer change(std::string_view oid, std::string value);
};

const std::string people = "ou=people,dc=example,dc=com";
const std::string ann = "cn=Ann,ou=people,dc=example,dc=com";
const std::string bob = "cn=Bob,ou=people,dc=example,dc=com";

// Returns the n-th CSN of the replica "berlin", in 2020.
ldup::Csn berlin(unsigned n);

ldup::MetaDataValue triple(std::string value, std::optional<ldup::Csn> csn = {}, bool deleted = false);

// Searches the subtree for everything.
ldup::SearchWithMetaDataRequest search_of(const std::string& base, std::vector<std::string> attributes = {});

// Returns the attribute; null when it is not there.
const MetaDataAttribute* find(const ldup::SearchMetaDataEntry& entry, std::string_view type);

model::Modification replacement(std::string description, std::vector<std::string> values);

}  // namespace replkit::refserver::metadata
