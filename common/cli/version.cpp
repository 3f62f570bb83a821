#include "common/cli/version.hpp"

namespace replkit::cli {

std::string version() {
  return REPLKIT_VERSION;
}

}  // namespace replkit::cli
