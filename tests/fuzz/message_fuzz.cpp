// One message: never a crash, and every id that is read can be echoed.
#include "core/mcp/era.hpp"
#include "core/mcp/message.hpp"
#include "core/mcp/reply.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

using namespace mre;
using namespace mre::mcp;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
  const Message message = parse_message(std::string(data, data + size));
  if (const auto *request = std::get_if<RequestMessage>(&message)) {
    const auto answer =
        parse_json(render_failure(request->id, {code::kInternal, request->method, {}}));
    if (!answer || (*answer)["id"] != request->id) {
      std::abort();
    }
    if (classify(*request, false) == Era::stateless) {
      (void)read_stateless_meta(request->params);
    }
  } else if (const auto *malformed = std::get_if<MalformedMessage>(&message)) {
    if (malformed->id && !is_id(*malformed->id)) {
      std::abort();
    }
  }
  return 0;
}
