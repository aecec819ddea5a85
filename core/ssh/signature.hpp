// Checking a signature by an SSH public key, as certificates carry one.
//
// Promise: any bytes are safe input; false for what is not understood. Ed25519, the three ECDSA
// curves and RSA with SHA-2; RSA with SHA-1 never counts (as in OpenSSH's CASignatureAlgorithms).
// Threads: pure.
#pragma once

#include <string_view>

namespace mre::ssh {

// key and signature as they travel: a type, then what belongs to it.
bool is_signed_by(std::string_view key, std::string_view bytes, std::string_view signature);

} // namespace mre::ssh
