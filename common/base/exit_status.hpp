// The exit status table of the whole toolkit: every program ends with one of these and nothing else.
#pragma once

namespace replkit {

enum class ExitStatus : int {
  done = 0,            // done, or the replicas are the same
  findings = 1,        // ran to the end and found differences or findings
  undecided = 2,       // could not decide: partial result, replica unreachable, a limit hid data, interrupted
  usage = 3,           // wrong options or arguments, or a malformed inventory
  connection = 4,      // could not connect, or TLS failed
  authentication = 5,  // wrong credentials, or rights are missing
  refused = 6,         // the server refused the operation
  local = 7,           // local files could not be read or written
  bug = 70,            // an error of this program
};

// Returns the status that wins when several apply: 70 > 3 > 7 > 1 > 4, 5, 6 > 2 > 0. Of 4, 5 and 6 the first given
// stays.
ExitStatus worse(ExitStatus first, ExitStatus second);

}  // namespace replkit
