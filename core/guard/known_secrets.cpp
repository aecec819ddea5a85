#include "core/guard/known_secrets.hpp"

#include "core/base/file.hpp"
#include "core/guard/limits.hpp"

#include <set>
#include <string_view>

namespace mre::guard {
namespace {

void teach_key_files(Redactor &redactor, const std::vector<std::string> &files) {
  for (const std::string &file : files) {
    const Result<std::string> content = read_file(file, limits::kKeyFileBytes);
    // Protected files are more than keys; a file that cannot be read now cannot be used to log in
    // either.
    if (content && content->find("PRIVATE KEY") != std::string::npos) {
      redactor.add_key_file(*content);
    }
  }
}

} // namespace

std::vector<std::string> teach(Redactor &redactor, const config::Settings &settings) {
  std::size_t too_short = 0;
  for (const std::string &secret : settings.secrets) {
    too_short += redactor.add(secret) ? 0 : 1;
  }
  teach_key_files(redactor, settings.protected_files);
  if (too_short == 0) {
    return {};
  }
  return {std::to_string(too_short) + (too_short == 1 ? " secret is" : " secrets are") +
          " shorter than " + std::to_string(limits::kSecretMinimum) +
          " bytes and will not be masked in output: masking would hide ordinary text"};
}

void teach(Redactor &redactor, const config::HostBookReading &reading) {
  for (const std::string &secret : reading.secrets) {
    redactor.add(secret);
  }
  teach_key_files(redactor, reading.key_files);
}

} // namespace mre::guard
