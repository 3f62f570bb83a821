#include "common/cli/progress.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "common/base/text.hpp"
#include "common/base/time.hpp"
#include "common/cli/output.hpp"
#include "common/cli/text_layout.hpp"

namespace replkit::cli {

namespace {

void write_to_stderr(std::string_view text) {
  // Nothing depends on it: a terminal that went away is no error of the run.
  [[maybe_unused]] const auto written = write(STDERR_FILENO, text.data(), text.size());
}

// `text` cut to `width` columns, never within a character.
std::string cut(const std::string& text, std::size_t width) {
  std::string out;
  for (std::size_t i = 0, columns = 0; i < text.size(); ++i) {
    const bool starts = (static_cast<unsigned char>(text[i]) & 0xC0) != 0x80;
    if (starts && ++columns > width) break;
    out += text[i];
  }
  return out;
}

}  // namespace

Progress::Progress(std::vector<std::string> sources, std::string unit)
    : Progress(std::move(sources), std::move(unit),
               stderr_is_terminal() ? std::function<void(std::string_view)>(write_to_stderr) : nullptr, &Clock::now) {}

Progress::Progress(std::vector<std::string> sources, std::string unit, std::function<void(std::string_view)> write,
                   std::function<Clock::time_point()> now)
    : unit_(std::move(unit)), write_(std::move(write)), now_(std::move(now)), start_(now_()) {
  for (auto& name : sources) sources_.push_back({.name = printable(name), .count = 0, .total = {}});
}

void Progress::set_total(std::size_t source, std::uint64_t total) {
  const std::lock_guard lock(mutex_);
  sources_.at(source).total = total;
}

void Progress::update(std::size_t source, std::uint64_t count) {
  if (!write_) return;
  const std::lock_guard lock(mutex_);
  sources_.at(source).count = count;
  show();
}

void Progress::set_phase(std::string phase) {
  if (!write_) return;
  const std::lock_guard lock(mutex_);
  phase_ = printable(phase);
  show();
}

void Progress::clear() {
  const std::lock_guard lock(mutex_);
  if (visible_) write_("\r\033[K");
  visible_ = false;
}

void Progress::show() {
  constexpr auto interval = std::chrono::milliseconds(250);
  const auto now = now_();
  if (now - start_ < interval || (shown_ && now - *shown_ < interval)) return;
  shown_ = now;
  visible_ = true;
  const std::chrono::duration<double> elapsed = now - start_;
  write_("\r" + cut(line(elapsed.count()), terminal_width() - 1) + "\033[K");
}

std::string Progress::line(double seconds) const {
  std::string out = phase_.empty() ? "" : phase_ + ": ";
  std::uint64_t all = 0;
  double left = 0;
  for (std::size_t i = 0; i < sources_.size(); ++i) {
    const auto& source = sources_[i];
    all += source.count;
    out += fmt::format("{}{} {}", i == 0 ? "" : ", ", source.name, source.count);
    if (!source.total || *source.total == 0) continue;
    out += fmt::format(" ({}%)", std::min<std::uint64_t>(100, source.count * 100 / *source.total));
    if (source.count > 0 && source.count < *source.total) {
      left = std::max(left,
                      seconds * static_cast<double>(*source.total - source.count) / static_cast<double>(source.count));
    }
  }
  out += fmt::format(" {}, {:.0f}/s", unit_, static_cast<double>(all) / seconds);
  if (left >= 1) out += ", " + format_duration(std::chrono::seconds(static_cast<std::int64_t>(left))) + " left";
  return out;
}

}  // namespace replkit::cli
