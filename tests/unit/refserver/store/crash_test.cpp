// A writer process is killed at random moments: every change it acknowledged is there, and no half of any.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <map>
#include <random>
#include <sstream>

#include "tests/support/process.hpp"
#include "tests/unit/refserver/store/crash_pairs.hpp"
#include "tests/unit/refserver/store/testing.hpp"

namespace replkit::refserver::store {
namespace {

using Versions = std::map<std::pair<int, int>, long>;

class CrashTest : public StoreTest {
 protected:
  CrashTest() { close(); }

  // Runs the writer, kills it after so many bytes of acknowledgements and returns them all.
  std::string run_writer(unsigned seed, std::size_t bytes) {
    std::array<int, 2> ends{};
    EXPECT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
    support::Process writer({REPLKIT_STORE_CRASH_WRITER, (folder_ / "crash").string(), std::to_string(seed)},
                            {.stdout_fd = ends[1]});
    ::close(ends[1]);
    std::string out;
    std::array<char, 4096> buffer{};
    bool killed = false;
    for (;;) {
      if (!killed && out.size() >= bytes) {
        writer.signal(SIGKILL);
        killed = true;
      }
      const auto n =
          ::read(ends[0], buffer.data(), std::min(buffer.size(), killed ? buffer.size() : bytes - out.size()));
      if (n <= 0) break;
      out.append(buffer.data(), static_cast<std::size_t>(n));
    }
    ::close(ends[0]);
    EXPECT_TRUE(killed) << "the writer ended by itself";
    EXPECT_EQ(writer.wait(std::chrono::seconds{10}), 128 + SIGKILL);
    return out;
  }

  static void take(const std::string& lines, Versions& acknowledged) {
    std::istringstream in(lines);
    int thread = 0;
    int pair = 0;
    long version = 0;
    while (in >> thread >> pair >> version) acknowledged[{thread, pair}] = version;
  }

  void expect_all_there(const Versions& acknowledged) {
    const auto snapshot = store().snapshot();
    for (int thread = 0; thread < threads; ++thread) {
      int ahead = 0;
      for (int pair = 0; pair < pairs; ++pair) {
        std::array<long, 2> versions{};
        for (const bool first : {true, false}) {
          const auto id = snapshot->find(PairName{thread, pair}.uuid(first));
          if (id != no_entry) versions[first ? 0 : 1] = version_of(load(id));
        }
        EXPECT_EQ(versions[0], versions[1]) << "half a change of " << thread << "/" << pair;
        const auto known = acknowledged.find({thread, pair});
        const auto least = known == acknowledged.end() ? 0 : known->second;
        EXPECT_GE(versions[0], least) << "lost " << thread << "/" << pair;
        if (versions[0] != least) ++ahead;
      }
      EXPECT_LE(ahead, 1) << "a thread has one change under way at most";
    }
  }
};

TEST_F(CrashTest, NothingAcknowledgedIsLost) {
  const auto* setting = std::getenv("REPLKIT_ROUNDS");
  const int rounds = setting != nullptr ? std::atoi(setting) : 6;
  ASSERT_GT(rounds, 0);
  std::mt19937 random(std::random_device{}());
  const auto seed = random();
  SCOPED_TRACE(seed);
  random.seed(seed);
  StoreOptions options;
  options.directory = folder_ / "crash";
  options.indexes = crash_indexes();
  Versions acknowledged;
  std::size_t changes = 0;
  for (int round = 0; round < rounds && !HasFailure(); ++round) {
    // Now and then at once, while the store is being opened.
    const std::size_t bytes = round % 5 == 4 ? random() % 2 : random() % 6000 + 1;
    const auto lines = run_writer(static_cast<unsigned>(random()), bytes);
    changes += static_cast<std::size_t>(std::count(lines.begin(), lines.end(), '\n'));
    take(lines, acknowledged);
    open(options);
    expect_all_there(acknowledged);
    expect_sound();
    // What was on its way when it was killed is settled now.
    for (int thread = 0; thread < threads; ++thread) {
      for (int pair = 0; pair < pairs; ++pair) {
        const auto id = store().snapshot()->find(PairName{thread, pair}.uuid(true));
        if (id != no_entry) acknowledged[{thread, pair}] = version_of(load(id));
      }
    }
    close();
  }
  RecordProperty("acknowledged", static_cast<int>(changes));
  EXPECT_GT(changes, 0U);
}

}  // namespace
}  // namespace replkit::refserver::store
