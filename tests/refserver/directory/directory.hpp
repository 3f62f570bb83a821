// The directory: takes requests, and hands out the operations that answer them.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "tests/refserver/directory/context.hpp"
#include "tests/refserver/directory/operation.hpp"

namespace replkit::refserver::directory {

class HeldEntry;
class PagedSearches;
class SearchAnswer;
struct Call;
class Updates;

class Directory : public Service {
 public:
  // What it refers to must outlive it. `audit` may be null. Throws UsageError when a context of the options is no DN.
  Directory(const schema::Schema& schema, store::Store& store, const auth::Authenticator& authenticator,
            std::shared_ptr<const access::Policy> policy, AuditSink* audit, const Clock& clock,
            DirectoryOptions options);
  ~Directory() override;

  // Before the first request. The extension may refer to what the directory refers to, and to its context. Throws Error
  // (a bug) when one of its operations is another's already.
  void add(std::shared_ptr<Extension> extension);

  std::unique_ptr<Operation> start(const access::Caller& caller, protocol::RequestMessage request, Wake wake) override;
  // Begins a search whose answers are of another kind; the call's request is a SearchRequest. For extensions.
  std::unique_ptr<Operation> start_search(Call call,
                                          const std::function<std::unique_ptr<SearchAnswer>(const Call&)>& make_answer);

  void forget(std::uint64_t connection) override;
  void rebind(std::uint64_t connection) override;
  bool is_grouped(std::uint64_t connection) const override;

  // Puts other access rules in force, for the requests that come from now on. From any thread.
  void set_policy(std::shared_ptr<const access::Policy> policy);

  const Context& context() const { return context_; }

 private:
  std::unique_ptr<Operation> dispatch(const access::Caller& caller, protocol::RequestMessage request, Wake wake);

  Context context_;
  std::unique_ptr<const HeldEntry> subschema_;
  std::unique_ptr<PagedSearches> paged_;
  std::unique_ptr<Updates> updates_;  // the first to go: waits for changes that use the rest
};

}  // namespace replkit::refserver::directory
