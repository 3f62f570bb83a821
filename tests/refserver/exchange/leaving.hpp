// The way out of an area that waits for a full update when there is nobody who could send one: its administrator
// deletes the entry of this server's replica, and what is there of the area is then entries like others.
#pragma once

#include <string_view>

#include "tests/refserver/exchange/core.hpp"

namespace replkit::refserver::exchange {

// Whether the entry with this normalized DN is that of this server's replica, or below it.
bool is_of_own_replica(const LocalArea& area, std::string_view key);

// Puts the entries of replication that were kept of an area without content back among those of the directory, as
// changes of this replica, so that they can be deleted; the area goes on waiting. Not on the writer's thread. Throws
// LocalError.
void put_back_management(Core& core, const LocalArea& area);

// Ends the waiting where no other replica is left: what is here is the area then, also when others are made again. Not
// on the writer's thread. Throws LocalError.
void end_waiting(Core& core, const LocalArea& area);

// Forgets what this replica had made in an area that it is no longer in, and had not sent; says so.
void forget_left(Core& core, const LocalArea& area);

}  // namespace replkit::refserver::exchange
