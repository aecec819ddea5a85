#include "core/mcp/session_book.hpp"

#include "core/base/digest.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace mre::mcp {
namespace {

// 128 bits, as the id alone must not be guessed (MCP basic/transports, session management).
constexpr std::size_t kSessionIdBytes = 16;

} // namespace

std::string SessionBook::make_id() {
  return random_hex(kSessionIdBytes);
}

bool SessionBook::is_busy(const SessionEntry &session) {
  return session.peer->in_flight() > 0 || session.lanes->has_listener();
}

bool SessionBook::add(SessionPtr session) {
  const SteadyTime now = clock_.now();
  std::vector<SessionPtr> forgotten; // ended outside the lock
  const bool has_room = sessions_.with([&](Sessions &sessions) {
    auto oldest = sessions.end();
    for (auto entry = sessions.begin(); entry != sessions.end();) {
      const bool is_free = !is_busy(*entry->second.session);
      if (is_free && now - entry->second.used >= limits_.idle) {
        forgotten.push_back(std::move(entry->second.session));
        entry = sessions.erase(entry);
        continue;
      }
      if (is_free && (oldest == sessions.end() || entry->second.used < oldest->second.used)) {
        oldest = entry;
      }
      ++entry;
    }
    if (sessions.size() >= limits_.max_sessions) {
      if (oldest == sessions.end()) {
        return false;
      }
      forgotten.push_back(std::move(oldest->second.session));
      sessions.erase(oldest);
    }
    const std::string id = session->id;
    sessions[id] = Known{std::move(session), now};
    return true;
  });
  for (const auto &gone : forgotten) {
    gone->peer->close();
  }
  return has_room;
}

SessionPtr SessionBook::find(std::string_view id, std::string_view principal) {
  const SteadyTime now = clock_.now();
  return sessions_.with([&](Sessions &sessions) -> SessionPtr {
    const auto found = sessions.find(std::string(id));
    // Somebody else's session does not exist for this principal: the id proves nothing.
    if (found == sessions.end() || found->second.session->principal != principal) {
      return nullptr;
    }
    found->second.used = now;
    return found->second.session;
  });
}

SessionPtr SessionBook::take(std::string_view id, std::string_view principal) {
  return sessions_.with([&](Sessions &sessions) -> SessionPtr {
    const auto found = sessions.find(std::string(id));
    if (found == sessions.end() || found->second.session->principal != principal) {
      return nullptr;
    }
    SessionPtr taken = std::move(found->second.session);
    sessions.erase(found);
    return taken;
  });
}

std::size_t SessionBook::size() const {
  return sessions_.with([](const Sessions &sessions) { return sessions.size(); });
}

} // namespace mre::mcp
