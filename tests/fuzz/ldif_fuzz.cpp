// Any bytes as LDIF: they are read the same in whatever pieces they come, and what was read and written reads as the
// same.
#include <algorithm>
#include <cstdint>
#include <cstdlib>

#include "common/model/ldif.hpp"

using namespace replkit;
using namespace replkit::model;

namespace {

class PieceBytes final : public ByteSource {
 public:
  PieceBytes(std::string_view text, std::size_t piece) : rest_(text), piece_(piece) {}
  std::size_t read(char* data, std::size_t size) override {
    const auto n = rest_.copy(data, std::min(size, piece_));
    rest_.remove_prefix(n);
    return n;
  }

 private:
  std::string_view rest_;
  std::size_t piece_;
};

struct Result {
  std::vector<std::variant<Entry, ChangeRecord>> records;
  std::string error;
  bool cut_off = false;

  bool operator==(const Result&) const = default;
};

Result read(std::unique_ptr<ByteSource> source, LdifLimits limits = {}) {
  Result out;
  LdifReader reader(std::move(source), "fuzz", limits);
  try {
    while (auto record = reader.next()) out.records.push_back(std::move(*record));
    out.cut_off = reader.cut_off();
  } catch (const LdifError& error) {
    out.error = error.what();
    if (!out.error.starts_with("fuzz:")) std::abort();
  }
  return out;
}

void check(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto whole = read(memory_bytes(text));
  check(read(std::make_unique<PieceBytes>(text, 1 + size % 7)) == whole);
  read(memory_bytes(text), {40, 200});

  std::string written;
  LdifWriter writer([&](std::string_view part) { written += part; }, size % 80);
  writer.version();
  for (const auto& record : whole.records) {
    if (const auto* entry = std::get_if<Entry>(&record)) {
      writer.entry(*entry);
    } else {
      writer.change(std::get<ChangeRecord>(record));
    }
  }
  const auto again = read(memory_bytes(written));
  check(again.error.empty() && !again.cut_off && again.records == whole.records);
  return 0;
}
