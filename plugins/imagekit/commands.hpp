// The command lines a caller pastes into a POSIX shell.
//
// Promise: every value is quoted by mre::shell_quote; LOCAL_FILE_PATH stands in the command once,
// inside single quotes, and is all that has to be replaced; there is no secret in it beside what
// authorises this one transfer. Threads: pure functions.
#pragma once

#include "signing.hpp"

#include <string>
#include <vector>

namespace imagekit {

inline constexpr const char *kLocalFilePath = "LOCAL_FILE_PATH";

// A multipart form with the file as the part "file", sent under the name file_name.
struct UploadForm {
  std::string url, file_name;
  Fields fields;
};
std::string render_upload(const UploadForm &form);

// Fetches every url in order into one file, checks its SHA-256 and only then gives it its name.
std::string render_download(const std::vector<std::string> &urls, const std::string &sha256);

} // namespace imagekit
