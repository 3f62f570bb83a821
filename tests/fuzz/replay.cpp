// Runs a fuzz target over the files of a corpus, where libFuzzer is not there. The target aborts when it finds
// something.
#include <cstdint>
#include <cstdio>
#include <exception>
#include <filesystem>

#include "common/base/files.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

int main(int argc, char** argv) {
  int files = 0;
  try {
    for (int i = 1; i < argc; ++i) {
      for (const auto& item : std::filesystem::directory_iterator(argv[i])) {
        const auto content = replkit::read_file(item.path(), 16U << 20);
        std::fprintf(stderr, "%s\n", item.path().c_str());  // names the file that the target aborts on
        LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(content.data()), content.size());
        ++files;
      }
    }
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
  std::printf("%d files\n", files);
  return files == 0 ? 1 : 0;  // an empty corpus tests nothing
}
