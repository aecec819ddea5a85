// Plays every conversation of this folder against the server in process. See README.md.
#include "tests/support/catch.hpp"
#include "tests/transcripts/transcript.hpp"

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

TEST_CASE("every transcript is held by the server as it is written") {
  std::vector<std::string> files;
  for (const auto &entry : std::filesystem::directory_iterator(MRE_TRANSCRIPTS)) {
    if (entry.path().extension() == ".jsonl") {
      files.push_back(entry.path().string());
    }
  }
  std::sort(files.begin(), files.end());
  REQUIRE(files.size() > 10);
  for (const auto &file : files) {
    INFO(file);
    const std::string problem = mre::mcp::testing::play_transcript(file);
    CHECK(problem == "");
  }
}
