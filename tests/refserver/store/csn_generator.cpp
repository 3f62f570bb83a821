#include "tests/refserver/store/csn_generator.hpp"

#include <algorithm>

namespace replkit::refserver::store {

using std::chrono::ceil;
using std::chrono::floor;
using std::chrono::seconds;

ldup::Csn CsnGenerator::next() {
  constexpr std::uint32_t max_count = 999'999;
  Instant time = std::max(floor<seconds>(clock_.now()), ceil<seconds>(last_.time()));
  std::uint32_t count = 0;
  if (time == last_.time()) {
    if (last_.count() < max_count) {
      count = last_.count() + 1;
    } else {
      time += seconds{1};
    }
  }
  last_ = ldup::Csn(time, count, replica_id_, 0);
  return last_;
}

}  // namespace replkit::refserver::store
