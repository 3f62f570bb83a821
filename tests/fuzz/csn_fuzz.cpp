// Lines as CSNs: the canonical form means the same, and order and vectors agree with each other.
#include <cstdint>
#include <cstdlib>

#include "common/base/error.hpp"
#include "common/base/text.hpp"
#include "common/ldup/csn.hpp"

using namespace replkit;
using namespace replkit::ldup;

namespace {

void check(bool holds) {
  if (!holds) std::abort();
}

void check_pair(const Csn& a, const Csn& b) {
  check((a < b) == (b > a) && (a == b) == (a.text() == b.text()));
  if (a.text().size() == b.text().size() && a.replica_id().size() == b.replica_id().size() && a.count() <= 0xFFFFFF &&
      b.count() <= 0xFFFFFF) {
    check((a <=> b) == (a.text() <=> b.text()));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::vector<Csn> csns;
  UpdateVector vector;
  for (const auto line : split({reinterpret_cast<const char*>(data), size}, '\n')) {
    if (csns.size() == 20) break;
    try {
      csns.push_back(Csn::parse(line));
    } catch (const ParseError& error) {
      check(error.offset() <= line.size());
      continue;
    }
    const auto& csn = csns.back();
    check(csn == Csn() || Csn::parse(csn.text()) == csn);
    check(Csn::parse(csn.ldup_text()) == csn);
    for (const auto& other : csns) check_pair(csn, other);
    vector.merge(csn);
  }
  UpdateVector backwards;
  for (auto csn = csns.rbegin(); csn != csns.rend(); ++csn) {
    check(vector.covers(*csn));
    backwards.merge(*csn);
  }
  check(vector == backwards && vector.covers(backwards) && vector.empty() == csns.empty());
  return 0;
}
