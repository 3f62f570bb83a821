// Bounds how much expensive hashing goes on at once.
#pragma once

namespace replkit::refserver::auth {

// Held while a password is hashed at some cost: there are as many as processors, the others wait. Without it a flood of
// binds would take all memory (19 MiB each) and every processor.
class HashingSlot {
 public:
  HashingSlot();
  HashingSlot(const HashingSlot&) = delete;
  HashingSlot& operator=(const HashingSlot&) = delete;
  ~HashingSlot();
};

}  // namespace replkit::refserver::auth
