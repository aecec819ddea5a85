#include "core/cli/fd_stream.hpp"

#include <unistd.h>

#include <cerrno>

namespace mre::cli {

std::streamsize FdBuffer::xsputn(const char *text, std::streamsize size) {
  std::streamsize done = 0;
  while (done < size) {
    const ssize_t written = ::write(fd_, text + done, static_cast<std::size_t>(size - done));
    if (written < 0 && errno == EINTR) {
      continue;
    }
    if (written <= 0) {
      failure_ = written < 0 ? errno : EIO;
      break; // the stream goes bad
    }
    done += written;
  }
  return done;
}

FdBuffer::int_type FdBuffer::overflow(int_type c) {
  if (traits_type::eq_int_type(c, traits_type::eof())) {
    return traits_type::not_eof(c);
  }
  const char byte = traits_type::to_char_type(c);
  return xsputn(&byte, 1) == 1 ? c : traits_type::eof();
}

} // namespace mre::cli
