#include "tests/refserver/store/csn_generator.hpp"

#include <gtest/gtest.h>

#include <chrono>

namespace replkit::refserver::store {
namespace {

using std::chrono::microseconds;
using std::chrono::seconds;

class StoppedClock final : public Clock {
 public:
  Instant now() const override { return time; }
  Instant time = Instant{seconds{1'700'000'000}} + microseconds{900'000};
};

TEST(CsnGenerator, CountsWithinASecond) {
  StoppedClock clock;
  CsnGenerator generator(clock, "001", {});
  clock.time += seconds{1};
  EXPECT_EQ(generator.next().text(), "20231114221321.000000Z#000000#001#000000");
  EXPECT_EQ(generator.next().text(), "20231114221321.000000Z#000001#001#000000");
  clock.time += seconds{1};
  EXPECT_EQ(generator.next().text(), "20231114221322.000000Z#000000#001#000000");
}

// The store may have been put back from a copy: what was given out since then must not be given out again.
TEST(CsnGenerator, BeginsAfterAllOfOneBeforeIt) {
  StoppedClock clock;
  CsnGenerator before(clock, "001", {});
  const auto kept = before.next();
  clock.time += microseconds{3};
  before.next();
  const auto lost = before.next();
  CsnGenerator after(clock, "001", kept);
  EXPECT_GT(after.since(), lost);
  EXPECT_EQ(after.next(), after.since());
  EXPECT_GT(after.next(), after.since());

  const auto ahead = Instant{seconds{1'700'001'000}};  // another replica's clock was
  EXPECT_EQ(CsnGenerator(clock, "001", ldup::Csn(ahead, 3, "002", 0)).next(),
            ldup::Csn(ahead + seconds{1}, 900'003, "001", 0));
}

TEST(CsnGenerator, DoesNotGoBackWithTheClock) {
  StoppedClock clock;
  CsnGenerator generator(clock, "001", {});
  const auto before = generator.next();
  clock.time -= std::chrono::hours{24};
  const auto after = generator.next();
  EXPECT_EQ(after.time(), before.time());
  EXPECT_GT(after, before);
}

TEST(CsnGenerator, PassesWhatItHasSeen) {
  StoppedClock clock;
  CsnGenerator generator(clock, "001", {});
  const auto ahead = Instant{seconds{1'700'001'000}};
  generator.see(ldup::Csn(ahead, 7, "zzz", 99));
  EXPECT_EQ(generator.next(), ldup::Csn(ahead, 8, "001", 0));
  generator.see(ldup::Csn(Instant{seconds{1}}, 0, "002", 0));
  EXPECT_EQ(generator.last(), ldup::Csn(ahead, 8, "001", 0)) << "older ones change nothing";
  // Ours are whole seconds: the next one after a fraction.
  generator.see(ldup::Csn(ahead + microseconds{5}, 3, "002", 0));
  EXPECT_EQ(generator.next(), ldup::Csn(ahead + seconds{1}, 0, "001", 0));
}

TEST(CsnGenerator, MovesTimeOnWhenTheCountRunsOut) {
  StoppedClock clock;
  CsnGenerator generator(clock, "001", {});
  const auto ahead = Instant{seconds{1'700'001'000}};
  generator.see(ldup::Csn(ahead, 999'998, "001", 0));
  EXPECT_EQ(generator.next(), ldup::Csn(ahead, 999'999, "001", 0));
  EXPECT_EQ(generator.next(), ldup::Csn(ahead + seconds{1}, 0, "001", 0));
  generator.see(ldup::Csn(ahead + seconds{1}, 0xFFFF'FFFF, "002", 0));
  EXPECT_EQ(generator.next(), ldup::Csn(ahead + seconds{2}, 0, "001", 0));
}

}  // namespace
}  // namespace replkit::refserver::store
