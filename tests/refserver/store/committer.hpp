// The writer thread: takes the changes that wait, a group at a time, each group one transaction.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

#include "tests/refserver/store/change_writer.hpp"

namespace replkit::refserver::store {

class Committer {
 public:
  Committer(Environment& environment, const schema::Schema& schema, const IndexSet& indexes, const Clock& clock,
            const StoreOptions& options);
  Committer(const Committer&) = delete;
  Committer& operator=(const Committer&) = delete;
  // Finishes what has been submitted.
  ~Committer();

  void submit(Store::Change change, Store::Done done);
  // As Store's.
  ldup::Csn csns_since() const { return csns_.since(); }

 private:
  struct Pending {
    Store::Change change;
    Store::Done done;
    std::exception_ptr error;  // what the change threw before it put anything
  };
  using Group = std::vector<Pending>;

  void work();
  void run(Group& group, std::size_t first, std::size_t last);
  std::size_t attempt(Group& group, std::size_t first, std::size_t last);
  void settle(Group& group, std::size_t first, std::size_t last, const std::exception_ptr& failure);

  Environment& environment_;
  const schema::Schema& schema_;
  const IndexSet& indexes_;
  StoreState committed_;
  CsnGenerator csns_;

  std::mutex mutex_;
  std::condition_variable arrived_;
  std::deque<Pending> waiting_;
  bool stopping_ = false;
  std::thread thread_;  // the last: it uses all the others
};

}  // namespace replkit::refserver::store
