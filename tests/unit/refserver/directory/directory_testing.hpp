// A directory with a store of its own, for tests: requests in, decoded responses out.
#pragma once

#include <gmock/gmock.h>

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tests/refserver/directory/directory.hpp"
#include "tests/refserver/protocol/client.hpp"
#include "tests/refserver/protocol/client_controls.hpp"
#include "tests/refserver/protocol/oids.hpp"
#include "tests/support/temp_dir.hpp"

namespace replkit::refserver::directory {

// The time goes on only when it is told to.
class StoppedClock : public Clock {
 public:
  Instant now() const override { return now_; }
  void advance(std::chrono::microseconds by) { now_ += by; }

 private:
  Instant now_{std::chrono::seconds{1'700'000'000}};
};

// What a search gave.
struct Found {
  std::vector<model::Entry> entries;
  std::vector<std::vector<std::string>> references;
  protocol::Result result;
  std::vector<protocol::Control> controls;  // of the result
  unsigned steps = 0;

  std::vector<std::string> dns() const;
  // Returns the value of the response control; nothing when there is none.
  std::optional<protocol::PagedResults> paged() const;
  std::optional<protocol::SortResult> sorted() const;
};

// Returns "ATTRIBUTE: VALUE" lines in LDIF's order, the DN first ("dn: ..."); entries are separated by empty lines.
std::vector<model::Entry> entries_of(std::string_view ldif);

// Returns a search for everything below `base`.
protocol::SearchRequest search_of(std::string base, std::string_view filter = "(objectClass=*)",
                                  protocol::Scope scope = protocol::Scope::subtree,
                                  std::vector<std::string> attributes = {"1.1"});

struct ServerOptions {
  DirectoryOptions directory;
  std::vector<access::Rule> rules = access::default_rules();
  std::vector<store::IndexDefinition> indexes;
  AuditSink* audit = nullptr;
};

// The context is dc=example,dc=com; the administrator is cn=admin.
class TestDirectory {
 public:
  explicit TestDirectory(std::string_view ldif = {}, ServerOptions options = {});

  void load(const std::vector<model::Entry>& entries);

  static access::Caller administrator();
  // Whoever is bound as this DN.
  static access::Caller user(const std::string& dn);
  static access::Caller anonymous() { return {}; }

  std::unique_ptr<Operation> start(const access::Caller& caller, protocol::Request request,
                                   std::vector<protocol::Control> controls = {});
  Found search(const access::Caller& caller, protocol::SearchRequest request,
               std::vector<protocol::Control> controls = {}, std::size_t step_bytes = 65'536);
  // The same as the administrator.
  Found search(protocol::SearchRequest request, std::vector<protocol::Control> controls = {}) {
    return search(administrator(), std::move(request), std::move(controls));
  }
  // Returns the only response to any other request that is answered at once.
  protocol::ResponseMessage ask(const access::Caller& caller, protocol::Request request,
                                std::vector<protocol::Control> controls = {});

  Directory& directory() { return *directory_; }
  store::Store& store() { return *store_; }
  StoppedClock& clock() { return clock_; }
  void set_rules(std::vector<access::Rule> rules);

 private:
  support::TempDir folder_;
  StoppedClock clock_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<auth::Authenticator> authenticator_;
  std::unique_ptr<Directory> directory_;
};

// Takes the responses in `bytes` apart.
void add_responses(std::string_view bytes, Found& found);

// Rules under which everybody may read everything but what a test takes away before them.
access::Rule everything(std::vector<std::string> who = {"*"});
access::Rule rule(std::vector<std::string> who, std::vector<std::string> target, std::vector<std::string> attributes,
                  access::Rights rights);

protocol::Control control(std::string_view oid, bool critical = true);

}  // namespace replkit::refserver::directory
