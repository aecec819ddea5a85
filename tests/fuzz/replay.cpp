// Runs a fuzz target over every file of the folders it is given, and over cuts of each: the
// regression half of fuzzing.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size);

int main(int count, char **arguments) {
  std::size_t files = 0;
  for (int i = 1; i < count; ++i) {
    for (const auto &entry : std::filesystem::recursive_directory_iterator(arguments[i])) {
      if (!entry.is_regular_file()) {
        continue;
      }
      std::ifstream file(entry.path(), std::ios::binary);
      const std::vector<char> bytes(std::istreambuf_iterator<char>(file), {});
      const std::vector<std::uint8_t> data(bytes.begin(), bytes.end());
      for (std::size_t cut = 0; cut <= data.size(); cut += 1 + data.size() / 64) {
        LLVMFuzzerTestOneInput(data.data(), cut);
      }
      LLVMFuzzerTestOneInput(data.data(), data.size());
      ++files;
    }
  }
  std::printf("%zu files\n", files);
  return files == 0 ? 1 : 0; // an empty corpus proves nothing
}
