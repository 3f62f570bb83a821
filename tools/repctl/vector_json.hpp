// Update vectors as JSON ("schema": "repctl/1").
#pragma once

#include <string>
#include <vector>

#include "common/base/time.hpp"
#include "common/tasks/vectors.hpp"
#include "tools/repctl/servers.hpp"

namespace replkit::tools::repctl {

// Prints what was told and what is missing where.
void print_vectors_json(const std::string& command, const std::string& area, const std::vector<Server>& servers,
                        const std::vector<tasks::ToldVector>& vectors, const std::vector<tasks::Gap>& gaps,
                        Instant now);

}  // namespace replkit::tools::repctl
