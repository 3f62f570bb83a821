// The C side of a CyrusExchange.
#pragma once

#include <sasl/sasl.h>

#include <array>

namespace replkit::refserver::auth {

class CyrusExchange;

// Returns the callbacks of a connection that belongs to the exchange.
std::array<sasl_callback_t, 6> callbacks_of(CyrusExchange& exchange);

// Returns the exchange that a connection belongs to; null when it is none of ours.
CyrusExchange* exchange_of(sasl_conn_t* connection,
                           int (*getcallback)(sasl_conn_t*, unsigned long, int (**)(), void**));

// Of both the library and each connection: SASL_CB_GETOPT and SASL_CB_LOG.
sasl_callback_t option_callback();
sasl_callback_t log_callback();

}  // namespace replkit::refserver::auth
