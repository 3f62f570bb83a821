// Names in the tree are normal forms, which another schema may make otherwise.
#pragma once

#include "tests/refserver/store/environment.hpp"

namespace replkit::refserver::store {

// Makes the tree anew, in one transaction, when the schema has changed and that changes a name. Throws LocalError when
// two entries come to the same name.
void open_tree(Environment& environment, const model::Schema& schema);

}  // namespace replkit::refserver::store
