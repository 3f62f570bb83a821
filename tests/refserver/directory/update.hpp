// Add, delete, modify, modifyDN and Password Modify.
#pragma once

#include <cstddef>
#include <memory>

#include "tests/refserver/directory/call.hpp"
#include "tests/refserver/directory/operation.hpp"

namespace replkit::refserver::directory {

// Takes the requests that change the directory: what is slow about them (hashing passwords) to a few threads of its
// own, the rest to the store's writer.
class Updates {
 public:
  Updates();
  // Waits for those on their way to the disk.
  ~Updates();
  Updates(const Updates&) = delete;
  Updates& operator=(const Updates&) = delete;

  // Returns the operation for a request that changes the directory; `wake` is called once it is on disk. Throws
  // protocol::Refusal and protocol::ProtocolError, which the caller makes responses of: among them busy, when too many
  // wait already.
  std::unique_ptr<Operation> start(Call call, Wake wake);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace replkit::refserver::directory
