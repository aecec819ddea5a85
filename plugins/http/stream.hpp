// A connected socket that never makes its reader or writer wait, plain or with TLS.
//
// Promise: `again` means: wait until the socket is readable (or writable, when wants_write()) and
// ask once more. After `closed` the stream is of no use any more. Threads: one. Lifetime: owns the
// descriptor.
#pragma once

#include <Poco/Net/Context.h>

#include <cstddef>
#include <memory>
#include <string>

namespace mre_http {

enum class Io { done, again, closed };

struct IoResult {
  Io io = Io::again;
  std::size_t bytes = 0; // when done: at least 1
};

class Stream {
public:
  explicit Stream(int fd) : fd_(fd) {}
  virtual ~Stream();
  Stream(const Stream &) = delete;
  Stream &operator=(const Stream &) = delete;

  int fd() const { return fd_; }
  virtual IoResult read(char *buffer, std::size_t capacity);
  virtual IoResult write(const char *bytes, std::size_t count);
  // The reading side waits for the socket to become writable (a handshake does).
  virtual bool wants_write() const { return false; }
  virtual bool is_secure() const { return false; }
  // No more bytes go out; what the client still sends can be read.
  virtual void finish_writing();

private:
  const int fd_;
};

// A server's certificate and key. Throws mre::Error that names the file and what is wrong with it.
Poco::Net::Context::Ptr make_tls_context(const std::string &certificate, const std::string &key);

std::unique_ptr<Stream> make_stream(int fd, const Poco::Net::Context::Ptr &tls);

} // namespace mre_http
