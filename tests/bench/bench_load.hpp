// What the benchmarks of servers do to them and how they tell the result.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "tests/support/client.hpp"

namespace replkit::bench {

// A server: where it is and who may do everything there, with the password that all test servers know.
struct Side {
  std::string uri, dn;
};

inline constexpr unsigned connections = 8;

// Returns the seconds that the job took.
double seconds_of(const std::function<void()>& job);

// Does `count` operations over 8 connections that are bound already; returns the seconds it took. Throws LocalError
// when one fails.
double spread(const Side& side, std::size_t count, const std::function<void(support::Client&, std::size_t)>& operation);

// To stderr.
void progress(const std::string& text);

// Prints the median and the range of a[i] / b[i].
void print_ratios(const std::string& what, const std::vector<double>& a, const std::vector<double>& b);

}  // namespace replkit::bench
