#include "tests/refserver/store/store.hpp"

#include <algorithm>
#include <future>

#include "common/base/error.hpp"
#include "common/base/text.hpp"
#include "tests/refserver/store/backup.hpp"
#include "tests/refserver/store/changes.hpp"
#include "tests/refserver/store/check.hpp"
#include "tests/refserver/store/committer.hpp"
#include "tests/refserver/store/index_builder.hpp"
#include "tests/refserver/store/tree_builder.hpp"

namespace replkit::refserver::store {

namespace {

StoreOptions checked(StoreOptions options) {
  const auto& id = options.replica_id;
  const auto allowed = [](char c) {
    return is_ascii_digit(c) || (c >= 'a' && c <= 'z') || c == '.' || c == '_' || c == '-';
  };
  if (id.empty() || id.size() > 64 || !std::all_of(id.begin(), id.end(), allowed)) {
    throw UsageError("'" + printable(id) + "' is no replica id: 1 to 64 of a-z, 0-9, '.', '_' and '-' expected");
  }
  return options;
}

IndexSet open_names(Environment& environment, const StoreOptions& options, const model::Schema& schema) {
  open_tree(environment, schema);
  open_changes(environment);
  return open_indexes(environment, options.indexes, schema);
}

// A view of what is committed now. A base of the snapshot, because its other base points to it.
struct OwnView {
  OwnView(const Environment& environment, const schema::Schema& schema, const IndexSet& indexes)
      : transaction(environment), view{transaction.get(), &environment.tables(), &schema, &indexes, nullptr} {}

  ReadTransaction transaction;
  View view;
};

class PooledSnapshot final : private OwnView, public Snapshot {
 public:
  PooledSnapshot(const Environment& environment, const schema::Schema& schema, const IndexSet& indexes)
      : OwnView(environment, schema, indexes), Snapshot(view) {}
};

}  // namespace

class Store::Impl {
 public:
  Impl(StoreOptions options, const schema::Schema& schema, const Clock& clock)
      : options_(checked(std::move(options))),
        schema_(schema),
        environment_(options_),
        indexes_(open_names(environment_, options_, schema.model())),
        committer_(environment_, schema, indexes_, clock, options_) {}

  const StoreOptions options_;
  const schema::Schema& schema_;
  Environment environment_;
  const IndexSet indexes_;
  Committer committer_;
};

Store::Store(StoreOptions options, const schema::Schema& schema, const Clock& clock)
    : impl_(std::make_unique<Impl>(std::move(options), schema, clock)) {}

Store::~Store() = default;

std::unique_ptr<Snapshot> Store::snapshot() const {
  return std::make_unique<PooledSnapshot>(impl_->environment_, impl_->schema_, impl_->indexes_);
}

std::string Store::identity() const {
  return impl_->environment_.identity();
}

void Store::settle() {
  std::promise<void> end;
  submit([](Writer&) {}, [&end](const std::exception_ptr&) { end.set_value(); });
  end.get_future().get();
}

ldup::Csn Store::csns_since() const {
  return impl_->committer_.csns_since();
}

void Store::backup(const std::filesystem::path& directory) const {
  back_up(impl_->environment_, directory);
}

std::vector<std::string> Store::check(std::size_t limit) const {
  const OwnView own(impl_->environment_, impl_->schema_, impl_->indexes_);
  return check_store(own.view, limit);
}

void Store::submit(Change change, Done done) {
  impl_->committer_.submit(std::move(change), std::move(done));
}

void Store::apply(const Change& change) {
  std::promise<void> end;
  submit(change, [&end](const std::exception_ptr& error) {
    if (error) {
      end.set_exception(error);
    } else {
      end.set_value();
    }
  });
  end.get_future().get();
}

}  // namespace replkit::refserver::store
