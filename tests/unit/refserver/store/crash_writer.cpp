// Writes into a store until it is killed, and says on its output what was acknowledged: "THREAD PAIR VERSION" a line,
// each written at once. usage: store_crash_writer FOLDER SEED
#include <unistd.h>

#include <cstdlib>
#include <random>
#include <thread>
#include <vector>

#include "tests/unit/refserver/store/crash_pairs.hpp"
#include "tests/unit/refserver/store/testing.hpp"

namespace replkit::refserver::store {
namespace {

// Puts the next version of a pair: both its entries, in one change. Names and places change with it.
long next_version(Writer& writer, const PairName& name) {
  const auto top = writer.find("o=top");
  long version = 1;
  for (const bool first : {true, false}) {
    const auto uuid = name.uuid(first);
    auto entry = make_entry(top, "");
    if (const auto id = writer.find(uuid); id != no_entry) {
      entry = *writer.load(id);
      version = version_of(entry) + 1;
    }
    entry.uuid = uuid;
    entry.superior = top;
    entry.deleted.reset();
    entry.csn = writer.next_csn();
    entry.rdn = "cn=" + uuid.text() + "-" + std::to_string(version % 3);
    // Of very different sizes, so that pages are freed and used again.
    const std::string filler(static_cast<std::size_t>(version * 7919 % 6000), 'f');
    entry.attributes = {{"objectClass", {{"person", entry.csn, false}}, {}, {}},
                        {"employeeNumber", {{std::to_string(version), entry.csn, false}}, {}, {}},
                        {"description", {{filler, entry.csn, false}}, {}, {}}};
    if (version % 5 == 0) {
      entry.deleted = entry.csn;
      entry.last_dn = entry.rdn + ",o=top";
    }
    writer.put(entry);
  }
  return version;
}

void work(Store& store, int thread, unsigned seed) {
  std::mt19937 random(seed + static_cast<unsigned>(thread));
  for (;;) {
    const PairName name{thread, static_cast<int>(random() % pairs)};
    long version = 0;
    store.apply([&](Writer& writer) { version = next_version(writer, name); });
    const auto line =
        std::to_string(name.thread) + " " + std::to_string(name.pair) + " " + std::to_string(version) + "\n";
    if (::write(STDOUT_FILENO, line.data(), line.size()) < 0) std::_Exit(1);
  }
}

}  // namespace
}  // namespace replkit::refserver::store

int main(int argc, char** argv) {
  using namespace replkit::refserver::store;
  if (argc != 3) return 3;
  StoreOptions options;
  options.directory = argv[1];
  options.indexes = crash_indexes();
  Store store(options, test_schema(), replkit::system_clock());
  store.apply([](Writer& writer) {
    if (writer.find("o=top") == no_entry) writer.put(make_entry(no_entry, "o=top"));
  });
  std::vector<std::thread> running;
  const auto seed = static_cast<unsigned>(std::strtoul(argv[2], nullptr, 10));
  for (int thread = 0; thread < threads; ++thread)
    running.emplace_back([&store, thread, seed] { work(store, thread, seed); });
  for (auto& thread : running) thread.join();
}
