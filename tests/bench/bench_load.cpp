#include "tests/bench/bench_load.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>
#include <stdexcept>
#include <thread>

#include "common/base/error.hpp"
#include "tests/bench/bench_runner.hpp"
#include "tests/support/slapd.hpp"

namespace replkit::bench {

using support::Client;

double seconds_of(const std::function<void()>& job) {
  const auto start = std::chrono::steady_clock::now();
  job();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

double spread(const Side& side, std::size_t count, const std::function<void(Client&, std::size_t)>& operation) {
  std::vector<std::unique_ptr<Client>> clients;
  for (unsigned i = 0; i < connections; ++i) {
    clients.push_back(
        std::make_unique<Client>(side.uri, side.dn, std::string(support::password), std::chrono::minutes(5)));
  }
  std::atomic<std::size_t> next{0};
  std::atomic<bool> failed{false};
  return seconds_of([&] {
    std::vector<std::jthread> threads;
    for (auto& client : clients) {
      threads.emplace_back([&, c = client.get()] {
        try {
          for (std::size_t i = next++; i < count && !failed; i = next++) operation(*c, i);
        } catch (const std::exception& error) {
          if (!failed.exchange(true)) fmt::print(stderr, "bench: {}: {}\n", side.uri, error.what());
        }
      });
    }
    threads.clear();
    if (failed) throw LocalError("an operation failed at " + side.uri);
  });
}

void progress(const std::string& text) {
  fmt::print(stderr, "bench: {}\n", text);
}

void print_ratios(const std::string& what, const std::vector<double>& a, const std::vector<double>& b) {
  std::vector<double> ratios;
  for (std::size_t i = 0; i < a.size(); ++i) ratios.push_back(a[i] / b[i]);
  const auto [least, most] = std::minmax_element(ratios.begin(), ratios.end());
  fmt::print("{:<70}{:>6.2f}   {:.2f} to {:.2f}\n", what, median(ratios), *least, *most);
}

}  // namespace replkit::bench
