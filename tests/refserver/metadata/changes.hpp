// AddWithMetaData, DeleteWithMetaData and ModifyWithMetaData (draft-ietf-ldup-mrm-02 3.15). They edit what is stored;
// update reconciliation does not run. A CSN that is given is stored as it is, and makes no change of this replica;
// where one is missing it is a normal change with a new one. What reconciliation would take apart again is refused
// (constraintViolation): values older than their entry or than the record that their attribute was deleted.
#pragma once

#include <memory>

#include "tests/refserver/directory/call.hpp"
#include "tests/refserver/directory/change.hpp"

namespace replkit::refserver::metadata {

// As in change.hpp. They throw also wire::ProtocolError.
std::unique_ptr<directory::Change> plan_add(const directory::Call& call);
std::unique_ptr<directory::Change> plan_delete(const directory::Call& call);
std::unique_ptr<directory::Change> plan_modify(const directory::Call& call);

}  // namespace replkit::refserver::metadata
