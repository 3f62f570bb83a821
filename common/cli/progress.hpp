// A line on the terminal that says how far a long run is.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace replkit::cli {

// Writes to stderr, on a terminal only and at most four times a second; removes its line when it goes away. May be told
// of progress by several threads at once.
class Progress {
 public:
  using Clock = std::chrono::steady_clock;

  // `unit` is what is counted: "entries". Silent unless stderr is a terminal.
  Progress(std::vector<std::string> sources, std::string unit);
  // For tests: where the text goes (nothing: silent) and what time it is.
  Progress(std::vector<std::string> sources, std::string unit, std::function<void(std::string_view)> write,
           std::function<Clock::time_point()> now);
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  ~Progress() { clear(); }

  // Sets how many a source will have in all, when that is known: it gives the time left.
  void set_total(std::size_t source, std::uint64_t total);

  // Sets how many a source has so far. Cheap, but not for every entry: call it every thousand or so.
  void update(std::size_t source, std::uint64_t count);

  // Says what is being done now ("reading again 12 entries"), before the counts.
  void set_phase(std::string phase);

  // Removes the line, so that other text can be written. The next update brings it back.
  void clear();

 private:
  struct Source {
    std::string name;
    std::uint64_t count = 0;
    std::optional<std::uint64_t> total;
  };

  void show();
  std::string line(double seconds) const;

  std::mutex mutex_;
  std::vector<Source> sources_;
  std::string unit_;
  std::string phase_;
  std::function<void(std::string_view)> write_;
  std::function<Clock::time_point()> now_;
  Clock::time_point start_;
  std::optional<Clock::time_point> shown_;
  bool visible_ = false;
};

}  // namespace replkit::cli
