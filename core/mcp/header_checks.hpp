// The headers of one HTTP request that repeat what its message says (MCP 2026-07-28
// basic/transports, streamable HTTP), and the few others that mean something to the protocol.
//
// Promise: names compare without case, values exactly, after white space at both ends is taken off.
// An encoded value (=?base64?…?=) is decoded strictly before it is compared. Threads: pure looks;
// belongs to one request. Lifetime: the fields' texts outlive it.
#pragma once

#include "core/mcp/transport_checks.hpp"
#include "core/tools/peer_gateway.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mre::mcp {

class HeaderChecks final : public TransportChecks {
public:
  explicit HeaderChecks(const std::vector<tools::PeerField> &fields) : fields_(fields) {}

  // The value without white space around it; nothing when the header is not there. Of several with
  // one name the first counts, and is_repeated() says that there are more.
  std::optional<std::string_view> find(std::string_view name) const;
  bool is_repeated(std::string_view name) const;

  bool claims_stateless() const override;
  std::optional<tools::ProtocolError> check_version(const Json *claimed) const override;
  std::optional<tools::ProtocolError> check_routing(std::string_view method,
                                                    const Json &params) const override;
  std::optional<tools::ProtocolError> check_arguments(const Json *input_schema,
                                                      const Json &params) const override;
  // Handshake era: a version that was named after the handshake must be one that is served.
  std::optional<tools::ProtocolError> check_handshake_version() const;

private:
  std::optional<tools::ProtocolError> check_argument(const std::string &header,
                                                     const Json *argument) const;
  std::optional<tools::ProtocolError> check_properties(const Json &schema, const Json *value,
                                                       int depth) const;

  const std::vector<tools::PeerField> &fields_;
};

// The text a header value stands for; nothing when it is encoded and the encoding is broken.
std::optional<std::string> decode_header_value(std::string_view value);

} // namespace mre::mcp
