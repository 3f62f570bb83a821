#include "tests/refserver/directory/extension.hpp"

#include "common/base/error.hpp"
#include "tests/refserver/directory/extensions.hpp"

namespace replkit::refserver::directory {

std::unique_ptr<Operation> Extension::start(Call /*call*/, Wake /*wake*/) {
  throw Error(ExitStatus::bug, "an extended operation that nobody begins");
}

std::unique_ptr<Change> Extension::plan(const Call& /*call*/) {
  throw Error(ExitStatus::bug, "an extended operation that nobody plans");
}

void Extensions::add(std::shared_ptr<Extension> extension) {
  for (const auto& names : {extension->operations(), extension->aliases()}) {
    for (const auto& oid : names) {
      if (by_operation_.emplace(oid, extension.get()).second) continue;
      throw Error(ExitStatus::bug, "two extensions have the operation " + oid);
    }
  }
  all_.push_back(std::move(extension));
}

Extension* Extensions::find(std::string_view oid) const {
  const auto found = by_operation_.find(oid);
  return found == by_operation_.end() ? nullptr : found->second;
}

}  // namespace replkit::refserver::directory
