// Replication as the rest of the server sees it: what it adds to the directory, and its life.
#pragma once

#include <chrono>
#include <memory>

#include "tests/refserver/directory/extension.hpp"
#include "tests/refserver/exchange/core.hpp"

namespace replkit::refserver::exchange {

class Replication : public directory::Extension {
 public:
  // What it refers to must outlive it. Throws LocalError when the history cannot be opened.
  Replication(const schema::Schema& schema, store::Store& store, const Clock& clock, Options options,
              const std::string& replica_id, Log log);
  ~Replication() override;

  // Begins to supply others.
  void start();
  // Lets sessions end between two updates, for so long; then cuts them off. Nothing is begun any more.
  void stop(std::chrono::milliseconds grace);
  // Opens the history again, under its name. Throws LocalError.
  void reopen();

  std::vector<std::string> operations() const override;
  std::vector<std::string> aliases() const override;
  bool takes_control(std::string_view oid, std::string_view control) const override;
  std::unique_ptr<directory::Operation> start(directory::Call call, directory::Wake wake) override;
  void describe_root(const directory::Call& call, const store::Reader& reader, model::Entry& root) const override;
  void admit(const directory::Call& call) override;
  std::unique_ptr<directory::Operation> search(const directory::Call& call) override;
  void check(const directory::Call& call, const store::Reader& reader, const directory::LocalChange& change) override;
  void made(directory::LocalChange& change) noexcept override;
  void changed(const directory::LocalChange& change) noexcept override;
  bool is_grouped(std::uint64_t connection) const override;
  void forget(std::uint64_t connection) override;

 private:
  struct Parts;
  const std::unique_ptr<Parts> parts_;
};

}  // namespace replkit::refserver::exchange
