// A few threads for what takes tens of milliseconds.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace replkit::refserver::directory {

class WorkerPool {
 public:
  explicit WorkerPool(std::size_t threads);
  // Does what has been given to it first.
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  // Has one of the threads call `task`, which must not throw. How many wait is the caller's affair.
  void submit(std::function<void()> task);

 private:
  void run();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> tasks_;
  bool ending_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace replkit::refserver::directory
