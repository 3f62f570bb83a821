#include "tests/refserver/store/index_set.hpp"

namespace replkit::refserver::store {

IndexChanges IndexSet::changes(const LiveEntry*, const LiveEntry*) const {
  return {};
}

}  // namespace replkit::refserver::store
