#include "tests/refserver/store/csn_generator.hpp"

#include <algorithm>

namespace replkit::refserver::store {

using std::chrono::ceil;
using std::chrono::floor;
using std::chrono::microseconds;
using std::chrono::seconds;

namespace {

ldup::Csn first_csn(Instant now, const std::string& replica_id, const ldup::Csn& last) {
  const auto second = floor<seconds>(now);
  const auto count = static_cast<std::uint32_t>(floor<microseconds>(now - second).count());
  const ldup::Csn first(second, count, replica_id, 0);
  return last < first ? first : ldup::Csn(floor<seconds>(last.time()) + seconds{1}, count, replica_id, 0);
}

}  // namespace

CsnGenerator::CsnGenerator(const Clock& clock, std::string replica_id, ldup::Csn last)
    : clock_(clock),
      replica_id_(std::move(replica_id)),
      last_(std::move(last)),
      since_(first_csn(clock.now(), replica_id_, last_)) {}

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
  last_ = std::max(since_, ldup::Csn(time, count, replica_id_, 0));
  return last_;
}

}  // namespace replkit::refserver::store
