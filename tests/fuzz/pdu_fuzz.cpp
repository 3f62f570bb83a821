// Any bytes as a message: refused with an answer that a client understands, or read the same after it was written.
#include <cstdint>
#include <cstdlib>

#include "tests/refserver/protocol/client.hpp"
#include "tests/refserver/protocol/decode.hpp"
#include "tests/refserver/protocol/encode.hpp"

using namespace replkit::refserver::protocol;

namespace {

void check(bool holds) {
  if (!holds) std::abort();
}

void try_response(std::string_view bytes) {
  try {
    decode_response(bytes);
  } catch (const ProtocolError&) {
    // Most bytes are none.
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  try_response(bytes);
  bool framed = false;
  try {
    framed = frame_length(bytes, size) == size;
  } catch (const ProtocolError& error) {
    check(error.action() == ProtocolError::Action::disconnect);
  }
  try {
    const auto message = decode_request(bytes);
    check(framed && message.id > 0);
    const auto written = encode_request(message);
    check(frame_length(written, written.size()) == written.size());
    check(encode_request(decode_request(written)) == written);
  } catch (const ProtocolError& error) {
    std::string out;
    encode_error(out, error);
    const auto answer = decode_response(out);
    check(answer.result.code == error.code() && answer.result.code != ResultCode::success);
    check((answer.id == 0) == (error.action() == ProtocolError::Action::disconnect));
  }
  return 0;
}
