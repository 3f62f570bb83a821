// The lines of LDIF (RFC 2849): unfolded, without comments and line ends. For the reader and writer only.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "common/model/ldif.hpp"

namespace replkit::model {

// Whether `name` can stand before the ':' of a line: visible ASCII without ':', beginning with a letter or digit, at
// most 1024 bytes. Wider than RFC 4512, because servers export names such as "unhashed#user#password" and
// "jpegPhoto;x=1".
bool is_ldif_name(std::string_view name);

class LdifLines {
 public:
  LdifLines(std::unique_ptr<ByteSource> source, std::string name, std::size_t line_limit);

  // Goes to the next line that is not a comment. Returns false at the end. Throws LdifError for what no line may be.
  bool next();

  // The line, valid until next(). Empty: a separator of records.
  std::string_view text() const { return {buffer_.get() + start_, length_}; }
  // Where it began, from 1.
  std::uint64_t number() const { return number_; }
  // Whether the file ended within the line last read.
  bool cut_off() const { return cut_off_; }

  // Throws LdifError for the current line.
  [[noreturn]] void fail(const std::string& problem) const;

 private:
  bool take_line();
  void take_part();
  void check_part(const char* part, std::size_t size) const;
  bool continues();
  bool fill();
  void make_room();
  [[noreturn]] void fail_at(std::uint64_t number, std::string problem) const;
  [[noreturn]] void fail_too_long() const;

  std::unique_ptr<ByteSource> source_;
  std::string name_;
  std::size_t line_limit_;

  // The line so far is [start_, start_ + length_), what is not yet looked at is [pos_, end_). Between them lie the line
  // ends and spaces that unfolding dropped.
  std::unique_ptr<char[]> buffer_;
  std::size_t capacity_;
  std::size_t start_ = 0;
  std::size_t length_ = 0;
  std::size_t pos_ = 0;
  std::size_t end_ = 0;

  std::uint64_t number_ = 0;
  std::uint64_t lines_read_ = 0;
  bool at_eof_ = false;
  bool cut_off_ = false;
  // Whether such a byte was ever read: without one no line needs to be searched for it.
  bool saw_nul_ = false;
  bool saw_cr_ = false;
};

}  // namespace replkit::model
