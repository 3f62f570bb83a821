#include "tests/refserver/session/read_buffer.hpp"

#include <algorithm>
#include <cstring>

#include "common/base/secret.hpp"

namespace replkit::refserver::session {

namespace {
constexpr std::size_t kept = std::size_t{4} << 10;  // that an idle connection may keep
}

std::span<char> ReadBuffer::room(std::size_t least) {
  if (capacity_ - end_ >= least) return {data_.get() + end_, capacity_ - end_};
  const auto used = size();
  if (start_ > 0 && capacity_ - used >= least && start_ >= used) {  // the regions do not overlap
    std::memcpy(data_.get(), data_.get() + start_, used);
    wipe_memory(data_.get() + start_, used);
  } else {
    const auto capacity = std::max(used + least, kept);
    auto data = std::make_unique_for_overwrite<char[]>(capacity);
    if (used > 0) {
      std::memcpy(data.get(), data_.get() + start_, used);
      wipe_memory(data_.get() + start_, used);
    }
    data_ = std::move(data);
    capacity_ = capacity;
  }
  start_ = 0;
  end_ = used;
  return {data_.get() + end_, capacity_ - end_};
}

void ReadBuffer::consume(std::size_t count) {
  wipe_memory(data_.get() + start_, count);
  start_ += count;
  if (start_ < end_) return;
  start_ = end_ = 0;
  if (capacity_ > kept) release();
}

void ReadBuffer::release() {
  if (data_) wipe_memory(data_.get() + start_, size());
  data_.reset();
  capacity_ = start_ = end_ = 0;
}

}  // namespace replkit::refserver::session
