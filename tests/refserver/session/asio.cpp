// Asio's own code, compiled once.
#include "tests/refserver/session/asio.hpp"

#include <asio/impl/src.hpp>
