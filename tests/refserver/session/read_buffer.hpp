// What was received and not yet used. Requests hold passwords: every byte is wiped when it was used.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

namespace replkit::refserver::session {

class ReadBuffer {
 public:
  ReadBuffer() = default;
  ReadBuffer(const ReadBuffer&) = delete;
  ReadBuffer& operator=(const ReadBuffer&) = delete;
  ~ReadBuffer() { release(); }

  std::string_view view() const { return {data_.get() + start_, end_ - start_}; }
  bool empty() const { return start_ == end_; }
  std::size_t size() const { return end_ - start_; }

  // Returns room for at least `least` bytes after those that are there; move-and-grow when there is none.
  std::span<char> room(std::size_t least);
  // `count` bytes of the room were filled.
  void add(std::size_t count) { end_ += count; }
  // Wipes `count` bytes at the front. What is empty afterwards gives its memory back, unless it is small.
  void consume(std::size_t count);
  // Gives the memory back; what is in it is lost.
  void release();

 private:
  std::unique_ptr<char[]> data_;
  std::size_t capacity_ = 0;
  std::size_t start_ = 0;
  std::size_t end_ = 0;
};

}  // namespace replkit::refserver::session
