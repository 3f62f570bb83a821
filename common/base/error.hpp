// The base of every error the toolkit throws. Caught in one place per program, which prints what() and ends with
// status().
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

#include "common/base/exit_status.hpp"

namespace replkit {

class Error : public std::runtime_error {
 public:
  Error(ExitStatus status, const std::string& message)
      : std::runtime_error(message), status_(status), message_(message) {}

  ExitStatus status() const { return status_; }
  const char* what() const noexcept override { return message_.c_str(); }

  // Puts "context: " before the message: where it happened, as the user knows the place.
  void add_context(std::string_view context);

 private:
  ExitStatus status_;
  std::string message_;
};

// Wrong options, arguments or configuration (status 3).
class UsageError : public Error {
 public:
  explicit UsageError(const std::string& message) : Error(ExitStatus::usage, message) {}
};

// A local file could not be read or written, or holds something malformed (status 7).
class LocalError : public Error {
 public:
  explicit LocalError(const std::string& message) : Error(ExitStatus::local, message) {}
};

// Malformed text: a DN, filter, LDIF, CSN, URL or value. offset() is the byte (from 0) at which it went wrong.
// Status 3: such text comes from the user unless whoever catches it knows better.
class ParseError : public Error {
 public:
  ParseError(const std::string& message, std::size_t offset) : Error(ExitStatus::usage, message), offset_(offset) {}

  std::size_t offset() const { return offset_; }

 private:
  std::size_t offset_;
};

// The run was interrupted or its time ran out (status 2). A partial result may exist.
class Cancelled : public Error {
 public:
  explicit Cancelled(const std::string& message) : Error(ExitStatus::undecided, message) {}
};

}  // namespace replkit
