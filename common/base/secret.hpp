// A secret that is wiped from memory when it goes away and has no operator<<.
#pragma once

#include <string>
#include <string_view>

namespace replkit {

class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string_view value) : value_(value) {}
  Secret(const Secret&) = default;
  Secret(Secret&& other) noexcept;
  Secret& operator=(const Secret& other);
  Secret& operator=(Secret&& other) noexcept;
  ~Secret() { wipe(); }

  // Returns the secret itself: for the call that needs it, never to be kept or printed.
  std::string_view reveal() const { return value_; }
  bool empty() const { return value_.empty(); }

 private:
  void wipe() noexcept;

  std::string value_;
};

// Overwrites `size` bytes at `data` in a way the compiler does not remove.
void wipe_memory(void* data, std::size_t size) noexcept;

}  // namespace replkit
