// See commands.hpp.
#include "commands.hpp"

#include <mre/shell_quote.hpp>

namespace imagekit {

namespace {

constexpr const char *kNextLine = " \\\n  ";

} // namespace

std::string render_upload(const UploadForm &form) {
  // The double quotes keep curl from reading a comma or a semicolon in the path as the end of it.
  // The name that is sent is ours: the caller's own paths are nobody's business.
  std::string file = R"(file=@")";
  file += kLocalFilePath;
  file += R"(";filename=)" + form.file_name + ";type=application/octet-stream";
  std::string command = "curl -sS --fail-with-body --proto '=https' -F " + mre::shell_quote(file);
  for (const auto &[name, value] : form.fields) {
    command += kNextLine;
    command += "--form-string " + mre::shell_quote(name + "=" + value); // never a file, as -F @x is
  }
  command += kNextLine;
  command += mre::shell_quote(form.url);
  return command;
}

// A subshell, so that neither its variables nor its exit reach the caller's shell. Each piece goes
// to a file first, because curl starts a piece again when it retries; the checksum tool is GNU's or
// the one of macOS.
std::string render_download(const std::vector<std::string> &urls, const std::string &sha256) {
  std::string command =
      "(f='" + std::string(kLocalFilePath) + R"('; t="$f.part"; : > "$t" || exit 1)";
  command += "\nfor u in";
  for (const std::string &url : urls) {
    command += urls.size() > 1 ? kNextLine : " ";
    command += mre::shell_quote(url);
  }
  command += "; do\n";
  command += R"(  curl -fsS --proto '=https' --retry 3 -o "$t.1" "$u" && cat "$t.1" >> "$t" ||)";
  command += R"( { rm -f -- "$t" "$t.1"; exit 1; }
done
rm -f -- "$t.1"
)";
  command += R"(s=$({ sha256sum || shasum -a 256; } < "$t" 2>/dev/null | cut -c1-64))";
  command += "\n[ \"$s\" = " + sha256;
  command += R"( ] && mv -f -- "$t" "$f" || { echo "SHA-256 is $s, not as announced" >&2; )";
  command += R"(rm -f -- "$t"; exit 1; }))";
  return command;
}

} // namespace imagekit
