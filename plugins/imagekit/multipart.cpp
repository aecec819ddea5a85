// See multipart.hpp.
#include "multipart.hpp"

#include "crypto.hpp"
#include "encoding.hpp"

namespace imagekit {

Multipart::Multipart(const Fields &fields, const std::string &file_name) {
  const std::string boundary = "mre-" + to_hex(random_bytes(24));
  content_type_ = "multipart/form-data; boundary=" + boundary;
  for (const auto &[name, value] : fields) {
    head_ += "--" + boundary + "\r\n";
    head_ += R"(Content-Disposition: form-data; name=")" + name + "\"\r\n\r\n";
    head_ += value;
    head_ += "\r\n";
  }
  head_ += "--" + boundary + "\r\nContent-Disposition: form-data; name=\"file\"; filename=\"" +
           file_name + "\"\r\nContent-Type: application/octet-stream\r\n\r\n";
  tail_ = "\r\n--" + boundary + "--\r\n";
}

} // namespace imagekit
