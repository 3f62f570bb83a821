// The parts of Asio that sessions use, included here only: they take seconds to compile.
#pragma once

// First: what Asio believes of the standard library (std::aligned_alloc) depends on a header of it having been there,
// and must be the same everywhere.
#include <cstddef>

#include <asio/awaitable.hpp>
#include <asio/co_spawn.hpp>
#include <asio/generic/stream_protocol.hpp>
#include <asio/io_context.hpp>
#include <asio/posix/stream_descriptor.hpp>
#include <asio/post.hpp>
#include <asio/redirect_error.hpp>
#include <asio/steady_timer.hpp>
#include <asio/strand.hpp>
#include <asio/thread_pool.hpp>
#include <asio/use_awaitable.hpp>
