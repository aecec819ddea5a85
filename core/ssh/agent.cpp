// See agent.hpp.
#include "core/ssh/agent.hpp"

#include "core/ssh/ssh_string.hpp"

#include <sys/socket.h>
#include <sys/un.h>

#include <cerrno>
#include <cstring>

namespace mre::ssh {

namespace {

constexpr char kRequestIdentities = 11;
constexpr char kIdentitiesAnswer = 12;
constexpr char kSignRequest = 13;
constexpr char kSignResponse = 14;
constexpr std::uint32_t kRsaSha256 = 2;
constexpr std::uint32_t kRsaSha512 = 4;
constexpr std::uint32_t kLongestAnswer = 256U << 10U; // OpenSSH's own limit

Error agent_error(const std::string &what) {
  return {Errc::local_failed, what,
          "check that the ssh-agent behind SSH_AUTH_SOCK is running (ssh-add -l)"};
}

// What is signed begins with the session id, a byte, user, service, method, a byte, then the
// algorithm (RFC 4252 section 7). RSA keys sign with SHA-1 unless the flag says otherwise.
std::uint32_t flags_for(std::string_view data) {
  SshReader reader(data);
  reader.string();
  reader.skip(1);
  reader.string();
  reader.string();
  reader.string();
  reader.skip(1);
  const auto algorithm = reader.string().value_or("");
  if (algorithm.starts_with("rsa-sha2-512")) {
    return kRsaSha512;
  }
  return algorithm.starts_with("rsa-sha2-256") ? kRsaSha256 : 0;
}

} // namespace

std::string AgentKey::type() const {
  return std::string(SshReader(blob).string().value_or(""));
}

Result<Agent> Agent::connect(const std::string &path, const BoundedWait &bounds) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) {
    return agent_error("the path of the agent's socket is too long");
  }
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket ||
      ::connect(socket.get(), reinterpret_cast<const sockaddr *>(&address), sizeof address) != 0) {
    return agent_error("no agent answers at " + path + " (" +
                       error_from_errno(errno, "connect").message + ")");
  }
  return Agent(std::move(socket), bounds);
}

Result<void> Agent::transfer(char *bytes, std::size_t count, short direction) {
  while (count > 0) {
    const ssize_t moved = direction == POLLIN ? ::recv(socket_.get(), bytes, count, 0)
                                              : ::send(socket_.get(), bytes, count, MSG_NOSIGNAL);
    if (moved > 0) {
      bytes += moved;
      count -= static_cast<std::size_t>(moved);
      continue;
    }
    if (moved == 0 || (errno != EAGAIN && errno != EINTR)) {
      return agent_error("the agent closed the connection");
    }
    pollfd polled{socket_.get(), direction, 0};
    switch (bounds_->wait(std::span(&polled, 1))) {
    case WaitEnd::stopped:
      return Error{Errc::cancelled, "the server is ending", {}};
    case WaitEnd::timed_out:
      return agent_error("the agent did not answer in time");
    case WaitEnd::ready:
      break;
    }
  }
  return {};
}

Result<std::string> Agent::ask(const std::string &request, char kind, const std::string &refusal) {
  std::string message;
  put_string(message, request);
  MRE_TRY_VOID(transfer(message.data(), message.size(), POLLOUT));
  std::string length(4, '\0');
  MRE_TRY_VOID(transfer(length.data(), length.size(), POLLIN));
  const auto count = SshReader(length).number().value_or(0);
  if (count == 0 || count > kLongestAnswer) {
    return agent_error("the agent's answer makes no sense");
  }
  std::string answer(count, '\0');
  MRE_TRY_VOID(transfer(answer.data(), answer.size(), POLLIN));
  if (!answer.starts_with(kind)) {
    return agent_error(refusal);
  }
  return answer.substr(1);
}

Result<std::vector<AgentKey>> Agent::keys() {
  MRE_TRY(const std::string answer, ask(std::string(1, kRequestIdentities), kIdentitiesAnswer,
                                        "the agent refused to list its keys"));
  SshReader reader(answer);
  std::vector<AgentKey> keys;
  for (auto left = reader.number().value_or(0); left > 0; --left) {
    const auto blob = reader.string();
    const auto comment = reader.string();
    if (!blob || !comment) {
      return agent_error("the agent's answer makes no sense");
    }
    keys.push_back({std::string(*blob), std::string(*comment)});
  }
  return keys;
}

Result<std::string> Agent::sign(const std::string &blob, std::string_view data) {
  std::string request(1, kSignRequest);
  put_string(request, blob);
  put_string(request, data);
  put_number(request, flags_for(data));
  MRE_TRY(const std::string answer, ask(request, kSignResponse, "the agent refused to sign"));
  SshReader reader(answer);
  SshReader signature(reader.string().value_or(""));
  signature.string(); // the algorithm
  const auto bytes = signature.string();
  if (!bytes) {
    return agent_error("the agent's answer makes no sense");
  }
  return std::string(*bytes);
}

} // namespace mre::ssh
