// What has been added to a directory.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace replkit::refserver::directory {

class Extension;

// Filled before the first request, then only read.
class Extensions {
 public:
  // Throws Error (a bug) when one of its operations is another's already.
  void add(std::shared_ptr<Extension> extension);

  // Returns whose extended operation this is; null when it is nobody's.
  Extension* find(std::string_view oid) const;

  const std::vector<std::shared_ptr<Extension>>& all() const { return all_; }

 private:
  std::vector<std::shared_ptr<Extension>> all_;
  std::map<std::string, Extension*, std::less<>> by_operation_;
};

}  // namespace replkit::refserver::directory
